package table

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/bpf2go-native/bpf2go-native/bpf"
)

// notHere are helpers that this kernel's configuration or lockdown can leave
// out.
var notHere = []string{"probe_write_user", "override_return"}

// TestKernelOffers compares who may call which helper with the kernel.
func TestKernelOffers(t *testing.T) {
	k := requireKernel(t)
	for i := range linuxHooks {
		h := &linuxHooks[i]
		if h.Status < Verified || h.Number == 0 {
			continue
		}
		var more, less []string
		for j := range linuxHelpers {
			f := HelperFor(bpf.Linux, h, linuxHelpers[j].ID)
			if slices.Contains(notHere, f.Name) || f.Name == "get_func_ip" && !f.Offered(h) { // offered and then refused
				continue
			}
			offered := false
			for _, a := range attachingsOf(h) {
				_, log := k.load(h.Number, a, 1, []bpf.Instruction{callOf(f.Name), setR0, exit})
				offered = offered || !strings.Contains(log, "cannot use helper") && !strings.Contains(log, "unknown func")
			}
			switch got := f.Offered(h); {
			case got && !offered:
				more = append(more, f.Name)
			case !got && offered:
				less = append(less, f.Name)
			}
		}
		if len(more)+len(less) > 0 {
			t.Errorf("%s: the rows offer %q and the kernel does not, the kernel offers %q and the rows do not", h.Name, more, less)
		}
	}
}

// mapCreate is the head of union bpf_attr for BPF_MAP_CREATE (linux/bpf.h).
type mapCreate struct {
	typ, key, value, entries, flags uint32
	inner, node                     uint32
	name                            [16]byte
	ifindex                         uint32
	pad                             [10]uint32
}

// newMap makes a map of a type with the smallest legal parameters; -1 when the
// kernel needs more than numbers.
func newMap(m *MapType, inner int) int {
	attr := smallest(m, inner)
	return attr.create()
}

func (a *mapCreate) create() int {
	fd, _, errno := unix.Syscall(unix.SYS_BPF, unix.BPF_MAP_CREATE, uintptr(unsafe.Pointer(a)), unsafe.Sizeof(*a))
	if errno != 0 {
		return -1
	}
	return int(fd)
}

// smallest are the smallest legal parameters of a map of a type.
func smallest(m *MapType, inner int) mapCreate {
	attr := mapCreate{typ: uint32(m.Type), key: max(m.Key, m.KeyMin, 4), value: 8, entries: 1, flags: m.Needs}
	switch {
	case m.Type == bpf.MapLPMTrie || m.Keys != nil:
		attr.key = 8
	case m.Keyless:
		attr.key = 0
	}
	switch {
	case m.Value != 0:
		attr.value = m.Value
	case m.Values != nil:
		attr.value = m.Values[0]
	case m.NoValue:
		attr.value = 0
	}
	switch {
	case m.NoEntries:
		attr.entries = 0
	case m.Pages:
		attr.entries = 4096
	}
	if m.Lookup == LookupInner {
		attr.inner = uint32(inner)
	}
	return attr
}

// kernelMaps makes a map of each type that can be made, by type.
func kernelMaps(t *testing.T) []int {
	t.Helper()
	fds := make([]int, len(mapTypes))
	inner := newMap(MapTypeOf(bpf.MapArray), 0)
	for i := range mapTypes {
		fds[i] = newMap(&mapTypes[i], inner)
	}
	t.Cleanup(func() {
		for _, fd := range append(fds, inner) {
			if fd >= 0 {
				_ = unix.Close(fd)
			}
		}
	})
	return fds
}

// TestKernelMapTypes checks that maps that rows call legal can be made.
func TestKernelMapTypes(t *testing.T) {
	requireKernel(t)
	for i, fd := range kernelMaps(t) {
		m := &mapTypes[i]
		local := strings.HasSuffix(m.Name, "_storage") && !strings.Contains(m.Name, "cgroup") // need BTF
		if fd < 0 && m.Status >= Verified && !local {
			t.Errorf("%s: the kernel refuses what the row says", m.Name)
		}
	}
}

