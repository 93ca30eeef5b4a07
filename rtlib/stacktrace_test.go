package rtlib

import (
	"encoding/binary"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"unsafe"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
)

func stackSpec(addresses, entries uint32) MapSpec {
	return MapSpec{Name: "s", Type: bpf.MapStackTrace, KeySize: 4, ValueSize: 8 * addresses, MaxEntries: entries}
}

//go:noinline
func stackOfA(fr *abi.Frame, m *Map, flags uint64) int64 {
	return int64(GetStackid(fr, 0, uint64(uintptr(unsafe.Pointer(m))), flags))
}

//go:noinline
func stackOfB(fr *abi.Frame, m *Map, flags uint64) int64 { return stackOfA(fr, m, flags) }

// functions are the names of the functions of a stack, without the package.
func functions(stack []byte) (names []string) {
	var pcs []uintptr
	for i := 0; i+8 <= len(stack); i += 8 {
		if pc := binary.LittleEndian.Uint64(stack[i:]); pc != 0 {
			pcs = append(pcs, uintptr(pc))
		}
	}
	frames := runtime.CallersFrames(pcs)
	for len(pcs) != 0 {
		f, more := frames.Next()
		names = append(names, f.Function[strings.LastIndexByte(f.Function, '.')+1:])
		if !more {
			break
		}
	}
	return names
}

func TestGetStackid(t *testing.T) {
	m := mustMap(t, stackSpec(maxStack, 8))
	value := make([]byte, 8*maxStack)
	ask := func(id int64) []string {
		t.Helper()
		if id < 0 {
			t.Fatalf("get_stackid: %d", id)
		}
		if err := m.Lookup(key4(byte(id)), value); err != nil {
			t.Fatal(err)
		}
		return functions(value)
	}
	var ids []int64
	for range 2 {
		ids = append(ids, stackOfA(nil, m, 0))
	}
	if got := ask(ids[0]); len(got) < 3 || got[0] != "stackOfA" || got[1] != "TestGetStackid" || got[2] != "tRunner" {
		t.Errorf("stack %q, want stackOfA, TestGetStackid, tRunner", got)
	}
	if ids[0] != ids[1] {
		t.Errorf("one stack has the numbers %d and %d", ids[0], ids[1])
	}
	if got := ask(stackOfB(nil, m, 1|stackReuse|stackUser)); got[0] != "stackOfB" {
		t.Errorf("stack %q, want stackOfB first", got)
	}
	for _, c := range []struct {
		flags uint64
		want  int64
	}{{1 << 11, -22}, {1 << 12, -22}, {255, -14}} {
		if got := stackOfA(nil, m, c.flags); got != c.want {
			t.Errorf("flags %#x: got %d, want %d", c.flags, got, c.want)
		}
	}
	short := mustMap(t, stackSpec(2, 8))
	id := stackOfB(nil, short, 1|stackReuse)
	if err := short.Lookup(key4(byte(id)), value[:16]); err != nil || !slices.Equal(functions(value[:16]), []string{"stackOfB", "TestGetStackid"}) {
		t.Errorf("stack of two: %q, %v", functions(value[:16]), err)
	}
}

