package interp

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
)

// frame is 40 bytes, of which 30 are reachable.
func packetOf(reachable int) Input {
	all := make([]byte, 40)
	for k := range all {
		all[k] = byte(k)
	}
	return Input{Data: all[:reachable], Tail: all[reachable:], Ctx: make([]uint64, 64)}
}

// Offsets of data and data_end in struct __sk_buff (linux/bpf.h).
const skbData, skbEnd = 76, 80

func TestPacketMoves(t *testing.T) {
	// r6 is the context; packet(call) makes a call and loads the first byte,
	// r0 becomes length << 8 | byte.
	packet := func(args string, id int, data, end int) string {
		return fmt.Sprintf("mov %%r6, %%r1\n%scall %d\nmov %%r8, %%r0\nldxw %%r2, [%%r6+%d]\nldxw %%r3, [%%r6+%d]\nmov %%r0, 0\nmov %%r4, %%r2\nadd %%r4, 1\n"+
			"jgt %%r4, %%r3, +1\nldxb %%r0, [%%r2]\nsub %%r3, %%r2\nlsh %%r3, 8\nor %%r0, %%r3\njeq %%r8, 0, +1\nmov %%r0, %%r8\nexit", args, id, data, end)
	}
	xdp := func(args string, id int) string { return packet(args, id, 0, 4) }
	skb := func(args string, id int) string { return packet(args, id, skbData, skbEnd) }
	einval, enomem := errnoOf(bpf.EINVAL), errnoOf(bpf.ENOMEM)
	runFeatures(t, []feature{
		{name: "head forward", in: packetOf(30), text: xdp("mov %r2, 4\n", 44), want: []uint64{26<<8 | 4}},
		{name: "head too far", in: packetOf(30), text: xdp("mov %r2, 17\n", 44), want: []uint64{einval}},
		{name: "head at the limit", in: packetOf(30), text: xdp("mov %r2, 16\n", 44), want: []uint64{14<<8 | 16}},
		{name: "no headroom", in: packetOf(30), text: xdp("mov %r2, -257\n", 44), want: []uint64{einval}},
		{name: "tail", in: packetOf(30), text: xdp("mov %r2, -5\n", 65), want: []uint64{30 << 8}},
		{name: "tail into data", in: packetOf(30), text: xdp("mov %r2, -15\n", 65), want: []uint64{25 << 8}},
		{name: "tail too short", in: packetOf(30), text: xdp("mov %r2, -27\n", 65), want: []uint64{einval}},
		{name: "tail, longer", in: packetOf(40), text: xdp("mov %r2, 8\n", 65), want: []uint64{48 << 8, einval}},
		{name: "pull", hook: "sched_cls", in: packetOf(30), text: skb("mov %r2, 35\n", 39), want: []uint64{35 << 8, enomem}},
		{name: "pull what is there", hook: "sched_cls", in: packetOf(30), text: skb("mov %r2, 0\n", 39), want: []uint64{30 << 8, enomem}},
		{name: "pull too much", hook: "sched_cls", in: packetOf(30), text: skb("mov %r2, 41\n", 39), want: []uint64{enomem}},
		{name: "change head", hook: "sched_cls", in: packetOf(30), text: skb("mov %r2, 14\nmov %r3, 0\n", 43), want: []uint64{44 << 8, enomem}},
		{name: "change tail", hook: "sched_cls", in: packetOf(30), text: skb("mov %r2, 20\nmov %r3, 0\n", 38), want: []uint64{20 << 8}},
		{name: "room", hook: "sched_cls", in: packetOf(30), text: skb("mov %r2, 8\nmov %r3, 1\nmov %r4, 0\n", 50), want: []uint64{38 << 8, enomem}},
		{name: "room given back", hook: "sched_cls", in: packetOf(30), text: skb("mov %r2, -8\nmov %r3, 1\nmov %r4, 0\n", 50), want: []uint64{22 << 8, enomem}},
		{name: "room not there", hook: "sched_cls", in: packetOf(20), text: skb("mov %r2, -8\nmov %r3, 1\nmov %r4, 0\n", 50), want: []uint64{einval}},
	})
}

