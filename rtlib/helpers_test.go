package rtlib

import (
	"bytes"
	"os"
	"slices"
	"strings"
	"testing"
	"unsafe"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
)

// helperNames are the helpers that machine code can call: what the assembly
// names.
func helperNames(t *testing.T, file string) []string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, line := range strings.Split(string(text), "\n") {
		for _, before := range []string{"\tCALL bpf2go∕rtlib∕v1·", "TEXT bpf2go∕rtlib∕v1·"} {
			if rest, ok := strings.CutPrefix(line, before); ok {
				names = append(names, rest[:strings.Index(rest, "(SB)")])
			}
		}
	}
	return names
}

// TestSymbols: each helper that the compiler's tables support has an entry for
// machine code on both architectures.
func TestSymbols(t *testing.T) {
	amd64 := slices.Concat(helperNames(t, "refs_amd64.s"), helperNames(t, "hash_amd64.s"), helperNames(t, "lru_amd64.s"), helperNames(t, "trie_amd64.s"))
	arm64 := append(helperNames(t, "refs_arm64.s"), helperNames(t, "hash_arm64.s")...)
	check := func(name string) {
		if !slices.Contains(amd64, name) || !slices.Contains(arm64, name) {
			t.Errorf("%s: on amd64 %v, on arm64 %v", name, slices.Contains(amd64, name), slices.Contains(arm64, name))
		}
	}
	var rows []table.Helper
	for _, platform := range []bpf.Platform{bpf.Linux, bpf.Windows} {
		rows = slices.Concat(rows, table.Helpers(platform), table.Variants(platform))
	}
	for _, h := range append(rows, table.Kfuncs()...) {
		if h.Status != table.Supported || h.Symbol == "" {
			continue // translated in place
		}
		check(h.Symbol)
		for _, size := range []uint32{1, 4, 8, 16, 20} {
			for _, row := range table.MapTypes() {
				check(table.Symbol(&h, row.Type, size))
			}
		}
	}
	check("Preempt")
}

// TestMapTypes: what the compiler's table supports can be made, with the flags
// that it says.
func TestMapTypes(t *testing.T) {
	for _, row := range table.MapTypes() {
		got, made := shapes[row.Type]
		if row.Status == table.Supported && !made {
			t.Errorf("%s: the compiler supports it, rtlib does not", row.Name)
		}
		want := shape{flags: row.Flags, needs: row.Needs, key: row.Key, value: row.Value, minKey: row.KeyMin, keyless: row.Keyless, valueless: row.NoValue, perCPU: row.PerCPU, maxKey: got.maxKey, ring: row.Pages, perf: row.Type == bpf.MapPerfEvent}
		if got.perf { // both are 4, or left out
			want.key, want.value = 0, 0
		}
		if made && got != want {
			t.Errorf("%s: shape %+v, the table has %+v", row.Name, got, want)
		}
		if made {
			spec := MapSpec{Name: "m", Type: row.Type, KeySize: max(got.key, got.minKey, 4), ValueSize: max(got.value, 8), MaxEntries: 4096, Flags: got.needs}
			if got.keyless {
				spec.KeySize = 0
			}
			if got.valueless {
				spec.ValueSize = 0
			}
			if got.perf {
				spec.ValueSize = 4
			}
			if got.value != 0 {
				spec.ValueSize = got.value
			}
			spec.Inner = &MapSpec{Name: "inner", Type: bpf.MapArray, KeySize: 4, ValueSize: 8, MaxEntries: 1}
			if m, err := NewMap(spec); err != nil || m.ops == nil {
				t.Errorf("%s: %v", row.Name, err)
			}
		}
	}
}

// TestContexts compares the places of context fields with the compiler's rows.
func TestContexts(t *testing.T) {
	slots := map[string]int{"ingress_ifindex": xdpIngressIfindex, "rx_queue_index": xdpRxQueueIndex, "egress_ifindex": xdpEgressIfindex}
	for _, platform := range []bpf.Platform{bpf.Linux, bpf.Windows} {
		for _, name := range hookNames[hookOther+1:] {
			h := table.HookByName(platform, name)
			if h == nil {
				if platform == bpf.Linux {
					t.Errorf("no hook %q", name)
				}
				continue
			}
			if h.MinLen != 0 {
				t.Errorf("%s relies on %d bytes, which RunRaw does not check", name, h.MinLen)
			}
			for _, f := range h.Fields {
				if slot, known := slots[f.Name]; f.Kind == table.FieldScalar && (!known || f.Slot != slot || f.Write) {
					t.Errorf("%v: %s.%s: slot %d, writable %v; rtlib has slot %d (known: %v)", platform, name, f.Name, f.Slot, f.Write, slot, known)
				}
			}
		}
	}
}