// TestKernelMapParameters compares flags and sizes with the kernel.
func TestKernelMapParameters(t *testing.T) {
	requireKernel(t)
	inner := newMap(MapTypeOf(bpf.MapArray), 0)
	rules := bpf.RulesOf(bpf.Linux)
	for i := range mapTypes {
		m := &mapTypes[i]
		fd := newMap(m, inner)
		if fd < 0 || m.Status < Verified {
			continue
		}
		_ = unix.Close(fd)
		compare := func(what string, a mapCreate) {
			fd := a.create()
			err := m.Check(rules, a.key, a.value, a.entries, a.flags)
			if got, want := err == nil, fd >= 0; got != want && parameterWaiver(m, what) == "" {
				t.Errorf("%s: %s: the row says %v (%v), the kernel %v", m.Name, what, got, err, want)
			}
			_ = unix.Close(fd)
		}
		for bit := range 13 {
			a := smallest(m, inner)
			a.flags |= 1 << bit
			compare("flag "+strconv.Itoa(bit), a)
		}
		for _, size := range []uint32{0, 1, 4, 5, 8, 16, 24} {
			a := smallest(m, inner)
			a.key = size
			compare("key "+strconv.Itoa(int(size)), a)
			a = smallest(m, inner)
			a.value = size
			compare("value "+strconv.Itoa(int(size)), a)
		}
		for _, n := range []uint32{0, 1, 5000, 8192} {
			a := smallest(m, inner)
			a.entries = n
			compare("entries "+strconv.Itoa(int(n)), a)
		}
	}
	_ = unix.Close(inner)
}

// parameterWaiver is why a row differs there, "" when it must not.
func parameterWaiver(m *MapType, what string) string {
	switch {
	case m.Type == bpf.MapCPUMap && strings.HasPrefix(what, "entries"):
		return "the kernel's limit is the number of processors that it was built for"
	case m.Type == bpf.MapStackTrace && what == "flag 5":
		return "with build ids the value is a multiple of 32 bytes"
	}
	return ""
}

// Where calls have their arguments: two areas of the stack that are filled
// with zeros. Callee-saved registers hold the context, packet and socket.
const (
	areaSize = 96
	area     = -areaSize
)

// caller makes a program that calls a helper with arguments of its row.
type caller struct {
	hook  *Hook
	maps  []int
	typ   bpf.MapType // of the map
	pkt   int         // index of the argument that is a packet pointer, or -1
	after bool        // a packet is read after the call
	insns []bpf.Instruction
}

func (c *caller) emit(in ...bpf.Instruction) { c.insns = append(c.insns, in...) }

func movReg(dst, src bpf.Reg) bpf.Instruction {
	return bpf.Instruction{Op: bpf.OpMov, Width: 8, Dst: dst, Src: src}
}

func alu(op bpf.Op, dst bpf.Reg, imm int64) bpf.Instruction {
	return bpf.Instruction{Op: op, Width: 8, Dst: dst, Src: bpf.RegImm, Imm: imm}
}

// prologue saves the context in r6, a packet of 64 bytes in r7, a socket in r8.
func (c *caller) prologue(h *Helper) bool {
	c.emit(movReg(bpf.R6, bpf.R1), alu(bpf.OpMov, bpf.R0, 0))
	for off := int64(area); off < 0; off += 8 {
		c.emit(bpf.Instruction{Op: bpf.OpStore, Width: 8, Dst: bpf.R10, Src: bpf.RegImm, Off: int32(off)})
	}
	if c.pkt >= 0 || c.after {
		data, end := fieldOf(c.hook, FieldData), fieldOf(c.hook, FieldDataEnd)
		if data == nil {
			return false
		}
		load := func(dst bpf.Reg, f *Field) bpf.Instruction {
			in := loadAt(f.Off, f.Size, bpf.R6)
			in.Dst = dst
			return in
		}
		c.emit(load(bpf.R7, data), load(bpf.R3, end), movReg(bpf.R2, bpf.R7), alu(bpf.OpAdd, bpf.R2, 64),
			bpf.Instruction{Op: bpf.OpJle, Width: 8, Dst: bpf.R2, Src: bpf.R3, Off: 1}, exit)
	}
	if slices.Contains(h.Args, ArgSock) || slices.Contains(h.Args, ArgSockOrNull) {
		for i := range c.hook.Fields {
			f := &c.hook.Fields[i]
			kind, _ := f.Kind.Object()
			if kind != ObjSock && kind != ObjSockCommon {
				continue
			}
			in := loadAt(f.Off, f.Size, bpf.R6)
			in.Dst = bpf.R8
			c.emit(in, bpf.Instruction{Op: bpf.OpJne, Width: 8, Dst: bpf.R8, Src: bpf.RegImm, Off: 1}, exit)
			return true
		}
		return false
	}
	return true
}

