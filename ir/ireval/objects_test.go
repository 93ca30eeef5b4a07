package ireval_test

import (
	"encoding/hex"
	"fmt"
	"math/rand"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/frontend"
	"github.com/bpf2go-native/bpf2go-native/frontend/elf"
	"github.com/bpf2go-native/bpf2go-native/internal/interp"
	"github.com/bpf2go-native/bpf2go-native/ir"
	"github.com/bpf2go-native/bpf2go-native/verifier"
)

const testdata = "../../testdata"

func load(t *testing.T, file string) *frontend.Object {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	obj, err := elf.Load(raw, file, elf.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return obj
}

// stages builds a program and calls do with it as built and behind each pass
// that changed it. Every stage is checked.
func stages(t *testing.T, obj *frontend.Object, prog *frontend.Program, do func(stage string, p *ir.Program)) {
	t.Helper()
	facts, err := verifier.Verify(obj, prog, verifier.Options{})
	if err != nil {
		t.Fatal(err)
	}
	p, err := ir.Build(obj, prog, facts)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	ir.Trace(p, func(f *ir.Func, pass string, changed bool) {
		stage := fmt.Sprintf("%s.%02d-%s", f.Name, n, pass)
		n++
		if err := ir.Check(f); err != nil {
			t.Fatalf("behind %s: %v\n%s", stage, err, f)
		}
		if changed {
			do(stage, p)
		}
	})
}

type vector struct {
	data []byte
	want uint64
}

func readVectors(t *testing.T, file string) []vector {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var vs []vector
	for line := range strings.Lines(string(text)) {
		var input, result string
		if _, err := fmt.Sscan(line, &input, &result); err != nil || strings.HasPrefix(line, "#") {
			continue
		}
		data, err := hex.DecodeString(strings.Trim(input, "-"))
		if err != nil {
			t.Fatal(err)
		}
		want, err := strconv.ParseUint(result, 16, 64)
		if err != nil {
			t.Fatal(err)
		}
		vs = append(vs, vector{data, want})
	}
	return vs
}

// TestObjects runs the programs of testdata, as built and behind each pass, on
// the vectors that the host's C compiler made.
func TestObjects(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(testdata, "vectors", "*.txt"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%d vector files, %v", len(files), err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".txt")
		vectors := readVectors(t, file)
		for _, form := range []string{name + ".o", name + "_xdp.o", "clang13/" + name + ".o", "clang13/" + name + "_xdp.o"} {
			t.Run(form, func(t *testing.T) {
				obj := load(t, filepath.Join(testdata, form))
				prog := obj.Programs[0]
				stages(t, obj, prog, func(stage string, p *ir.Program) {
					runVectors(t, stage, newWorld(obj), p, vectors)
				})
			})
		}
	}
}

// runVectors runs the vectors in order, since programs keep state.
func runVectors(t *testing.T, stage string, w *world, p *ir.Program, vectors []vector) {
	t.Helper()
	for _, v := range vectors {
		got, err := w.run(p, append([]byte(nil), v.data...))
		want := v.want
		if !p.Hook.Memory {
			got, want = uint64(uint32(got)), uint64(uint32(want))
		}
		if err != nil || got != want {
			t.Fatalf("behind %s: on %x: got %x, %v, want %x\n%s", stage, v.data, got, err, want, ir.Print(p))
		}
	}
}

// TestFirewall compares every stage of firewall with the interpreter on
// packets of all kinds, the maps included.
func TestFirewall(t *testing.T) {
	obj := load(t, "../../testdata/firewall.o")
	prog := obj.Programs[0]
	packets := firewallPackets(400)
	machine, err := interp.New(obj, interp.Options{})
	if err != nil {
		t.Fatal(err)
	}
	fillFirewall(func(name string, key, value []byte) {
		if err := machine.Map(name).Update(key, value, 0); err != nil {
			t.Fatal(err)
		}
	})
	var want []uint64
	for _, data := range packets {
		r, err := machine.Run(prog, interp.Input{Data: append([]byte(nil), data...)})
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, r.R0)
	}
	stages(t, obj, prog, func(stage string, p *ir.Program) {
		w := newWorld(obj)
		fillFirewall(func(name string, key, value []byte) {
			for _, m := range w.maps {
				if m.def.Name == name {
					m.update(key, value, 0)
				}
			}
		})
		for i, data := range packets {
			got, err := w.run(p, append([]byte(nil), data...))
			if err != nil || got != want[i] {
				t.Fatalf("behind %s: on %x: got %d, %v, want %d\n%s", stage, data, got, err, want[i], ir.Print(p))
			}
		}
		if err := w.sameMaps(t, machine); err != nil {
			t.Fatalf("behind %s: %v", stage, err)
		}
	})
}

func fillFirewall(put func(name string, key, value []byte)) {
	one := []byte{1, 0, 0, 0}
	put("blocked_v4", []byte{10, 0, 0, 1}, one)
	put("blocked_v6", append([]byte{0x20, 1}, make([]byte, 14)...), one)
	put("blocked_ports", []byte{80, 0, 0, 0}, []byte{1})
	put("blocked_ports", []byte{53, 0, 0, 0}, []byte{2})
	put("blocked_ports", []byte{0xff, 0xff, 0, 0}, []byte{3})
}

// firewallPackets makes packets that reach every rule, and truncations.
func firewallPackets(n int) [][]byte {
	r := rand.New(rand.NewSource(1))
	pick := func(xs ...byte) byte { return xs[r.Intn(len(xs))] }
	var all [][]byte
	for range n {
		p := make([]byte, 12)
		for tags := r.Intn(4); tags > 0; tags-- {
			p = append(p, pick(0x81, 0x88), pick(0, 0xa8), 0, 1)
		}
		ports := []byte{0, 9, 0, pick(80, 53, 81)}
		if r.Intn(8) == 0 {
			ports = []byte{0, 9, 0xff, 0xff}
		}
		switch r.Intn(5) {
		case 0, 1:
			ip := make([]byte, 20)
			ip[0], ip[3], ip[9] = pick(0x45, 0x45, 0x46, 0x44, 0x65), pick(60, 60, 10), pick(6, 17, 1)
			ip[7] = pick(0, 0, 0, 1)
			copy(ip[12:], []byte{10, 0, 0, pick(1, 2, 3, 4)})
			p = append(append(p, 8, 0), ip...)
		case 2, 3:
			ip := make([]byte, 40)
			ip[0], ip[6] = pick(0x60, 0x60, 0x60, 0x40), pick(6, 17, 0)
			copy(ip[8:], []byte{0x20, pick(1, 2)})
			p = append(append(p, 0x86, 0xdd), ip...)
		default:
			p = append(p, pick(8, 0x86, 0x12), pick(6, 0xdd))
		}
		p = append(append(p, ports...), make([]byte, 40)...)
		if r.Intn(4) == 0 {
			p = p[:r.Intn(len(p))]
		}
		all = append(all, p)
	}
	return all
}