// helperFrame makes a Frame of an instance without programs.
func helperFrame(t *testing.T, platform bpf.Platform, trace *bytes.Buffer) *Frame {
	t.Helper()
	spec := &ObjectSpec{Name: "object", ABI: abi.Version, Platform: platform, Maps: []MapSpec{
		{Name: ".rodata", Type: bpf.MapArray, KeySize: 4, ValueSize: 8, MaxEntries: 1, Section: true, Frozen: true, Data: "text"},
		hashSpec(4, 8, 2),
	}}
	inst, err := NewInstance(spec, &InstanceOptions{Trace: trace})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = inst.Close() })
	f, err := NewFrame(inst)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

func TestCsumDiff(t *testing.T) {
	linux, windows := helperFrame(t, bpf.Linux, nil), helperFrame(t, bpf.Windows, nil)
	sum := func(f *Frame, from, to []uint32, seed uint32) uint64 {
		copy(unsafe.Slice((*uint32)(unsafe.Pointer(&f.abi.Stack)), 16), from)
		copy(unsafe.Slice((*uint32)(unsafe.Pointer(&f.abi.Stack[64])), 16), to)
		at := uint64(uintptr(unsafe.Pointer(&f.abi.Stack)))
		return CsumDiff(&f.abi, at, uint64(4*len(from)), at+64, uint64(4*len(to)), uint64(seed))
	}
	for _, c := range []struct {
		from, to []uint32
		seed     uint32
		want     uint64 // of Linux 6.18
	}{
		{nil, nil, 0, 0},
		{nil, nil, 0x12345678, 0x68ac},
		{nil, nil, 0xffffffff, 0xffff},
		{nil, []uint32{0}, 0, 0},
		{[]uint32{0}, nil, 0, 0},
		{[]uint32{0}, []uint32{0}, 0, 0xffff},
		{[]uint32{0x1020304}, []uint32{0x5060708}, 0, 0x808},
		{[]uint32{0x1020304, 0xffffffff}, nil, 5, 0xfbfe},
		{nil, []uint32{0xffffffff, 0xffffffff}, 0xffffffff, 0xffff},
		{[]uint32{0xffffffff}, []uint32{0xffffffff}, 0, 0xffff},
		{[]uint32{0xdeadbeef, 1, 2}, []uint32{0xcafebabe, 7}, 0x8000ffff, 0x6824},
		{[]uint32{5}, []uint32{5}, 0, 0xffff},
	} {
		if got := sum(linux, c.from, c.to, c.seed); got != c.want {
			t.Errorf("from %x, to %x, seed %#x: got %#x, want %#x", c.from, c.to, c.seed, got, c.want)
		}
	}
	if got, want := sum(windows, []uint32{0x00020001}, []uint32{0x00100020}, 0x50000), uint64(0x50000+0x30+0xfffe+0xfffd); got != want {
		t.Errorf("windows: got %#x, want %#x", got, want)
	}
	if got := int64(CsumDiff(&linux.abi, 0, 3, 0, 0, 0)); got != -22 {
		t.Errorf("3 bytes: got %d, want -22", got)
	}
	if got := int64(CsumDiff(&windows.abi, 0, 0, 0, 6, 0)); got != -6 {
		t.Errorf("windows: 6 bytes: got %d, want -6", got)
	}
}

