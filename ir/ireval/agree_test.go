package ireval_test

import (
	"bytes"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/frontend"
	"github.com/bpf2go-native/bpf2go-native/internal/interp"
	"github.com/bpf2go-native/bpf2go-native/ir"
	"github.com/bpf2go-native/bpf2go-native/test/inlined"
)

// rawCase is a raw program about one thing.
type rawCase struct {
	name, text string
}

// rawObject assembles a raw program; maps can be named in it.
func rawObject(t *testing.T, text string, maps ...*frontend.Map) *frontend.Object {
	t.Helper()
	obj, err := inlined.Object(text, maps...)
	if err != nil {
		t.Fatal(err)
	}
	return obj
}

// agree compares r0 and memory of every stage with the interpreter's.
func agree(t *testing.T, obj *frontend.Object, inputs [][]byte) {
	t.Helper()
	prog := obj.Programs[0]
	type result struct {
		r0   uint64
		data []byte
	}
	var want []result
	m, err := interp.New(obj, interp.Options{ZeroStack: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, data := range inputs {
		in := interp.Input{Data: bytes.Clone(data)}
		r, err := m.Run(prog, in)
		if err != nil {
			t.Fatalf("interpreter: on %x: %v", data, err)
		}
		want = append(want, result{r.R0, in.Data})
	}
	stages(t, obj, prog, func(stage string, p *ir.Program) {
		w := newWorld(obj)
		for i, data := range inputs {
			data := bytes.Clone(data)
			got, err := w.run(p, data)
			if err != nil || got != want[i].r0 || !bytes.Equal(data, want[i].data) {
				t.Fatalf("behind %s: on %x: got %#x, %v, memory %x\nwant %#x, memory %x\n%s", stage, inputs[i], got, err, data, want[i].r0, want[i].data, ir.Print(p))
			}
		}
		if err := w.sameMaps(t, m); err != nil {
			t.Fatalf("behind %s: %v\n%s", stage, err, ir.Print(p))
		}
	})
}
