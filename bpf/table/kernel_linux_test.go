package table

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"os"
	"runtime"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/bpf2go-native/bpf2go-native/bpf"
)

// progLoad is the head of union bpf_attr for BPF_PROG_LOAD (linux/bpf.h).
type progLoad struct {
	progType, insnCnt  uint32
	insns, license     uint64
	logLevel, logSize  uint32
	logBuf             uint64
	kernVersion, flags uint32
	name               [16]byte
	ifindex            uint32
	attachType         uint32
}

// attaching is how programs of a hook are loaded: expected_attach_type and
// prog_flags.
type attaching struct{ typ, flags uint32 }

// attachings are the ways to load programs of a hook that needs one; the first
// is the ordinary one.
var attachings = map[string][]attaching{
	"cgroup_sock":      {{typ: 2}, {typ: 12}, {typ: 13}, {typ: 34}},
	"cgroup_sock_addr": {{typ: 10}, {typ: 8}, {typ: 9}, {typ: 11}, {typ: 14}, {typ: 15}, {typ: 19}, {typ: 20}},
	"cgroup_sockopt":   {{typ: 21}, {typ: 22}},
	"sk_lookup":        {{typ: 36}},
	"sk_skb":           {{typ: 5}},
	"sk_msg":           {{typ: 7}},
	"sk_reuseport":     {{typ: 39}},
	"xdp":              {{}, {typ: 33}},   // the second is for device maps
	"syscall":          {{flags: 1 << 4}}, // BPF_F_SLEEPABLE
}

// attachingsOf are the ways to load programs of a hook.
func attachingsOf(h *Hook) []attaching {
	if a := attachings[h.Name]; a != nil {
		return a
	}
	return []attaching{{}}
}

// kernel asks the kernel's verifier about instructions.
type kernel struct {
	log     []byte
	license string // "GPL" when it is empty
}

// requireKernel skips the test where no program can be loaded.
func requireKernel(t *testing.T) *kernel {
	t.Helper()
	k := &kernel{log: make([]byte, 1<<16)}
	ok, log := k.load(1, attaching{}, 1, []bpf.Instruction{
		{Op: bpf.OpMov, Width: 8, Src: bpf.RegImm}, {Op: bpf.OpExit, Src: bpf.RegImm}})
	if ok {
		return k
	}
	why := "needs root and bpf(2) to ask the kernel's verifier: " + log
	if os.Getenv("CI") == "true" {
		t.Fatal(why)
	}
	t.Skip(why)
	return nil
}

// load loads a program, closes it and returns the verdict and the log.
func (k *kernel) load(progType uint32, a attaching, level uint32, insns []bpf.Instruction) (bool, string) {
	raw, err := bpf.Encode(insns, binary.LittleEndian)
	if err != nil {
		return false, err.Error()
	}
	for pc, in := range insns {
		if in.Kind == bpf.KindMap {
			raw[8*pc+1] = raw[8*pc+1]&0xf | 1<<4 // BPF_PSEUDO_MAP_FD
		}
	}
	license := append([]byte(cmp.Or(k.license, "GPL")), 0)
	k.log[0] = 0
	attr := progLoad{progType: progType, insnCnt: uint32(len(raw) / 8), logLevel: level, logSize: uint32(len(k.log)),
		attachType: a.typ, flags: a.flags}
	attr.insns = uint64(uintptr(unsafe.Pointer(&raw[0])))
	attr.license = uint64(uintptr(unsafe.Pointer(&license[0])))
	attr.logBuf = uint64(uintptr(unsafe.Pointer(&k.log[0])))
	fd, _, errno := unix.Syscall(unix.SYS_BPF, unix.BPF_PROG_LOAD, uintptr(unsafe.Pointer(&attr)), unsafe.Sizeof(attr))
	for errno == unix.EAGAIN || errno == unix.EINTR { // a signal of the Go runtime stopped the verifier
		fd, _, errno = unix.Syscall(unix.SYS_BPF, unix.BPF_PROG_LOAD, uintptr(unsafe.Pointer(&attr)), unsafe.Sizeof(attr))
	}
	runtime.KeepAlive(raw)
	runtime.KeepAlive(license)
	log, _, _ := bytes.Cut(k.log, []byte{0})
	if errno != 0 {
		return false, string(log) + errno.Error()
	}
	_ = unix.Close(int(fd))
	return true, string(log)
}

var (
	setR0   = bpf.Instruction{Op: bpf.OpMov, Width: 8, Dst: bpf.R0, Src: bpf.RegImm, Imm: 1}
	exit    = bpf.Instruction{Op: bpf.OpExit, Src: bpf.RegImm}
	sizes   = []int{1, 2, 4, 8}
	maxOffs = 400 // bytes of a context that are compared
)

