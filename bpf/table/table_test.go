package table

import (
	"encoding/binary"
	"errors"
	"os"
	"regexp"
	"strconv"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/bpf"
)

var platforms = []bpf.Platform{bpf.Linux, bpf.Windows}

// template is an instruction whose other fields are legal for an operation.
func template(op bpf.Op) bpf.Instruction {
	i := bpf.Instruction{Op: op, Src: bpf.RegImm}
	switch op {
	case bpf.OpCall:
		i.Kind = bpf.KindHelper
	case bpf.OpMovsx:
		i.From = 1
	}
	return i
}

func encodes(i bpf.Instruction) bool {
	insns := []bpf.Instruction{i}
	if i.Wide() {
		insns = append(insns, bpf.Instruction{})
	}
	_, err := bpf.Encode(insns, binary.LittleEndian)
	return err == nil
}

// TestOpsAreTheEncoding compares each row with what can be encoded.
func TestOpsAreTheEncoding(t *testing.T) {
	for op := bpf.OpInvalid + 1; int(op) < bpf.NumOps; op++ {
		row := OpOf(op)
		if row.Op != op || row.Class == ClassNone {
			t.Errorf("%v: no row", op)
			continue
		}
		for _, width := range []uint8{0, 1, 2, 3, 4, 8, 16} {
			i := template(op)
			i.Width = width
			legal := row.Widths.Has(width) || width == 0 && row.Widths == 0
			reg := i
			reg.Src = bpf.R1
			if got := encodes(reg); got != (legal && row.Reg) {
				t.Errorf("%v width %d with a register: encodes %v, the row says %v", op, width, got, legal && row.Reg)
			}
			i.Imm = 7
			if got := encodes(i); row.Imm && got != legal || !row.Imm && got && op != bpf.OpCall {
				t.Errorf("%v width %d with an immediate: encodes %v, the row says %v", op, width, got, legal && row.Imm)
			}
			i.Imm = 0
			if got := encodes(i); !row.Imm && !row.Reg && got != legal {
				t.Errorf("%v width %d without operand: encodes %v, the row says %v", op, width, got, legal)
			}
		}
	}
	if row := OpOf(bpf.Op(255)); row != (Op{}) {
		t.Errorf("op 255 has a row: %+v", row)
	}
}

func TestHelperRows(t *testing.T) {
	for _, p := range platforms {
		seen := map[string]bool{}
		for k, h := range Helpers(p) {
			if int(h.ID) != k+1 || HelperByID(p, h.ID).Name != h.Name || HelperByName(p, h.Name).ID != h.ID || seen[h.Name] {
				t.Errorf("%v: %s: id %d at index %d, or twice", p, h.Name, h.ID, k)
			}
			seen[h.Name] = true
			if inline := h.Callback == CallbackLoop; (h.Status == Supported && !inline) != (h.Symbol != "") {
				t.Errorf("%v: %s: supported helpers that are no loops of the program have a symbol, others none; it is %q", p, h.Name, h.Symbol)
			}
			for _, name := range h.Hooks {
				if HookByName(p, name) == nil {
					t.Errorf("%v: %s: there is no hook %s", p, h.Name, name)
				}
			}
			checkArgs(t, &h)
		}
		if p == bpf.Linux {
			checkVariants(t)
		}
		if HelperByID(p, 0) != nil || HelperByID(p, -1) != nil || HelperByID(p, 9999) != nil || HelperByName(p, "nope") != nil {
			t.Errorf("%v: a helper for a number or name that does not exist", p)
		}
	}
}