func TestStalePackets(t *testing.T) {
	const check = "mov %r6, %r1\nldxw %r7, [%r1]\nldxw %r3, [%r1+4]\nmov %r4, %r7\nadd %r4, 14\nmov %r0, 0\njle %r4, %r3, +1\nexit\n"
	const move = "mov %r1, %r6\nmov %r2, 0\ncall 44\n"
	runFeatures(t, []feature{
		{name: "register", in: packetOf(30), text: check + move + "ldxb %r0, [%r7]\nexit", fault: "the packet was moved by xdp_adjust_head"},
		{name: "store", in: packetOf(30), text: check + move + "stb [%r7], 0\nexit", fault: "the packet was moved by xdp_adjust_head"},
		{name: "spilled", in: packetOf(30), text: check + "stxdw [%r10-8], %r7\n" + move + "ldxdw %r7, [%r10-8]\nldxb %r0, [%r7]\nexit", fault: "the packet was moved"},
		{name: "in a callee", in: packetOf(30), text: check + "mov %r1, %r6\ncall local f\nldxb %r0, [%r7]\nexit\nf:\nmov %r2, 0\ncall 44\nmov %r0, 0\nexit", fault: "the packet was moved"},
		{name: "passed to a helper", in: packetOf(30), text: check + move + "mov %r1, %r7\nmov %r2, 4\nmov %r3, 0\nmov %r4, 0\nmov %r5, 0\ncall 28\nexit", fault: "the packet was moved"},
		{name: "metadata", in: Input{Data: make([]byte, 20), Meta: make([]byte, 4)}, text: "mov %r6, %r1\nldxw %r7, [%r1+8]\n" + move + "ldxb %r0, [%r7]\nexit", fault: "the packet was moved"},
		{name: "compared", in: packetOf(30), text: check + move + "mov %r0, 5\njne %r7, 0, +1\nmov %r0, 6\nexit", want: []uint64{5}},
		{name: "end compared", in: packetOf(30), text: check + "mov %r8, %r3\n" + move + "ldxw %r2, [%r6]\nmov %r0, 1\njlt %r2, %r8, +0\nexit", want: []uint64{1}},
		{name: "read-only", hook: "socket_filter", in: packetOf(30), text: "mov %r0, 0\nexit", want: []uint64{0}},
		{name: "not moved by others", in: packetOf(30), text: check + "call 5\nldxb %r0, [%r7+1]\nexit", want: []uint64{1}},
	})
}

func TestBytesOfPackets(t *testing.T) {
	const to = "mov %r3, %r10\nadd %r3, -8\n"
	efault := errnoOf(bpf.EFAULT)
	load := func(off int) string {
		return fmt.Sprintf("mov %%r2, %d\n%smov %%r4, 4\ncall 26\njne %%r0, 0, exit\nldxw %%r0, [%%r10-8]\nexit", off, to)
	}
	runFeatures(t, []feature{
		{name: "load", hook: "socket_filter", in: packetOf(30), text: load(28), want: []uint64{0x1f1e1d1c}},
		{name: "load behind", hook: "socket_filter", in: packetOf(30), text: load(37), want: []uint64{efault}},
		{name: "load negative", hook: "socket_filter", in: packetOf(30), text: load(-1), want: []uint64{efault}},
		{name: "zeros behind", hook: "socket_filter", in: packetOf(30), text: "stdw [%r10-8], -1\nmov %r2, 39\n" + to + "mov %r4, 4\ncall 26\nldxdw %r0, [%r10-8]\nexit", want: []uint64{0xffffffff00000000}},
		{name: "load of nothing", hook: "socket_filter", in: packetOf(30), text: "mov %r2, 0\n" + to + "mov %r4, 0\ncall 26\nexit", fault: "r4, a size for skb_load_bytes, is 0"},
		{name: "store", hook: "sched_cls", in: packetOf(30), text: "mov %r6, %r1\nstdw [%r10-8], -1\nmov %r2, 29\n" + to + "mov %r4, 2\nmov %r5, 0\ncall 9\nmov %r1, %r6\nmov %r2, 28\n" + to + "mov %r4, 4\ncall 26\nldxw %r0, [%r10-8]\nexit", want: []uint64{0x1fffff1c}},
		{name: "store with odd flags", hook: "sched_cls", in: packetOf(30), text: "stdw [%r10-8], -1\nmov %r2, 29\n" + to + "mov %r4, 2\nmov %r5, 4\ncall 9\nexit", want: []uint64{errnoOf(bpf.EINVAL)}},
		{name: "length", in: packetOf(30), text: "call 188\nexit", want: []uint64{40}},
		{name: "outside of data", hook: "sched_cls", in: packetOf(30), text: "ldxw %r2, [%r1+76]\nldxb %r0, [%r2+30]\nexit", fault: "1 bytes at offset 30 of 30 bytes of packet"},
	})
}