func loadAt(off, size int, from bpf.Reg) bpf.Instruction {
	return bpf.Instruction{Op: bpf.OpLoad, Width: uint8(size), Dst: bpf.R2, Src: from, Off: int32(off)}
}

func storeAt(off, size int, to bpf.Reg) bpf.Instruction {
	return bpf.Instruction{Op: bpf.OpStore, Width: uint8(size), Dst: to, Src: bpf.R0, Off: int32(off)}
}

// any reports whether a program is accepted in one of the hook's ways.
func (k *kernel) any(h *Hook, insns ...bpf.Instruction) bool {
	for _, a := range attachingsOf(h) {
		if ok, _ := k.load(h.Number, a, 1, insns); ok {
			return true
		}
	}
	return false
}

// TestKernelContexts compares each access of each context with the kernel.
func TestKernelContexts(t *testing.T) {
	k := requireKernel(t)
	for i := range linuxHooks {
		h := &linuxHooks[i]
		if h.Status < Verified || h.Number == 0 {
			continue
		}
		t.Run(h.Name, func(t *testing.T) {
			for off := 0; off < min(h.Size, maxOffs); off++ {
				for _, size := range sizes {
					kept := []bpf.Instruction{loadAt(off, size, bpf.R1), setR0, exit}
					if got, want := h.Field(off, size) >= 0, k.any(h, kept...); got != want && contextWaiver(h, off) == "" {
						t.Errorf("load of %d bytes at %d: the row says %v, the kernel %v", size, off, got, want)
					}
					kept = []bpf.Instruction{setR0, storeAt(off, size, bpf.R1), exit}
					if got, want := h.Store(off, size) >= 0, k.any(h, kept...); got != want && contextWaiver(h, off) == "" {
						t.Errorf("store of %d bytes at %d: the row says %v, the kernel %v", size, off, got, want)
					}
				}
			}
		})
	}
}

// contextWaiver is why a row differs from the kernel there, "" when it must
// not.
func contextWaiver(h *Hook, off int) string {
	if h.Name == "raw_tracepoint_writable" && off < 8 {
		return "the first argument is the buffer; the kernel allows parts of its address as numbers"
	}
	return ""
}

// TestKernelObjects compares each access of each object with the kernel.
func TestKernelObjects(t *testing.T) {
	k := requireKernel(t)
	sk := []bpf.Instruction{loadAt(168, 8, bpf.R1), setR0, {Op: bpf.OpJne, Width: 8, Dst: bpf.R2, Src: bpf.RegImm, Off: 1}, exit}
	for _, c := range []struct {
		kind ObjectKind
		hook string
		get  []bpf.Instruction // leaves the object in r2
	}{
		{ObjSock, "sk_msg", []bpf.Instruction{loadAt(72, 8, bpf.R1)}},
		{ObjSockCommon, "sched_cls", sk},
		{ObjTcpSock, "sched_cls", append(sk[:len(sk):len(sk)], bpf.Instruction{Op: bpf.OpMov, Width: 8, Dst: bpf.R1, Src: bpf.R2},
			callOf("tcp_sock"), bpf.Instruction{Op: bpf.OpJne, Width: 8, Dst: bpf.R0, Src: bpf.RegImm, Off: 1}, exit,
			bpf.Instruction{Op: bpf.OpMov, Width: 8, Dst: bpf.R2, Src: bpf.R0})},
		{ObjFlowKeys, "flow_dissector", []bpf.Instruction{loadAt(144, 8, bpf.R1)}},
	} {
		o, h := ObjectOf(c.kind), HookByName(bpf.Linux, c.hook)
		for off := 0; off < o.Size+8; off++ {
			for _, size := range sizes {
				load := append(c.get[:len(c.get):len(c.get)], loadAt(off, size, bpf.R2), setR0, exit)
				if got, want := o.Field(off, size) >= 0, k.any(h, load...); got != want {
					t.Errorf("%s: load of %d bytes at %d: the row says %v, the kernel %v", o.Name, size, off, got, want)
				}
				store := append(c.get[:len(c.get):len(c.get)], setR0, storeAt(off, size, bpf.R2), exit)
				if got, want := o.Store(off, size) >= 0, k.any(h, store...); got != want {
					t.Errorf("%s: store of %d bytes at %d: the row says %v, the kernel %v", o.Name, size, off, got, want)
				}
			}
		}
	}
}

func callOf(name string) bpf.Instruction {
	return bpf.Instruction{Op: bpf.OpCall, Kind: bpf.KindHelper, Src: bpf.RegImm, Imm: int64(HelperByName(bpf.Linux, name).ID)}
}