// checkVariants checks the rows that stand in for others in some hooks, and
// those of kernel functions.
func checkVariants(t *testing.T) {
	for k := range linuxVariants {
		v := &linuxVariants[k]
		checkArgs(t, v)
		if row := HelperByID(bpf.Linux, v.ID); row.Name != v.Name || v.Hooks == nil {
			t.Errorf("variant %s of %s has hooks %q", v.Name, row.Name, v.Hooks)
		}
		for _, name := range v.Hooks {
			if hook := HookByName(bpf.Linux, name); HelperFor(bpf.Linux, hook, v.ID) != v {
				t.Errorf("%s in %s is another row", v.Name, name)
			}
		}
	}
	for k := range kfuncs {
		checkArgs(t, &kfuncs[k])
		if KfuncByName(kfuncs[k].Name) != &kfuncs[k] {
			t.Errorf("kernel function %s is there twice", kfuncs[k].Name)
		}
	}
	own := &Hook{Name: "own", HelperSet: []string{"xdp"}}
	for name, want := range map[string]bool{"map_lookup_elem": true, "xdp_adjust_head": true, "skb_load_bytes": false} {
		if got := HelperByName(bpf.Linux, name).Offered(own); got != want {
			t.Errorf("a hook with the helpers of xdp has %s: %v", name, got)
		}
	}
	if HelperFor(bpf.Linux, own, 12).Name != "tail_call" || HelperFor(bpf.Windows, own, 3).Name != "map_delete_elem" || KfuncByName("nope") != nil {
		t.Error("rows of a hook of a host are wrong")
	}
}

func checkArgs(t *testing.T, h *Helper) {
	if len(h.Args) > 5 {
		t.Errorf("%s: %d arguments", h.Name, len(h.Args))
	}
	has := map[ArgKind]bool{}
	sizes := map[int]bool{}
	for k, arg := range h.Args {
		has[arg] = true
		if size := h.SizeOf(k); size >= 0 {
			sizes[size] = true
		} else if arg.sized() {
			t.Errorf("%s: argument %d is memory without a size", h.Name, k+1)
		}
		fixed := arg == ArgFixed || arg == ArgFixedOut || arg == ArgFixedInOut
		switch {
		case (arg == ArgKey || arg == ArgValue || arg == ArgValueOrNull || arg == ArgValueOut) && !has[ArgMap]:
			t.Errorf("%s: argument %d is a key or value, no map stands before it", h.Name, k+1)
		case (arg == ArgSize || arg == ArgSizeOrZero) && !sizes[k]:
			t.Errorf("%s: argument %d is a size of nothing", h.Name, k+1)
		case arg == ArgNone:
			t.Errorf("%s: argument %d has no kind", h.Name, k+1)
		case fixed != (h.Sizes[k] != 0):
			t.Errorf("%s: argument %d: Sizes has %d", h.Name, k+1, h.Sizes[k])
		}
	}
	for _, c := range []struct {
		what       string
		have, want bool
	}{
		{"map types are there with a map", h.Maps != nil, has[ArgMap]},
		{"a callback is there with a function", h.Callback != CallbackNone, has[ArgFunc]},
		{"an iterator is there with its argument", h.Iter != IterNone, has[ArgIter] || has[ArgIterNew]},
		{"objects are refused", h.Status == Unsupported, h.Status == Unsupported || has[ArgObject] || h.Ret == RetObject},
		{"map values come from maps", h.Ret == RetMapValue || h.Ret == RetMapValueOrNull, (h.Ret == RetMapValue || h.Ret == RetMapValueOrNull) && has[ArgMap]},
		{"what is released is an argument", h.Releases > 0, h.Releases > 0 && int(h.Releases) <= len(h.Args)},
		{"RetArg is a size", h.RetArg > 0, h.RetArg > 0 && sizes[int(h.RetArg)-1]},
	} {
		if c.have != c.want {
			t.Errorf("%s: %s: have %v, want %v", h.Name, c.what, c.have, c.want)
		}
	}
}

// TestLinuxHelpersAreTheHeader compares ids and names with libbpf's header.
func TestLinuxHelpersAreTheHeader(t *testing.T) {
	const header = "/usr/include/bpf/bpf_helper_defs.h"
	text, err := os.ReadFile(header)
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("libbpf's header is missing: %v", err)
		}
		t.Skipf("ids are not compared with libbpf's header: %v", err)
	}
	found := regexp.MustCompile(`\(\*(?:const )?bpf_(\w+)\)\([^;]*\) = \(void \*\) (\d+);`).FindAllSubmatch(text, -1)
	if len(found) < 200 {
		t.Fatalf("%s: %d helpers", header, len(found))
	}
	for _, m := range found {
		id, err := strconv.Atoi(string(m[2]))
		if err != nil {
			t.Fatal(err)
		}
		if h := HelperByID(bpf.Linux, int32(id)); h == nil || h.Name != string(m[1]) {
			t.Errorf("helper %d is %s in the header, %+v in the table", id, m[1], h)
		}
	}
}