func TestTracePrintk(t *testing.T) {
	var out bytes.Buffer
	f := helperFrame(t, bpf.Linux, &out)
	rodata := uint64(uintptr(f.inst.Map(".rodata").values))
	copy(f.abi.Stack[256:], "stack\x00")
	stack := uint64(uintptr(unsafe.Pointer(&f.abi.Stack[256])))
	packet := []byte("packet") // no 0: ends with the packet
	setMemory(&f.abi, packet, 0)
	m := f.inst.Map("m")
	if err := m.Update(make([]byte, 4), []byte("hash\x00\x00\x00\x00"), 0); err != nil {
		t.Fatal(err)
	}
	value := m.find8(0)
	minus := ^uint64(0)
	for _, c := range []struct {
		format string
		args   [3]uint64
		want   string // "" is EINVAL
	}{
		{"hello", [3]uint64{}, "hello"},
		{"hello\n", [3]uint64{}, "hello\n"},
		{"%d %u %x", [3]uint64{minus, minus, minus}, "-1 4294967295 ffffffff"},
		{"%ld %lu %lx", [3]uint64{minus, minus, minus}, "-1 18446744073709551615 ffffffffffffffff"},
		{"%5d|%-5d|%05d", [3]uint64{uint64(0xffffffd6), 42, 42}, "  -42|42   |00042"},
		{"%05d %+d % d", [3]uint64{minus, 4, 4}, "-0001 +4  4"},
		{"%p %px", [3]uint64{0x1234, 0xabcdef}, "0000000000001234 0000000000abcdef"},
		{"%c%c%3c|", [3]uint64{65, 66, 67}, "AB  C|"},
		{"%llx %lld %i", [3]uint64{1 << 40, ^uint64(4), 7}, "10000000000 -5 7"},
		{"%X %10llx|%%", [3]uint64{0xabc, 255}, "ABC         ff|%"},
		{"%s %s %s", [3]uint64{rodata, stack, f.abi.Data}, "text stack packet"},
		{"%s|%5s|%s", [3]uint64{value, 0, 1}, "hash|     |"},
		{"%d %d %d %d", [3]uint64{}, ""},
		{"%q", [3]uint64{}, ""},
		{"%hd", [3]uint64{}, ""},
		{"%#x", [3]uint64{}, ""},
		{"%.3d", [3]uint64{}, ""},
		{"%lc", [3]uint64{}, ""},
		{"100%", [3]uint64{}, ""},
		{"%l", [3]uint64{}, ""},
		{"\x01", [3]uint64{}, ""},
		{"é", [3]uint64{}, ""},
	} {
		out.Reset()
		copy(f.abi.Stack[:], c.format+"\x00")
		at := uint64(uintptr(unsafe.Pointer(&f.abi.Stack)))
		got := int64(TracePrintk(&f.abi, at, uint64(len(c.format)+1), c.args[0], c.args[1], c.args[2]))
		want, line := int64(len(c.want)), strings.TrimSuffix(c.want, "\n")+"\n"
		if c.want == "" {
			want, line = -22, ""
		}
		if got != want || out.String() != line {
			t.Errorf("%q %x: got %d, %q, want %d, %q", c.format, c.args, got, out.String(), want, line)
		}
	}
	copy(f.abi.Stack[:], "no end")
	if got := int64(TracePrintk(&f.abi, uint64(uintptr(unsafe.Pointer(&f.abi.Stack))), 6, 0, 0, 0)); got != -22 {
		t.Errorf("format without a 0: got %d, want -22", got)
	}
}

func TestSmallHelpers(t *testing.T) {
	f := helperFrame(t, bpf.Linux, nil)
	if a, b := KtimeGetNs(&f.abi), KtimeGetNs(&f.abi); a == 0 || b < a {
		t.Errorf("ktime %d, then %d", a, b)
	}
	if got := GetCurrentPidTgid(&f.abi); got>>32 != uint64(os.Getpid()) || uint32(got) == 0 {
		t.Errorf("pid_tgid %#x, the process is %d", got, os.Getpid())
	}
	seen := map[uint64]bool{}
	for range 100 {
		v := GetPrandomU32(&f.abi)
		if v>>32 != 0 {
			t.Fatalf("prandom %#x has more than 32 bits", v)
		}
		seen[v] = true
	}
	if len(seen) < 95 {
		t.Errorf("%d of 100 random numbers differ", len(seen))
	}
	if got := GetSmpProcessorId(&f.abi); got != uint64(f.Slot()) || f.Slot() >= PossibleCPU() {
		t.Errorf("cpu %d, slot %d of %d", got, f.Slot(), PossibleCPU())
	}
}
