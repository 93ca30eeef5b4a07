package programs

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	kernel "github.com/cilium/ebpf"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/frontend"
	"github.com/bpf2go-native/bpf2go-native/frontend/elf"
	"github.com/bpf2go-native/bpf2go-native/internal/enginetest"
	"github.com/bpf2go-native/bpf2go-native/internal/interp"
	"github.com/bpf2go-native/bpf2go-native/rtlib"
	"github.com/bpf2go-native/bpf2go-native/rtlib/ebpf"
)

// engine is a loaded object.
type engine struct {
	name string
	run  func(packet []byte) (uint32, error) // may change the packet
	// lookup returns the value of a key, nil when there is none.
	lookup func(mapName string, key []byte) ([]byte, error)
}

func compiled(t *testing.T, name, object string, load func() (*ebpf.CollectionSpec, error)) (engine, *ebpf.Collection) {
	t.Helper()
	spec, err := load()
	if err != nil {
		t.Fatal(err)
	}
	coll, err := ebpf.NewCollection(spec)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(coll.Close)
	p := coll.Programs[object].Runtime()
	want := name
	if runtime.GOARCH != "amd64" && runtime.GOARCH != "arm64" {
		want = "go"
	}
	if p.Engine() != want {
		t.Fatalf("engine %q, want %q", p.Engine(), want)
	}
	return engine{
		name:   name,
		run:    func(packet []byte) (uint32, error) { return rtlib.RunXDP(p, &rtlib.XDP{Data: packet}) },
		lookup: func(m string, key []byte) ([]byte, error) { return coll.Maps[m].LookupBytes(key) },
	}, coll
}

func interpreted(t *testing.T, object string) (engine, *frontend.Object) {
	t.Helper()
	data, err := os.ReadFile(object + ".o")
	if err != nil {
		t.Fatal(err)
	}
	obj, err := elf.Load(data, object+".o", elf.Options{})
	if err != nil {
		t.Fatal(err)
	}
	m, err := interp.New(obj, interp.Options{})
	if err != nil {
		t.Fatal(err)
	}
	at := slices.IndexFunc(obj.Programs, func(p *frontend.Program) bool { return p.Name == object })
	if at < 0 {
		t.Fatalf("%s.o has no program %s", object, object)
	}
	return engine{
		name: "interpreter",
		run: func(packet []byte) (uint32, error) {
			r, err := m.Run(obj.Programs[at], interp.Input{Data: packet})
			return uint32(r.R0), err
		},
		lookup: func(name string, key []byte) ([]byte, error) {
			v, err := m.Map(name).Lookup(key)
			if err != nil {
				return nil, nil // no such key
			}
			return v, nil
		},
	}, obj
}

func inKernel(t *testing.T, object string) engine {
	t.Helper()
	coll, err := kernel.LoadCollection(object + ".o")
	if err != nil {
		t.Fatalf("%+v", err)
	}
	t.Cleanup(coll.Close)
	return engine{
		name: "kernel",
		run: func(packet []byte) (uint32, error) {
			o := kernel.RunOptions{Data: packet, DataOut: make([]byte, len(packet)+256)}
			r, err := coll.Programs[object].Run(&o)
			copy(packet, o.DataOut)
			return r, err
		},
		lookup: func(m string, key []byte) ([]byte, error) { return coll.Maps[m].LookupBytes(key) },
	}
}

// packets makes n packets of at least 14 bytes, which is what the kernel
// takes: random bytes, few values, edges of signed numbers, and Ethernet
// frames whose headers lead somewhere.
func packets(seed uint64, n int) [][]byte {
	rng := rand.New(rand.NewPCG(seed, 1))
	edges := []byte{0, 1, 2, 0x7f, 0x80, 0xff}
	list := make([][]byte, n)
	for i := range list {
		p := make([]byte, 14+rng.IntN(90))
		for j := range p {
			switch i % 4 {
			case 0:
				p[j] = byte(rng.Uint32())
			case 1:
				p[j] = edges[rng.IntN(len(edges))]
			default:
				p[j] = byte(rng.IntN(4))
			}
		}
		switch i % 8 {
		case 3:
			copy(p[12:], []byte{0x08, 0x00, 0x45 + byte(rng.IntN(3))})
		case 5:
			copy(p[12:], []byte{0x86, 0xdd, 0x60})
		}
		list[i] = p
	}
	return list
}