// TestKernelReturns compares the legal results with the kernel.
func TestKernelReturns(t *testing.T) {
	k := requireKernel(t)
	for _, c := range []struct {
		section string
		attach  attaching
	}{
		{"xdp", attaching{}}, {"tc", attaching{}}, {"action", attaching{}}, {"socket", attaching{}}, {"kprobe/x", attaching{}},
		{"kprobe.session/x", attaching{typ: 56}}, {"tp/a/b", attaching{}}, {"perf_event", attaching{}}, {"raw_tp/x", attaching{}},
		{"cgroup_skb/ingress", attaching{}}, {"cgroup_skb/egress", attaching{typ: 1}}, {"cgroup/skb", attaching{}},
		{"cgroup/sock", attaching{typ: 2}}, {"cgroup/post_bind4", attaching{typ: 12}}, {"lwt_in", attaching{}}, {"lwt_xmit", attaching{}},
		{"sockops", attaching{typ: 3}}, {"sk_skb/stream_parser", attaching{typ: 4}}, {"cgroup/dev", attaching{typ: 6}},
		{"sk_msg", attaching{typ: 7}}, {"cgroup/bind4", attaching{typ: 8}}, {"cgroup/connect4", attaching{typ: 10}},
		{"cgroup/recvmsg4", attaching{typ: 19}}, {"cgroup/getpeername4", attaching{typ: 29}}, {"cgroup/getsockname6", attaching{typ: 32}},
		{"cgroup/sendmsg4", attaching{typ: 14}}, {"cgroup/sysctl", attaching{typ: 18}}, {"cgroup/getsockopt", attaching{typ: 21}},
		{"sk_lookup", attaching{typ: 36}}, {"sk_reuseport", attaching{typ: 39}}, {"flow_dissector", attaching{typ: 17}},
		{"syscall", attaching{flags: 1 << 4}},
	} {
		h := HookBySection(bpf.Linux, c.section)
		lo, hi, free := h.Returns(c.section)
		for _, result := range []int64{-1, 0, 1, 2, 3, 4, 100} {
			want, log := k.load(h.Number, c.attach, 1, []bpf.Instruction{{Op: bpf.OpMov, Width: 8, Dst: bpf.R0, Src: bpf.RegImm, Imm: result}, exit})
			if got := free || result >= int64(lo) && result <= int64(hi); got != want {
				t.Errorf("%s returns %d: the row says %v, the kernel %v: %s", c.section, result, got, want, log)
			}
		}
	}
}

// TestKernelPackets compares packet access and packet loads with the kernel.
func TestKernelPackets(t *testing.T) {
	k := requireKernel(t)
	for i := range linuxHooks {
		h := &linuxHooks[i]
		if h.Status < Verified || h.Number == 0 {
			continue
		}
		abs := []bpf.Instruction{{Op: bpf.OpMov, Width: 8, Dst: bpf.R6, Src: bpf.R1}, {Op: bpf.OpLdAbs, Width: 1, Src: bpf.RegImm}, setR0, exit}
		if got := k.any(h, abs...); got != h.LegacyLoads {
			t.Errorf("%s: packet loads: the row says %v, the kernel %v", h.Name, h.LegacyLoads, got)
		}
		data, end := fieldOf(h, FieldData), fieldOf(h, FieldDataEnd)
		if data == nil {
			if h.PacketWrite || h.HelperPacket {
				t.Errorf("%s: access to packets without fields for it", h.Name)
			}
			continue
		}
		first := []bpf.Instruction{
			loadAt(end.Off, end.Size, bpf.R1), {Op: bpf.OpMov, Width: 8, Dst: bpf.R4, Src: bpf.R2}, loadAt(data.Off, data.Size, bpf.R1), setR0,
			{Op: bpf.OpMov, Width: 8, Dst: bpf.R3, Src: bpf.R2}, {Op: bpf.OpAdd, Width: 8, Dst: bpf.R3, Src: bpf.RegImm, Imm: 8},
			{Op: bpf.OpJle, Width: 8, Dst: bpf.R3, Src: bpf.R4, Off: 1}, exit,
		}
		if !k.any(h, append(first[:len(first):len(first)], loadAt(0, 8, bpf.R2), exit)...) {
			t.Errorf("%s: the kernel refuses to read packets", h.Name)
		}
		if got := k.any(h, append(first[:len(first):len(first)], storeAt(0, 8, bpf.R2), exit)...); got != h.PacketWrite {
			t.Errorf("%s: stores to packets: the row says %v, the kernel %v", h.Name, h.PacketWrite, got)
		}
	}
}

func fieldOf(h *Hook, kind FieldKind) *Field {
	for i := range h.Fields {
		if h.Fields[i].Kind == kind {
			return &h.Fields[i]
		}
	}
	return nil
}
