package verifier_test

import (
	"encoding/binary"
	"errors"
	"runtime"
	"sync"
	"testing"

	"github.com/cilium/ebpf"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/frontend"
	"github.com/bpf2go-native/bpf2go-native/verifier"
)

// kernelCallMaps makes callMaps in the kernel once.
var kernelCallMaps = sync.OnceValues(func() ([]int32, error) {
	fds, err := kernelMaps()
	if err != nil {
		return nil, err
	}
	spec := func(d *frontend.Map) *ebpf.MapSpec {
		return &ebpf.MapSpec{Type: ebpf.MapType(d.Type), KeySize: d.KeySize, ValueSize: d.ValueSize, MaxEntries: d.MaxEntries, Flags: d.Flags}
	}
	for _, d := range callMaps[len(testMaps):] {
		s := spec(d)
		if d.Inner != nil {
			s.InnerMap = spec(d.Inner)
		}
		m, err := ebpf.NewMap(s)
		if err == nil && d.Data != nil {
			err = m.Put(uint32(0), d.Data)
		}
		if err == nil && d.Frozen {
			err = m.Freeze()
		}
		if err != nil {
			return nil, err
		}
		fds = append(fds, int32(m.FD()))
		runtime.SetFinalizer(m, nil)
		keep = append(keep, m)
	}
	return fds, nil
})

// TestKernelCallCases: the kernel's verdict on every call case is ours, but for
// cases that say why.
func TestKernelCallCases(t *testing.T) {
	requireKernel(t)
	fds, err := kernelCallMaps()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range callCases() {
		if c.kernel == notAsked {
			continue // the kernel has no such function, or wants type information of it
		}
		t.Run(c.hook+"/"+c.name, func(t *testing.T) {
			_, p := assembleWith(t, c.hook, c.text, callMaps)
			accepted, log := kernelVerdictAs(t, fds, p, table.HookByName(bpf.Linux, c.hook).Number)
			ours := c.code == ""
			switch {
			case c.kernel == "" && accepted != ours:
				t.Errorf("kernel accepts: %v, we: %v\n%s", accepted, ours, log)
			case c.kernel != "" && accepted == ours:
				t.Errorf("the kernel agrees; remove %q", c.kernel)
			}
		})
	}
}

// TestKernelCallMutants compares verdicts on mutated call cases: what we accept
// and the kernel refuses must be in the list of waivers.
func TestKernelCallMutants(t *testing.T) {
	requireKernel(t)
	fds, err := kernelCallMaps()
	if err != nil {
		t.Fatal(err)
	}
	g := newGenerator(t, *mutantsSeed)
	g.seeds = nil
	for _, c := range callCases() {
		if c.kernel == "" {
			_, p := assembleWith(t, c.hook, c.text, callMaps)
			g.seeds = append(g.seeds, seed{callMaps, p})
		}
	}
	both, stricter, looser := 0, map[string]int{}, map[string]int{}
	for range scaled(*mutants) / 3 {
		obj, p := g.next()
		if _, err := bpf.Encode(p.Insns, binary.LittleEndian); err != nil {
			continue // an immediate that no object can hold
		}
		facts, err := verifier.Verify(obj, p, verifier.Options{MaxProcessed: 20000})
		accepted, log := kernelVerdictAs(t, fds, p, p.Hook.Number)
		switch {
		case err == nil && accepted:
			both++
		case err != nil && accepted:
			var e *verifier.Error
			errors.As(err, &e)
			stricter[string(e.Code)+" "+e.Cause]++
		case err == nil:
			w := waiverFor(log, p, facts)
			if w == "" {
				t.Errorf("%s: we accept, the kernel refuses:\n%s%s", p.Hook.Name, listing(p), log)
			}
			looser[w]++
		}
	}
	t.Logf("both accept %d, only the kernel %v, only we: %v", both, stricter, looser)
}