// TestEngines compares verdicts, packets and maps of every engine with machine
// code.
func TestEngines(t *testing.T) {
	n := 4000
	if testing.Short() {
		n = 400
	}
	for seed, o := range Objects() {
		t.Run(o.Name, func(t *testing.T) {
			first, coll := compiled(t, "native", o.Name, o.Native)
			body, _ := compiled(t, "go", o.Name, o.GoBody)
			reference, obj := interpreted(t, o.Name)
			compare(t, coll, obj, []engine{first, body, reference}, packets(uint64(seed), n))
		})
	}
}

// TestKernel compares machine code with the running kernel.
func TestKernel(t *testing.T) {
	if runtime.GOOS != "linux" || os.Geteuid() != 0 {
		enginetest.Missing(t, "needs Linux and root to load programs")
	}
	m, err := kernel.NewMap(&kernel.MapSpec{Type: kernel.Array, KeySize: 4, ValueSize: 4, MaxEntries: 1})
	if err != nil {
		enginetest.Missing(t, "needs bpf(2), which this system refuses: "+err.Error())
	}
	if err := m.Close(); err != nil {
		t.Error(err)
	}
	for seed, o := range Objects() {
		t.Run(o.Name, func(t *testing.T) {
			first, coll := compiled(t, "native", o.Name, o.Native)
			_, obj := interpreted(t, o.Name)
			compare(t, coll, obj, []engine{first, inKernel(t, o.Name)}, packets(uint64(seed), 4000))
		})
	}
}

// TestArchitectures runs the first test under QEMU.
func TestArchitectures(t *testing.T) {
	for _, goarch := range []string{"arm64", "riscv64", "386"} {
		t.Run(goarch, func(t *testing.T) {
			enginetest.GoTestOn(t, goarch, "-short", "-run", "^TestEngines$", ".")
		})
	}
}

func compare(t *testing.T, coll *ebpf.Collection, obj *frontend.Object, engines []engine, inputs [][]byte) {
	t.Helper()
	for i, input := range inputs {
		var want string
		for k, e := range engines {
			packet := slices.Clone(input)
			r0, err := e.run(packet)
			got := fmt.Sprintf("r0 %#x, %v, packet % x", r0, err, packet)
			if k == 0 {
				want = got
			}
			if got != want {
				t.Fatalf("packet %d, % x:\n%s: %s\n%s: %s", i, input, engines[0].name, want, e.name, got)
			}
		}
	}
	for _, m := range obj.Maps {
		if m.Type == bpf.MapProgArray {
			continue // its values are programs
		}
		var key, value []byte
		entries := 0
		for it := coll.Maps[m.Name].Iterate(); it.Next(&key, &value); entries++ {
			for _, e := range engines[1:] {
				got, err := e.lookup(m.Name, key)
				if err != nil || !bytes.Equal(got, value) {
					t.Errorf("%s[% x]: %s has % x, %s % x, %v", m.Name, key, engines[0].name, value, e.name, got, err)
				}
			}
		}
		if entries == 0 {
			t.Errorf("map %s is empty: the packets do not reach far", m.Name)
		}
	}
}

// TestObjects: every source has a row and an object.
func TestObjects(t *testing.T) {
	files, err := filepath.Glob("*.bpf.c")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range files {
		name := strings.TrimSuffix(f, ".bpf.c")
		names = append(names, name)
		if _, err := os.Stat(name + ".o"); errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s has no object; run build.sh", f)
		}
	}
	var rows []string
	for _, o := range Objects() {
		rows = append(rows, o.Name)
	}
	if !slices.Equal(names, rows) {
		t.Errorf("rows %q, want %q", rows, names)
	}
}