// argument sets a register; it reports whether it knows how.
func (c *caller) argument(h *Helper, i int) bool {
	r := bpf.R1 + bpf.Reg(i)
	switch h.Args[i] {
	case ArgAny, ArgOpt:
		c.emit(alu(bpf.OpMov, r, 0))
	case ArgCtx, ArgCtxOrNull:
		c.emit(movReg(r, bpf.R6))
	case ArgMap:
		fd := c.maps[c.typ]
		if fd < 0 {
			return false
		}
		c.emit(bpf.Instruction{Op: bpf.OpLdImm, Width: 8, Kind: bpf.KindMap, Dst: r, Src: bpf.RegImm, Imm: int64(fd)}, bpf.Instruction{})
	case ArgKey, ArgValue, ArgValueOrNull, ArgValueOut, ArgMem, ArgMemOrNull, ArgMemOut, ArgMemOutOrNull, ArgMemInOut, ArgFixed,
		ArgFixedOut, ArgFixedInOut:
		if c.pkt == i {
			c.emit(movReg(r, bpf.R7))
			break
		}
		c.emit(movReg(r, bpf.R10), alu(bpf.OpAdd, r, area))
	case ArgSize, ArgSizeOrZero, ArgConstSize:
		c.emit(alu(bpf.OpMov, r, 8))
	case ArgSock, ArgSockOrNull:
		c.emit(movReg(r, bpf.R8))
	case ArgTask, ArgTaskOrNull:
		c.emit(movReg(r, bpf.R9))
	default:
		return false
	}
	return true
}

// releases are the helpers that give back results.
var releases = [NumRetKinds]string{RetSockOrNull: "sk_release", RetSockCommonOrNull: "sk_release", RetMemOrNull: "ringbuf_submit"}

// program builds the call; nil when it needs more than this can make.
func (c *caller) program(h *Helper) []bpf.Instruction {
	c.insns = nil
	if h.Sleepable && !c.hook.Sleeps(c.hook.Sections[0]) || h.Acquires && releases[h.Ret] == "" || h.Releases > 0 || h.Opens != 0 || h.Closes != 0 || !c.prologue(h) {
		return nil
	}
	if slices.Contains(h.Args, ArgTask) || slices.Contains(h.Args, ArgTaskOrNull) {
		c.emit(callOf("get_current_task_btf"), movReg(bpf.R9, bpf.R0))
	}
	for i := range h.Args {
		if !c.argument(h, i) {
			return nil
		}
	}
	c.emit(callOf(h.Name))
	if h.Acquires {
		c.emit(bpf.Instruction{Op: bpf.OpJeq, Width: 8, Dst: bpf.R0, Src: bpf.RegImm, Off: 3}, movReg(bpf.R1, bpf.R0), alu(bpf.OpMov, bpf.R2, 0),
			callOf(releases[h.Ret]))
	}
	if c.after {
		c.emit(loadAt(0, 1, bpf.R7))
	}
	return append(c.insns, setR0, exit)
}