func TestLegacyLoads(t *testing.T) {
	abs := func(op bpf.Op, width uint8, imm int64, src bpf.Reg) bpf.Instruction {
		return bpf.Instruction{Op: op, Width: width, Imm: imm, Src: src}
	}
	for _, c := range []struct {
		name, text string
		insn       bpf.Instruction
		want       uint64
		fault      string
	}{
		{"byte of the tail", "mov %r6, %r1\nja +0\nexit", abs(bpf.OpLdAbs, 1, 35, bpf.RegImm), 35, ""},
		{"across", "mov %r6, %r1\nja +0\nexit", abs(bpf.OpLdAbs, 4, 28, bpf.RegImm), 0x1c1d1e1f, ""},
		{"indirect", "mov %r6, %r1\nmov %r7, 10\nja +0\nexit", abs(bpf.OpLdInd, 2, 5, bpf.R7), 0x0f10, ""},
		{"negative index", "mov %r6, %r1\nmov %r7, -3\nja +0\nexit", abs(bpf.OpLdInd, 2, 5, bpf.R7), 0x0203, ""},
		{"outside", "mov %r6, %r1\nja +0\nmov %r0, 9\nexit", abs(bpf.OpLdAbs, 2, 39, bpf.RegImm), 0, ""},
		{"outside in a function", "mov %r6, %r1\ncall local f\nadd %r0, 7\nexit\nf:\nmov %r6, %r1\nja +0\nmov %r0, 9\nexit", abs(bpf.OpLdAbs, 2, 39, bpf.RegImm), 7, ""},
		{"not the context", "mov %r6, 0\nja +0\nexit", abs(bpf.OpLdAbs, 2, 0, bpf.RegImm), 0, "r6 is a number, 0x0; packet loads need"},
		{"lost registers", "mov %r6, %r1\nja +0\nmov %r0, %r1\nexit", abs(bpf.OpLdAbs, 2, 0, bpf.RegImm), 0, "r1 is not initialised"},
		{"r6 stays", "mov %r6, %r1\nja +0\nldxw %r0, [%r6+4]\nexit", abs(bpf.OpLdAbs, 2, 0, bpf.RegImm), 3, ""},
	} {
		obj := object(t, "socket_filter", c.text)
		insns := obj.Programs[0].Insns
		at := slices.IndexFunc(insns, func(i bpf.Instruction) bool { return i.Op == bpf.OpJa })
		insns[at] = c.insn
		in := packetOf(30)
		in.Ctx = []uint64{1, 3, 5}
		if f := obj.Programs[0].Hook.Fields[1]; f.Off != 4 || f.Slot != 1 {
			in.Ctx = make([]uint64, 64)
			in.Ctx[f.Slot] = 3
		}
		got, err := start(t, obj, Options{}).Run(obj.Programs[0], in)
		switch {
		case c.fault != "":
			wantFault(t, c.name, err, c.fault)
		case err != nil || got.R0 != c.want:
			t.Errorf("%s: got %#x, %v, want %#x", c.name, got.R0, err, c.want)
		}
	}
}

