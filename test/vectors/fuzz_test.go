package vectors

import (
	"encoding/binary"
	"errors"
	"strings"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/frontend"
	"github.com/bpf2go-native/bpf2go-native/internal/interp"
	"github.com/bpf2go-native/bpf2go-native/internal/isatest"
	"github.com/bpf2go-native/bpf2go-native/ir"
	"github.com/bpf2go-native/bpf2go-native/verifier"
)

// fuzzMaps are what a wide load of a map refers to.
func fuzzMaps() []*frontend.Map {
	return []*frontend.Map{
		{Name: "numbers", Type: bpf.MapArray, KeySize: 4, ValueSize: 8, MaxEntries: 4},
		{Name: "names", Type: bpf.MapHash, KeySize: 4, ValueSize: 8, MaxEntries: 4},
		{Name: "data", Type: bpf.MapArray, KeySize: 4, ValueSize: 24, MaxEntries: 1, Data: make([]byte, 24)},
	}
}

// fuzzObject is an object of one program, nil when the bytes are none.
func fuzzObject(raw []byte, hook string) *frontend.Object {
	insns, err := bpf.Decode(raw, binary.LittleEndian)
	if err != nil || len(insns) == 0 || len(insns) > 4096 {
		return nil
	}
	v := isatest.Vector{Name: "fuzz", Insns: insns}
	obj := v.Object()
	obj.Maps = fuzzMaps()
	prog := obj.Programs[0]
	prog.Hook, prog.Section, prog.Kfuncs = table.HookByName(bpf.Linux, hook), hook, []string{"memset", "bpf_iter_num_new"}
	return obj
}

// FuzzVerify: a program of any bytes is refused, or runs without a fault on
// inputs of several lengths and becomes IR.
func FuzzVerify(f *testing.F) {
	cases, err := Cases()
	if err != nil {
		f.Fatal(err)
	}
	for _, c := range cases {
		if c.Object == nil || len(c.Object.Programs[0].Insns) > 1000 {
			continue
		}
		raw, err := bpf.Encode(c.Object.Programs[0].Insns, binary.LittleEndian)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw, c.Object.Programs[0].Hook.Memory, uint16(16))
	}
	f.Fuzz(func(t *testing.T, raw []byte, memory bool, length uint16) {
		hook := "xdp"
		if memory {
			hook = "raw"
		}
		obj := fuzzObject(raw, hook)
		if obj == nil {
			return
		}
		prog := obj.Programs[0]
		facts, err := verifier.Verify(obj, prog, verifier.Options{MaxProcessed: 20_000})
		if err != nil {
			return
		}
		for _, n := range []int{0, int(length % 128), int(length)} {
			runFuzzed(t, obj, n)
		}
		p, err := ir.Build(obj, prog, facts)
		if err != nil {
			if !errors.Is(err, bpf.ErrUnsupported) {
				t.Errorf("accepted, and not built: %v", err)
			}
			return
		}
		ir.Optimize(p)
	})
}

// runFuzzed runs an accepted program on n bytes.
func runFuzzed(t *testing.T, obj *frontend.Object, n int) {
	t.Helper()
	m, err := interp.New(obj, interp.Options{ZeroStack: true})
	if err != nil {
		t.Fatal(err)
	}
	data := make([]byte, n)
	for k := range data {
		data[k] = byte(k * 7)
	}
	_, err = m.Run(obj.Programs[0], interp.Input{Data: data, MaxInsns: 100_000})
	var fault *interp.Fault
	if errors.As(err, &fault) && !fault.Unsupported && !strings.HasPrefix(fault.Reason, "more than") {
		var listing strings.Builder
		if err := bpf.Print(&listing, obj.Programs[0].Insns, bpf.Listing{}); err != nil {
			t.Fatal(err)
		}
		t.Errorf("accepted, and on %d bytes: %v\n%s", n, err, &listing)
	}
}
