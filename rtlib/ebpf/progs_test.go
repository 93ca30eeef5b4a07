package ebpf_test

import (
	"errors"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/rtlib"
	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
	"github.com/bpf2go-native/bpf2go-native/rtlib/ebpf"
)

// jumpObject has a program array with land in slot 1, jump, which goes to slot 0
// and returns 1 when that is empty, and land, which returns number.
func jumpObject(number uint64) *rtlib.ObjectSpec {
	return &rtlib.ObjectSpec{
		Name: "jump", ABI: abi.Version,
		Maps: []rtlib.MapSpec{{Name: "jumps", Type: bpf.MapProgArray, KeySize: 4, ValueSize: 4, MaxEntries: 4, Slots: []rtlib.SlotSpec{{Index: 1, Program: 1}}}},
		Programs: []rtlib.ProgramSpec{
			{Name: "jump", Hook: "xdp", Engine: "go", Maps: []int{0}, TailCalls: true, Entry: func(fr *abi.Frame) uint64 {
				if rtlib.TailCall(fr, abi.Map(fr, 0), 0); fr.Unwind == 0 {
					return 1
				}
				fr.Unwind = 0
				return fr.Result
			}},
			{Name: "land", Hook: "xdp", Engine: "go", Entry: func(*abi.Frame) uint64 { return number }},
			{Name: "memory", Hook: "raw", Engine: "go", Entry: func(*abi.Frame) uint64 { return 0 }},
		},
	}
}

func loadJump(t *testing.T, number uint64, opts ebpf.CollectionOptions, change func(*ebpf.CollectionSpec)) *ebpf.Collection {
	t.Helper()
	spec, err := ebpf.NewCollectionSpec(jumpObject(number))
	if err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(spec)
	}
	coll, err := ebpf.NewCollectionWithOptions(spec, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(coll.Close)
	return coll
}

// must is a helper for calls that cannot fail.
func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func runs(t *testing.T, p *ebpf.Program, want uint32) {
	t.Helper()
	if got, err := p.Run(&ebpf.RunOptions{}); got != want || err != nil {
		t.Errorf("%v: %d, %v; want %d", p, got, err, want)
	}
}

func TestProgramArray(t *testing.T) {
	a, b := loadJump(t, 10, ebpf.CollectionOptions{}, nil), loadJump(t, 20, ebpf.CollectionOptions{}, nil)
	m, jump := a.Maps["jumps"], a.Programs["jump"]
	runs(t, jump, 1)
	must(t, m.Put(uint32(0), a.Programs["land"]))
	runs(t, jump, 10)
	must(t, m.Update(uint32(0), b.Programs["land"], ebpf.UpdateAny))
	runs(t, jump, 20)

	// The slot keeps the other collection open, and gives handles of it.
	b.Close()
	runs(t, jump, 20)
	var p *ebpf.Program
	must(t, m.Lookup(uint32(0), &p))
	must(t, m.Delete(uint32(0)))
	runs(t, jump, 1)
	runs(t, p, 20)
	must(t, p.Close())
	if _, err := p.Runtime().Run(nil); !errors.Is(err, os.ErrClosed) {
		t.Errorf("the last handle of the collection is closed: %v", err)
	}
	var c ebpf.Program
	for _, e := range []struct {
		err  error
		want error
		text string
	}{
		{m.Lookup(uint32(0), &p), ebpf.ErrKeyNotExist, "the slot is empty"},
		{m.Delete(uint32(0)), ebpf.ErrKeyNotExist, "the slot is empty"},
		{m.Lookup(uint32(1), &c), os.ErrInvalid, "needs a **ebpf.Program"},
		{m.Put(uint32(0), uint32(3)), os.ErrInvalid, "uint32 is no program"},
		{m.Put(uint32(0), (*ebpf.Program)(nil)), os.ErrInvalid, "the program is nil"},
		{m.Put(uint32(0), p), os.ErrClosed, "put into map jumps"},
		{m.Put(uint32(4), jump), syscall.E2BIG, "not below max_entries 4"},
		{m.Put(uint32(0), a.Programs["memory"]), syscall.EINVAL, `program "memory" has hook "raw", the programs of the array have "xdp"`},
		{m.Update(uint32(0), jump, ebpf.UpdateNoExist), syscall.EINVAL, "flags 1"},
	} {
		if !errors.Is(e.err, e.want) || !strings.Contains(e.err.Error(), e.text) {
			t.Errorf("got %v, want %q", e.err, e.text)
		}
	}
	var keys []uint32
	var key uint32
	for it := m.Iterate(); it.Next(&key, &p); {
		keys = append(keys, key)
		must(t, p.Close())
	}
	if len(keys) != 1 || keys[0] != 1 {
		t.Errorf("programs at %v, want 1", keys)
	}
}

// TestProgramArrayOwn: a program of the map's collection does not keep it open,
// the map of another does.
func TestProgramArrayOwn(t *testing.T) {
	a := loadJump(t, 10, ebpf.CollectionOptions{}, nil)
	m, land := a.Maps["jumps"].Runtime(), a.Programs["land"].Runtime()
	must(t, a.Maps["jumps"].Put(uint32(0), a.Programs["land"]))
	b := loadJump(t, 20, ebpf.CollectionOptions{MapReplacements: map[string]*ebpf.Map{"jumps": a.Maps["jumps"]}}, nil)
	runs(t, b.Programs["jump"], 10)
	must(t, b.Maps["jumps"].Put(uint32(0), b.Programs["land"]))
	b.Close()
	runs(t, a.Programs["jump"], 20)
	a.Close()
	if _, err := land.Run(nil); !errors.Is(err, os.ErrClosed) {
		t.Errorf("the collection is closed: %v", err)
	}
	if _, _, err := m.LookupProgram(make([]byte, 4)); err != nil {
		t.Errorf("the map is b's, which its own program keeps open: %v", err)
	}
}

// TestProgramContents: initial programs can be changed before the load.
func TestProgramContents(t *testing.T) {
	a := loadJump(t, 10, ebpf.CollectionOptions{}, func(cs *ebpf.CollectionSpec) {
		ms := cs.Maps["jumps"]
		if len(ms.Contents) != 1 || ms.Contents[0] != (ebpf.MapKV{Key: uint32(1), Value: "land"}) {
			t.Errorf("contents %v", ms.Contents)
		}
		ms.Contents[0].Key = uint32(0)
	})
	runs(t, a.Programs["jump"], 10)
	var p *ebpf.Program
	if err := a.Maps["jumps"].Lookup(uint32(1), &p); !errors.Is(err, ebpf.ErrKeyNotExist) {
		t.Errorf("slot 1: %v", err)
	}
	spec, err := ebpf.NewCollectionSpec(jumpObject(1))
	must(t, err)
	spec.Maps["jumps"].Contents[0].Value = "fly"
	if _, err := ebpf.NewCollection(spec); !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), `no program "fly"`) {
		t.Errorf("got %v", err)
	}
}
