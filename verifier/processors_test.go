package verifier_test

import (
	"fmt"
	"path/filepath"
	"runtime"
	"sync"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/verifier"
)

// outcome is all that Verify says of a program.
type outcome struct {
	facts *verifier.Facts
	stats verifier.Stats
	text  string
}

// TestProcessors: verdicts, facts, messages and statistics are the same
// whether programs are verified one after another on one processor or all at
// once on eight.
func TestProcessors(t *testing.T) {
	var names []string
	for _, name := range ourObjects(t) {
		switch filepath.Dir(name) {
		case "testdata/broken", "testdata/styles", "testdata":
			names = append(names, name)
		}
	}
	run := func(procs int) map[string]outcome {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
		var mu sync.Mutex
		var group sync.WaitGroup
		all := map[string]outcome{}
		for _, name := range names {
			obj := load(t, filepath.Join("..", name))
			for _, p := range obj.Programs {
				one := func() {
					var o outcome
					var err error
					o.facts, err = verifier.Verify(obj, p, verifier.Options{Stats: &o.stats})
					o.text = fmt.Sprintf("%+v", err)
					mu.Lock()
					all[name+" "+p.Name] = o
					mu.Unlock()
				}
				if procs == 1 {
					one()
				} else {
					group.Go(one)
				}
			}
		}
		group.Wait()
		return all
	}
	one, eight := run(1), run(8)
	for key, a := range one {
		b := eight[key]
		if a.stats != b.stats || a.text != b.text {
			t.Errorf("%s: %+v %s\nthen %+v %s", key, a.stats, a.text, b.stats, b.text)
		}
		if fmt.Sprintf("%+v", deref(a.facts)) != fmt.Sprintf("%+v", deref(b.facts)) {
			t.Errorf("%s: facts differ", key)
		}
	}
	t.Logf("%d programs", len(one))
}

// deref prints the calls of facts by value, not by address.
func deref(f *verifier.Facts) any {
	if f == nil {
		return nil
	}
	c := *f
	calls := make([]verifier.CallFact, 0, len(c.Insns))
	c.Insns = append([]verifier.Fact(nil), c.Insns...)
	for i := range c.Insns {
		if call := c.Insns[i].Call; call != nil {
			k := *call
			k.Helper = nil
			calls = append(calls, k)
			c.Insns[i].Call = nil
		}
	}
	return []any{c, calls}
}
