package verifier_test

import (
	"encoding/binary"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/verifier"
)

// TestKernelGenerated compares verdicts on generated programs: what we accept
// and the kernel refuses must be in the list of waivers.
func TestKernelGenerated(t *testing.T) {
	fds := requireKernel(t)
	b := newBuilder(*mutantsSeed)
	neither, both, asked := 0, 0, 0
	stricter, looser := map[string]int{}, map[string]int{}
	for range scaled(*generated) {
		obj, p := b.program()
		if _, err := bpf.Encode(p.Insns, binary.LittleEndian); err != nil {
			continue // an instruction that no object can hold
		}
		asked++
		facts, err := verifier.Verify(obj, p, verifier.Options{MaxProcessed: 20000})
		accepted, log := kernelVerdict(t, fds, p)
		switch {
		case err == nil && accepted:
			both++
		case err != nil && !accepted:
			neither++
		case accepted:
			var e *verifier.Error
			errors.As(err, &e)
			stricter[string(e.Code)+" "+e.Cause]++
		default:
			w := generatedWaiver(log, p, facts)
			if w == "" {
				t.Errorf("we accept, the kernel refuses:\n%s%s", listing(p), log)
			}
			looser[w]++
		}
	}
	t.Logf("%d programs: both accept %d, both refuse %d", asked, both, neither)
	for _, l := range []map[string]int{stricter, looser} {
		for _, k := range slices.Sorted(maps.Keys(l)) {
			t.Logf("%5d %s", l[k], k)
		}
		t.Log("above: only the kernel accepts; below: only we")
	}
}

// TestWitnesses: every class of waivers has a program that we accept, that
// the kernel refuses with the message of the class, and that does what it
// should in the interpreter.
func TestWitnesses(t *testing.T) {
	fds := requireKernel(t)
	shown := map[string]bool{}
	for _, w := range witnesses {
		t.Run(w.message, func(t *testing.T) {
			obj, p := assemble(t, "xdp", w.text)
			if _, err := verifier.Verify(obj, p, verifier.Options{}); err != nil {
				t.Fatalf("refused: %v", err)
			}
			accepted, log := kernelVerdict(t, fds, p)
			if accepted || !strings.Contains(log, w.message) {
				t.Errorf("the kernel accepts: %v\n%s", accepted, log)
			}
			shown[w.message] = true
			t.Logf("%d concrete states", follow(t, obj, p, 50).steps)
		})
	}
	for _, w := range slices.Concat(waivers, generatedWaivers) {
		if !shown[w.message] {
			t.Logf("no witness of %q (%s)", w.message, w.why)
		}
	}
}