func TestSymbol(t *testing.T) {
	lookup, update := HelperByID(bpf.Linux, 1), HelperByID(bpf.Linux, 2)
	for _, c := range []struct {
		helper *Helper
		typ    bpf.MapType
		key    uint32
		want   string
	}{
		{lookup, bpf.MapHash, 4, "HashLookup4"}, {lookup, bpf.MapHash, 8, "HashLookup8"}, {lookup, bpf.MapHash, 16, "HashLookup16"},
		{lookup, bpf.MapHash, 12, "HashLookup"}, {lookup, bpf.MapArray, 4, "MapLookupElem"}, {update, bpf.MapHash, 4, "HashUpdate"},
		{HelperByID(bpf.Windows, 1), bpf.MapHash, 4, "HashLookup4"}, {HelperByID(bpf.Linux, 7), bpf.MapHash, 4, "GetPrandomU32"}, {HelperByID(bpf.Linux, 10), bpf.MapHash, 4, ""},
	} {
		if got := Symbol(c.helper, c.typ, c.key); got != c.want {
			t.Errorf("%s, map type %d, key %d: got %q, want %q", c.helper.Name, c.typ, c.key, got, c.want)
		}
	}
}

func TestHookRows(t *testing.T) {
	for _, p := range platforms {
		sections := map[string]string{}
		for k := range Hooks(p) {
			h := &Hooks(p)[k]
			if HookByName(p, h.Name) != h {
				t.Errorf("%v: hook %s is there twice", p, h.Name)
			}
			for _, s := range h.Sections {
				if sections[s] != "" {
					t.Errorf("%v: section %s of %s and %s", p, s, sections[s], h.Name)
				}
				sections[s] = h.Name
			}
			if (h.Status == Supported) != (h.Go != "") {
				t.Errorf("%v: %s: supported hooks have a Go name, others none; it is %q", p, h.Name, h.Go)
			}
			checkFields(t, h)
		}
	}
}

func checkFields(t *testing.T, h *Hook) {
	end := 0
	slots := map[int]bool{}
	for k, f := range h.Fields {
		array := f.Loads|f.Stores != 0
		if f.Off < end || f.Off+f.Size > h.Size || !array && f.Off%f.Size != 0 {
			t.Errorf("%s.%s: bytes %d to %d overlap, are outside or not aligned", h.Name, f.Name, f.Off, f.Off+f.Size)
		}
		end = f.Off + f.Size
		for i := 0; f.Kind == FieldScalar && i < (f.Size+7)/8; i++ {
			if slots[f.Slot+i] {
				t.Errorf("%s.%s: slot %d is taken", h.Name, f.Name, f.Slot+i)
			}
			slots[f.Slot+i] = true
		}
		if array {
			continue
		}
		if h.Field(f.Off, f.Size) != k {
			t.Errorf("%s.%s: Field does not find it", h.Name, f.Name)
		}
		if f.Size > 1 && h.Field(f.Off, f.Size/2) >= 0 != f.Narrow {
			t.Errorf("%s.%s: a narrow access is legal: %v, want %v", h.Name, f.Name, !f.Narrow, f.Narrow)
		}
		if h.Store(f.Off, f.Size) >= 0 != f.Write {
			t.Errorf("%s.%s: a store is legal: %v, want %v", h.Name, f.Name, !f.Write, f.Write)
		}
	}
	if h.Field(0, 0) != -1 || h.Field(0, 16) != -1 || h.Field(-8, 8) != -1 || h.Field(h.Size, 1) != -1 || h.Store(h.Size-1, 8) != -1 {
		t.Errorf("%s: a field outside of the context", h.Name)
	}
}

