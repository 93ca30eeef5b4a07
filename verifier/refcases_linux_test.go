package verifier_test

import (
	"encoding/binary"
	"errors"
	"runtime"
	"sync"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/frontend"
	"github.com/bpf2go-native/bpf2go-native/verifier"
)

// kernelObjectMaps makes objectMaps in the kernel once.
var kernelObjectMaps = sync.OnceValues(func() ([]int32, error) {
	fds, err := kernelMaps()
	if err != nil {
		return nil, err
	}
	for _, d := range objectMaps[len(testMaps):] {
		m, err := ebpf.NewMap(mapSpec(d))
		if err != nil {
			return nil, err
		}
		fds = append(fds, int32(m.FD()))
		runtime.SetFinalizer(m, nil)
		keep = append(keep, m)
	}
	return fds, nil
})

// mapSpec describes a map to the kernel, with BTF where it has special parts.
func mapSpec(d *frontend.Map) *ebpf.MapSpec {
	s := &ebpf.MapSpec{Type: ebpf.MapType(d.Type), KeySize: d.KeySize, ValueSize: d.ValueSize, MaxEntries: d.MaxEntries, Flags: d.Flags}
	if d.Inner != nil {
		s.InnerMap = mapSpec(d.Inner)
	}
	if len(d.Special) == 0 && d.Type != bpf.MapSkStorage {
		return s
	}
	s.Key, s.Value = &btf.Int{Name: "int", Size: 4, Encoding: btf.Signed}, valueType(d)
	if d.Data != nil {
		p := d.Special[0]
		t := &btf.Struct{Name: p.Name, Size: uint32(p.Size), Members: []btf.Member{{Name: "val", Type: &btf.Int{Name: "unsigned int", Size: 4}}}}
		s.Key = &btf.Void{}
		s.Value = &btf.Datasec{Name: ".bss", Size: d.ValueSize, Vars: []btf.VarSecinfo{
			{Type: &btf.Var{Name: "lock", Type: t, Linkage: btf.GlobalVar}, Offset: uint32(p.Off), Size: uint32(p.Size)}}}
	}
	return s
}

// valueType is a struct of the size of the map's values with its special parts
// and bytes between them.
func valueType(d *frontend.Map) btf.Type {
	char := &btf.Int{Name: "char", Size: 1}
	index := &btf.Int{Name: "unsigned int", Size: 4}
	s := &btf.Struct{Name: "value_of_" + d.Name, Size: d.ValueSize}
	at := 0
	fill := func(to int) {
		if to > at {
			s.Members = append(s.Members, btf.Member{Name: "pad" + string(rune('a'+len(s.Members))),
				Type: &btf.Array{Type: char, Index: index, Nelems: uint32(to - at)}, Offset: btf.Bits(at * 8)})
		}
		at = to
	}
	for _, p := range d.Special {
		fill(p.Off)
		t := &btf.Struct{Name: p.Name, Size: uint32(p.Size), Members: []btf.Member{
			{Name: "opaque", Type: &btf.Array{Type: char, Index: index, Nelems: uint32(p.Size)}}}}
		s.Members = append(s.Members, btf.Member{Name: "part", Type: t, Offset: btf.Bits(p.Off * 8)})
		at = p.Off + p.Size
	}
	fill(int(d.ValueSize))
	return s
}

// TestKernelObjects: the kernel's verdict on every object case is ours, but for
// cases that say why.
func TestKernelObjects(t *testing.T) {
	requireKernel(t)
	fds, err := kernelObjectMaps()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range objectCases() {
		if c.kernel == notAsked {
			continue // the kernel wants type information of functions for it
		}
		t.Run(c.hook+"/"+c.name, func(t *testing.T) {
			_, p := assembleWith(t, c.hook, c.text, objectMaps)
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

// TestKernelObjectMutants compares verdicts on mutated object cases: what we
// accept and the kernel refuses must be in the list of waivers.
func TestKernelObjectMutants(t *testing.T) {
	requireKernel(t)
	fds, err := kernelObjectMaps()
	if err != nil {
		t.Fatal(err)
	}
	g := newGenerator(t, *mutantsSeed)
	g.seeds = nil
	for _, c := range objectCases() {
		if c.kernel == "" {
			_, p := assembleWith(t, c.hook, c.text, objectMaps)
			g.seeds = append(g.seeds, seed{objectMaps, p})
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