// TestStackCollisions makes the map's own decisions on chosen addresses.
func TestStackCollisions(t *testing.T) {
	m := mustMap(t, stackSpec(4, 3)) // 4 buckets, 3 elements
	s := m.ops.(*stackMap)
	in := make([][]uintptr, 4) // two stacks for each bucket
	other := make([][]uintptr, 4)
	for a := uintptr(1); slices.ContainsFunc(other, func(x []uintptr) bool { return x == nil }); a++ {
		stack := []uintptr{a, a + 1}
		if k := hashStack(stack) & 3; in[k] == nil {
			in[k] = stack
		} else {
			other[k] = stack
		}
	}
	find := func(what string, stack []uintptr, flags uint64, wantID uint32, want bpf.Errno) {
		t.Helper()
		if id, errno := s.find(stack, flags); id != wantID || errno != want {
			t.Errorf("%s: got %d, %v, want %d, %v", what, id, errno, wantID, want)
		}
	}
	find("first", in[1], 0, 1, 0)
	find("again", in[1], 0, 1, 0)
	find("collision", other[1], 0, 0, bpf.EEXIST)
	find("collision, fast", other[1], stackFast, 0, bpf.EEXIST)
	find("reuse", other[1], stackReuse, 1, 0)
	find("replaced", in[1], 0, 0, bpf.EEXIST)
	find("second", in[2], 0, 2, 0)
	find("third", in[0], 0, 0, 0)
	find("full", in[3], 0, 0, bpf.ENOMEM)
	find("full, reuse", in[1], stackReuse, 0, bpf.ENOMEM)
	if n := m.Len(); n != 3 {
		t.Errorf("%d stacks, want 3", n)
	}
	value := make([]byte, 32)
	if err := m.LookupAndDelete(key4(0), value, 0); err != nil || binary.LittleEndian.Uint64(value) != uint64(in[0][0]) || binary.LittleEndian.Uint64(value[16:]) != 0 {
		t.Errorf("taken: % x, %v", value, err)
	}
	find("room", in[3], 0, 3, 0)
	// A stack with the hash of another is the same one when only hashes count.
	s.stored(s.buckets[3] - 1)[1]++
	find("same hash", in[3], 0, 0, bpf.EEXIST)
	find("same hash, fast", in[3], stackFast, 3, 0)
}

// TestStackRules: what Linux 6.18 gave.
func TestStackRules(t *testing.T) {
	m := mustMap(t, stackSpec(2, 3))
	value, key := make([]byte, 16), make([]byte, 4)
	if _, errno := m.ops.(*stackMap).find([]uintptr{5}, 0); errno != 0 {
		t.Fatal(errno)
	}
	if err := m.NextKey(nil, key); err != nil || key[0] > 3 {
		t.Fatalf("first key % x, %v", key, err)
	}
	first := slices.Clone(key)
	none := key4(first[0] ^ 1)
	for _, c := range []struct {
		what string
		got  bpf.Errno
		want bpf.Errno
	}{
		{"next key", errnoOf(m.NextKey(first, key)), bpf.ENOENT},
		{"next key of one that is not there", errnoOf(m.NextKey(none, key)), 0},
		{"next key of one that cannot be", errnoOf(m.NextKey(key4(9), key)), 0},
		{"lookup", errnoOf(m.Lookup(none, value)), bpf.ENOENT},
		{"lookup beyond", errnoOf(m.Lookup(key4(4), value)), bpf.ENOENT},
		{"update", errnoOf(m.Update(first, value, 0)), bpf.EINVAL},
		{"delete", errnoOf(m.Delete(none)), bpf.ENOENT},
		{"delete beyond", errnoOf(m.Delete(key4(4))), bpf.E2BIG},
		{"delete", errnoOf(m.Delete(first)), 0},
		{"delete again", errnoOf(m.Delete(first)), bpf.ENOENT},
	} {
		if c.got != c.want {
			t.Errorf("%s: got %v, want %v", c.what, c.got, c.want)
		}
	}
	for _, c := range []struct {
		size, flags uint32
		want        bpf.Errno
	}{
		{4, 0, bpf.EINVAL}, {8, 0, 0}, {12, 0, bpf.EINVAL}, {8 * 127, 0, 0}, {8 * 128, 0, bpf.EINVAL},
		{8, bpf.FlagStackBuildID, bpf.EINVAL}, {32, bpf.FlagStackBuildID, 0}, {32 * 127, bpf.FlagStackBuildID, 0}, {32 * 128, bpf.FlagStackBuildID, bpf.EINVAL},
	} {
		_, err := NewMap(MapSpec{Type: bpf.MapStackTrace, KeySize: 4, ValueSize: c.size, MaxEntries: 3, Flags: c.flags})
		if got := errnoOf(err); got != c.want {
			t.Errorf("values of %d bytes, flags %#x: got %v, want %v", c.size, c.flags, err, c.want)
		}
	}
}