// TestFieldRules has accesses of each rule of a row.
func TestFieldRules(t *testing.T) {
	h := &Hook{Size: 64, Fields: []Field{
		{Name: "whole", Off: 0, Size: 4},
		{Name: "narrow", Off: 4, Size: 4, Narrow: true, Write: true},
		{Name: "start", Off: 8, Size: 4, Narrow: true, NarrowStart: true, Write: true, WriteNarrow: true},
		{Name: "part", Off: 12, Size: 4, Narrow: true, NarrowTo: 2},
		{Name: "array", Off: 16, Size: 20, Loads: all, Stores: words},
		{Name: "write", Off: 40, Size: 4, Write: true, WriteOnly: true},
		{Name: "memory", Off: 44, Size: 16, Loads: all, Unaligned: true},
	}}
	for _, c := range []struct {
		off, size   int
		load, store int
	}{
		{0, 4, 0, -1}, {0, 2, -1, -1}, {0, 8, -1, -1}, {4, 1, 1, -1}, {6, 2, 1, -1}, {5, 2, -1, -1}, {4, 4, 1, 1},
		{8, 2, 2, 2}, {10, 2, -1, 2}, {12, 1, 3, -1}, {13, 1, 3, -1}, {14, 1, -1, -1}, {12, 2, 3, -1}, {12, 4, 3, -1},
		{16, 8, 4, 4}, {20, 8, -1, -1}, {32, 8, -1, -1}, {17, 1, 4, -1}, {20, 4, 4, 4}, {36, 4, -1, -1},
		{40, 4, -1, 5}, {45, 8, 6, -1}, {53, 8, -1, -1}, {63, 1, -1, -1},
	} {
		if load, store := h.Field(c.off, c.size), h.Store(c.off, c.size); load != c.load || store != c.store {
			t.Errorf("%d bytes at %d: load %d, store %d, want %d, %d", c.size, c.off, load, store, c.load, c.store)
		}
	}
}

func TestReturns(t *testing.T) {
	for _, c := range []struct {
		section string
		lo, hi  uint32
		free    bool
	}{
		{"xdp", 0, 0, true}, {"cgroup_skb/ingress", 0, 1, false}, {"?cgroup_skb/egress", 0, 3, false}, {"cgroup/bind4", 0, 3, false},
		{"cgroup/recvmsg6", 1, 1, false}, {"cgroup/connect4", 0, 1, false}, {"kprobe.session/x", 0, 1, false}, {"kprobe/x", 0, 0, true},
	} {
		lo, hi, free := HookBySection(bpf.Linux, c.section).Returns(c.section)
		if lo != c.lo || hi != c.hi || free != c.free {
			t.Errorf("%s: %d to %d, any %v", c.section, lo, hi, free)
		}
	}
}

func TestHookBySection(t *testing.T) {
	for _, c := range []struct {
		platform      bpf.Platform
		section, want string
	}{
		{bpf.Linux, "xdp", "xdp"}, {bpf.Linux, "xdp/firewall", "xdp"}, {bpf.Linux, "xdp.frags", "xdp"}, {bpf.Linux, "xdpfirewall", ""},
		{bpf.Linux, "?xdp", "xdp"}, {bpf.Linux, "raw", "raw"}, {bpf.Linux, "raw/checksum", "raw"}, {bpf.Linux, "raw_tp/sched_switch", "raw_tracepoint"},
		{bpf.Linux, "tc/ingress", "sched_cls"}, {bpf.Linux, "kprobe/do_exit", "kprobe"}, {bpf.Linux, "kprobe.multi/x*", "kprobe"},
		{bpf.Linux, "cgroup/skb", "cgroup_skb"}, {bpf.Linux, ".text", ""}, {bpf.Linux, "", ""},
		{bpf.Windows, "bind", "bind"}, {bpf.Windows, "sockops", "sock_ops"}, {bpf.Windows, "tc", ""}, {bpf.Windows, "raw", "raw"},
	} {
		got := ""
		if h := HookBySection(c.platform, c.section); h != nil {
			got = h.Name
		}
		if got != c.want {
			t.Errorf("%v %q: got %q, want %q", c.platform, c.section, got, c.want)
		}
	}
}