// TestKernelCalls calls helpers with arguments of their rows in every hook
// that offers them. The kernel has to accept these, and of memory in packets
// and packets after the call what the row says.
func TestKernelCalls(t *testing.T) {
	k := requireKernel(t)
	called := map[string]bool{}
	for i := range linuxHooks {
		hook := &linuxHooks[i]
		if hook.Status < Verified || hook.Number == 0 {
			continue
		}
		maps := kernelMaps(t) // some belong to the first type of programs
		for j := range linuxHelpers {
			h := HelperFor(bpf.Linux, hook, linuxHelpers[j].ID)
			if h.Status < Verified || !h.Offered(hook) || slices.Contains(notHere, h.Name) {
				continue
			}
			types := h.Maps
			if types == nil {
				types = []bpf.MapType{bpf.MapUnspec}
			}
			for _, typ := range types {
				row := MapTypeOf(typ)
				if row.Waits && hook.Sleeps(hook.Sections[0]) || row.Lookup == LookupSock && (h.Ret == RetMapValueOrNull || slices.Contains(h.Args, ArgValue)) {
					continue
				}
				c := &caller{hook: hook, maps: maps, typ: typ, pkt: -1}
				if p := c.program(h); p != nil {
					called[h.Name] = true
					c.check(t, k, h, p)
				}
			}
		}
	}
	var missing []string
	for _, h := range linuxHelpers {
		if h.Status >= Verified && !called[h.Name] {
			missing = append(missing, h.Name)
		}
	}
	t.Logf("%d helpers are called; not called: %s", len(called), strings.Join(missing, " "))
}

// try loads a program in the ways of the hook.
func (k *kernel) try(h *Hook, p []bpf.Instruction) (ok bool, log string) {
	for _, a := range attachingsOf(h) {
		if ok, log = k.load(h.Number, a, 1, p); ok {
			return ok, log
		}
	}
	return ok, log
}

func (c *caller) check(t *testing.T, k *kernel, h *Helper, p []bpf.Instruction) {
	t.Helper()
	name := func() string { return c.hook.Name + ": " + h.Name + " of a " + mapTypes[c.typ].Name }
	ok, log := k.try(c.hook, p)
	if !ok && k.callWaiver(c, h) == "" {
		t.Errorf("%s: the kernel refuses a call by the row: %s", name(), last(log))
		return
	}
	k.license = "Proprietary"
	if free, log := k.try(c.hook, p); free == h.GPL && k.callWaiver(c, h) == "" && !slices.Contains(h.Args, ArgTask) && !slices.Contains(h.Args, ArgTaskOrNull) {
		t.Errorf("%s: only with the GPL: the row says %v, the kernel %v: %s", name(), h.GPL, !free, last(log))
	}
	k.license = ""
	for i, kind := range h.Args {
		sized := kind.sized() || kind == ArgKey || kind == ArgValue || kind == ArgFixed || kind == ArgFixedInOut || kind == ArgFixedOut
		if !sized || c.typ == bpf.MapSockmap || c.typ == bpf.MapSockhash {
			continue
		}
		c.pkt = i
		want := false
		if p := c.program(h); p != nil {
			want, log = k.try(c.hook, p)
			if got := h.Pkt && c.hook.HelperPacket; got != want && k.callWaiver(c, h) == "" {
				t.Errorf("%s: argument %d in the packet: the rows say %v, the kernel %v: %s", name(), i+1, got, want, last(log))
			}
		}
		c.pkt = -1
	}
	c.after = true
	if p := c.program(h); p != nil {
		got, log := k.try(c.hook, p)
		if want := !h.InvalidatesPacket; got != want && k.callWaiver(c, h) == "" {
			t.Errorf("%s: packet pointers after the call: the row says %v, the kernel %v: %s", name(), want, got, last(log))
		}
	}
	c.after = false
}

// last are the last lines of a log before the statistics.
func last(log string) string {
	lines := strings.Split(strings.TrimSpace(log), "\n")
	return strings.Join(lines[max(0, len(lines)-3):], " / ")
}

// callWaiver is why calls of a helper differ there, "" when they must not.
func (k *kernel) callWaiver(c *caller, h *Helper) string {
	switch {
	case c.hook.Name == "perf_event" && h.Name == "get_stackid" && k.license != "":
		return "another function does it there, which the kernel gives to everyone"
	case c.hook.Name == "cgroup_sockopt" && c.pkt >= 0:
		return "the kernel lets every helper use the option; the rows only those that may use packets"
	}
	return ""
}