// TestStackBuildID: values are struct bpf_stack_build_id.
func TestStackBuildID(t *testing.T) {
	m := mustMap(t, MapSpec{Type: bpf.MapStackTrace, KeySize: 4, ValueSize: 96, MaxEntries: 1, Flags: bpf.FlagStackBuildID})
	if _, errno := m.ops.(*stackMap).find([]uintptr{0x1234, 0x5678}, 0); errno != 0 {
		t.Fatal(errno)
	}
	want := make([]byte, 96)
	want[0], want[24], want[25], want[32], want[56], want[57] = 2, 0x34, 0x12, 2, 0x78, 0x56
	got := slices.Repeat([]byte{9}, 96)
	if err := m.Lookup(key4(0), got); err != nil || !slices.Equal(got, want) {
		t.Errorf("got % x, %v\nwant % x", got, err, want)
	}
}

// TestGetStack runs it in a program.
func TestGetStack(t *testing.T) {
	f := helperFrame(t, bpf.Linux, nil)
	buf := slices.Repeat([]byte{9}, 3*8+8)
	at := uint64(uintptr(unsafe.Pointer(&buf[0])))
	get := func(size, flags uint64) int64 { return int64(GetStack(&f.abi, 0, at, size, flags)) }
	if n := get(24, 1); n != 24 || !slices.Equal(functions(buf[:24]), []string{"TestGetStack", "tRunner", "goexit"}) {
		t.Errorf("%d bytes, %q", n, functions(buf[:24]))
	}
	if buf[24] != 9 {
		t.Error("wrote behind the memory")
	}
	for _, c := range []struct {
		what        string
		size, flags uint64
		want        int64
	}{
		{"to the end", 16, 3, 8}, {"all left out", 16, 4, 0}, {"too many left out", 16, 5, -14}, {"no memory", 0, 0, 0},
		{"odd size", 12, 0, -22}, {"flags of get_stackid", 8, stackFast, -22}, {"build ids of the kernel", 32, stackUserBuildID, -22},
		{"build ids", 32, stackUserBuildID | stackUser, 32}, {"build ids, odd size", 24, stackUserBuildID | stackUser, -22},
	} {
		copy(buf, slices.Repeat([]byte{9}, 32))
		if got := get(c.size, c.flags); got != c.want {
			t.Errorf("%s: got %d, want %d", c.what, got, c.want)
		}
		for i, b := range buf[max(0, c.want):c.size] {
			if b != 0 {
				t.Errorf("%s: byte %d is %d, want 0", c.what, i, b)
			}
		}
	}
}

func TestStackAllocatesNothing(t *testing.T) {
	m, f := mustMap(t, stackSpec(maxStack, 8)), helperFrame(t, bpf.Linux, nil)
	n := testing.AllocsPerRun(100, func() {
		stackOfA(&f.abi, m, stackReuse)
		GetStack(&f.abi, 0, f.abi.DataEnd, 0, 0)
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// TestStackAtOnce: whole stacks come out while programs store and hosts delete.
func TestStackAtOnce(t *testing.T) {
	m := mustMap(t, stackSpec(8, 16))
	s := m.ops.(*stackMap)
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			value, key := make([]byte, 64), make([]byte, 4)
			var stack [8]uintptr
			for i := range 3000 {
				for k := range stack {
					stack[k] = uintptr(w*10_000+i) << 8
				}
				_, _ = s.find(stack[:], stackReuse)
				key[0] = byte(i % 16)
				if m.Lookup(key, value) == nil {
					for k := 8; k < 64; k += 8 {
						if !slices.Equal(value[:8], value[k:k+8]) {
							t.Errorf("half a stack: % x", value)
							return
						}
					}
				}
				if i%3 == 0 {
					_ = m.Delete(key)
				}
			}
		})
	}
	wg.Wait()
	if n := m.Len(); n > 16 {
		t.Errorf("%d stacks", n)
	}
}