func TestMapTypeRows(t *testing.T) {
	for k, m := range MapTypes() {
		if int(m.Type) != k || MapTypeByName(m.Name).Type != m.Type || MapTypeByNumber(bpf.Linux, uint32(k)).Name != m.Name {
			t.Errorf("%s: number %d at index %d, or twice", m.Name, m.Type, k)
		}
		if m.Windows != 0 && MapTypeByNumber(bpf.Windows, m.Windows).Name != m.Name {
			t.Errorf("%s: Windows number %d is %s, too", m.Name, m.Windows, MapTypeByNumber(bpf.Windows, m.Windows).Name)
		}
	}
	if MapTypeOf(1<<31) != nil || MapTypeByNumber(bpf.Windows, 99) != nil || MapTypeByName("nope") != nil {
		t.Error("a map type for a number or name that does not exist")
	}
	if lpm := MapTypeByNumber(bpf.Windows, 9); lpm.Type != bpf.MapLPMTrie {
		t.Errorf("9 is lpm_trie on Windows, got %s", lpm.Name)
	}
}

func TestMapTypeCheck(t *testing.T) {
	for _, c := range []struct {
		typ                    bpf.MapType
		platform               bpf.Platform
		key, value, max, flags uint32
		want                   string
	}{
		{bpf.MapHash, bpf.Linux, 13, 1, 1, bpf.FlagNoPrealloc, ""},
		{bpf.MapHash, bpf.Linux, 0, 1, 1, 0, "map type hash: key_size is 0"},
		{bpf.MapHash, bpf.Linux, 4, 0, 1, 0, "map type hash: value_size is 0"},
		{bpf.MapHash, bpf.Linux, 4, 4, 0, 0, "map type hash: max_entries is 0"},
		{bpf.MapHash, bpf.Linux, 4, 4, 1, bpf.FlagMmapable, "map type hash: map_flags 0x400: not supported"},
		{bpf.MapArray, bpf.Linux, 4, 4, 1, bpf.FlagMmapable, ""},
		{bpf.MapArray, bpf.Linux, 8, 4, 1, 0, "map type array: key_size is 8, must be 4"},
		{bpf.MapArray, bpf.Windows, 2, 4, 1, 0, ""},
		{bpf.MapQueue, bpf.Linux, 0, 4, 1, 0, ""},
		{bpf.MapQueue, bpf.Linux, 4, 4, 1, 0, "map type queue has no keys: key_size is 4, must be 0"},
		{bpf.MapArena, bpf.Linux, 0, 0, 1, 0, "map type arena: not supported"},
		{bpf.MapRingbuf, bpf.Linux, 0, 0, 5000, 0, "map type ringbuf: max_entries is 5000, must be a power of two and a multiple of 4096 bytes"},
		{bpf.MapPerfEvent, bpf.Linux, 4, 4, 8, 0, ""},
		{bpf.MapPerfEvent, bpf.Windows, 0, 0, 4096, 0, ""},
		{bpf.MapPerfEvent, bpf.Windows, 4, 4, 4096, 0, "map type perf_event_array has no keys: key_size is 4, must be 0"},
		{bpf.MapPerfEvent, bpf.Windows, 0, 0, 8, 0, "map type perf_event_array: max_entries is 8, must be a power of two and a multiple of 4096 bytes"},
		{bpf.MapLPMTrie, bpf.Linux, 8, 4, 1, 0, "map type lpm_trie: map_flags lacks 0x1"},
		{bpf.MapDevmap, bpf.Linux, 4, 5, 1, 0, "map type devmap: value_size is 5, must be one of [4 8]"},
		{bpf.MapSkStorage, bpf.Linux, 4, 8, 1, 1, "map type sk_storage: max_entries is 1, must be 0"},
	} {
		err := MapTypeOf(c.typ).Check(bpf.RulesOf(c.platform), c.key, c.value, c.max, c.flags)
		if got := errorText(err); got != c.want {
			t.Errorf("%+v: got %q", c, got)
		}
	}
	err := MapTypeOf(bpf.MapArena).Check(bpf.RulesOf(bpf.Linux), 0, 4, 1, 0)
	if !errors.Is(err, bpf.ErrUnsupported) {
		t.Errorf("%v does not wrap ErrUnsupported", err)
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