// TestContexts runs over the fields of every hook: what the row says can be
// loaded and stored, the rest faults.
func TestContexts(t *testing.T) {
	for k := range table.Hooks(bpf.Linux) {
		hook := &table.Hooks(bpf.Linux)[k]
		if hook.Memory || hook.Status < table.Verified {
			continue
		}
		size := min(hook.Size, 300)
		for off := range size {
			for _, width := range []uint8{1, 2, 4, 8} {
				for _, store := range []bool{false, true} {
					checkAccess(t, hook, int32(off), width, store)
				}
			}
		}
	}
}

func checkAccess(t *testing.T, hook *table.Hook, off int32, width uint8, store bool) {
	t.Helper()
	text, find := "mov %r6, %r1\nja +0\nmov %r0, 1\nexit", hook.Field
	insn := bpf.Instruction{Op: bpf.OpLoad, Width: width, Dst: bpf.R2, Src: bpf.R6, Off: off}
	if store {
		insn, find = bpf.Instruction{Op: bpf.OpStore, Width: width, Dst: bpf.R6, Src: bpf.RegImm, Off: off, Imm: 1}, hook.Store
	}
	obj := object(t, "xdp", text)
	obj.Programs[0].Hook, obj.Programs[0].Section = hook, hook.Sections[0]
	obj.Programs[0].Insns[1] = insn
	_, err := start(t, obj, Options{}).Run(obj.Programs[0], Draw(rand.New(rand.NewPCG(1, 2)), hook))
	field := find(int(off), int(width))
	legal := field >= 0 && (hook.Fields[field].Kind != table.FieldObject)
	if legal != (err == nil) {
		t.Errorf("%s: %d bytes at %d, store %v: %v, the row has field %d", hook.Name, width, off, store, err, field)
	}
}

// TestFieldsKeep: what is stored to a field is read back.
func TestFieldsKeep(t *testing.T) {
	const cb = 48 // of struct __sk_buff
	runFeatures(t, []feature{
		{name: "cb", hook: "sched_cls", text: fmt.Sprintf("stw [%%r1+%d], 0x01020304\nsth [%%r1+%d], 0x0506\nldxdw %%r0, [%%r1+%d]\nexit", cb, cb+4, cb), want: []uint64{0x050601020304}},
		{name: "cb, last", hook: "sched_cls", text: fmt.Sprintf("stb [%%r1+%d], 9\nldxw %%r0, [%%r1+%d]\nexit", cb+19, cb+16), want: []uint64{9 << 24}},
		{name: "mark", hook: "sched_cls", text: "stw [%r1+8], 77\nldxw %r0, [%r1+8]\nexit", want: []uint64{77}},
		{name: "length after a move", hook: "sched_cls", in: packetOf(30), text: "mov %r6, %r1\nmov %r2, 20\nmov %r3, 0\ncall 38\nldxw %r0, [%r6]\nexit", want: []uint64{20}},
	})
}

// TestDraw: inputs are legal and of many kinds.
func TestDraw(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 7))
	for k := range table.Hooks(bpf.Linux) {
		hook := &table.Hooks(bpf.Linux)[k]
		tails := 0
		for range 50 {
			in := Draw(rng, hook)
			if len(in.Meta)%4 != 0 || len(in.Data) < hook.MinLen {
				t.Fatalf("%s: %+v", hook.Name, in)
			}
			if len(in.Tail) > 0 {
				tails++
			}
		}
		if tails == 0 && !hook.Memory {
			t.Errorf("%s: all of the packet is always reachable", hook.Name)
		}
	}
}
