package kernel

import (
	"flag"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/internal/enginetest"
	"github.com/bpf2go-native/bpf2go-native/test/maps/model"
)

// types are the map types with a model, all of which the kernel has.
var types = map[string]bpf.MapType{
	"array": bpf.MapArray, "hash": bpf.MapHash, "percpu_array": bpf.MapPercpuArray, "percpu_hash": bpf.MapPercpuHash,
	"lru_hash": bpf.MapLRUHash, "lru_percpu_hash": bpf.MapLRUPercpu, "lpm_trie": bpf.MapLPMTrie,
	"prog_array": bpf.MapProgArray, "array_of_maps": bpf.MapArrayOfMaps, "hash_of_maps": bpf.MapHashOfMaps,
	"ringbuf": bpf.MapRingbuf, "queue": bpf.MapQueue, "stack": bpf.MapStack, "bloom_filter": bpf.MapBloomFilter,
}

// TestModel asks the kernel whether the models with the rules of Linux are
// right.
func TestModel(t *testing.T) {
	if missing := Missing(); missing != "" {
		enginetest.Missing(t, missing)
	}
	cpus, err := CPUs()
	if err != nil {
		t.Fatal(err)
	}
	for name, typ := range types {
		t.Run(name, func(t *testing.T) {
			check(t, typ, func(t *rapid.T) { agree(t, typ, cpus) })
		})
	}
}

// check is rapid.Check, with fewer lives for maps of maps: the kernel waits for
// all programs at each change of such a map.
func check(t *testing.T, typ bpf.MapType, life func(*rapid.T)) {
	checks := flag.Lookup("rapid.checks")
	if usual := checks.Value.String(); typ == bpf.MapArrayOfMaps || typ == bpf.MapHashOfMaps {
		n, err := strconv.Atoi(usual)
		if err == nil {
			err = checks.Value.Set(strconv.Itoa(1 + n/8))
		}
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = checks.Value.Set(usual) }()
	}
	rapid.Check(t, life)
}

func agree(t *rapid.T, typ bpf.MapType, cpus int) {
	s := model.DrawSpec(t, bpf.Linux, typ, cpus)
	s.Early = true
	m, err := New(s)
	if err != nil {
		t.Fatalf("%v: %v", s, err)
	}
	defer func() { _ = m.Close() }()
	want := model.New(s)
	d := &model.Draw{Spec: s, Codes: hostAnd(s), CPUs: cpus}
	t.Repeat(map[string]func(*rapid.T){
		"": func(t *rapid.T) {},
		"operation": func(t *rapid.T) {
			op := d.Op(t)
			got, err := m.Do(op)
			if err == nil {
				err = want.Step(op, got)
			}
			if err != nil {
				t.Fatalf("%v: %v: %v", s, op, err)
			}
		},
	})
}

// hostAnd are the operations that the kernel can be asked: it does not count,
// and callbacks need BTF.
func hostAnd(s model.Spec) (codes []model.Code) {
	for _, c := range model.CodesOf(s) {
		if c != model.Count && c != model.ProgEach {
			codes = append(codes, c)
		}
	}
	return codes
}
