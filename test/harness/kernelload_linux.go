package harness

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
	"unsafe"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"
	"golang.org/x/sys/unix"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/frontend"
)

// progLoad is the head of union bpf_attr for BPF_PROG_LOAD (linux/bpf.h).
type progLoad struct {
	progType, insnCnt uint32
	insns, license    uint64
	logLevel, logSize uint32
	logBuf            uint64
	kernVersion       uint32
	flags             uint32
	name              [16]byte
	ifindex, attach   uint32
	btf, funcSize     uint32
	funcs             uint64
	funcCount         uint32
	_                 uint32
}

func (k *kernelRun) loadProgram(p *frontend.Program) (*ebpf.Program, error) {
	raw, err := bpf.Encode(p.Insns, binary.LittleEndian)
	if err != nil {
		return nil, err
	}
	for pc, in := range p.Insns {
		switch in.Kind {
		case bpf.KindMap, bpf.KindMapValue:
			src := byte(1) // BPF_PSEUDO_MAP_FD
			if in.Kind == bpf.KindMapValue {
				src = 2
			}
			raw[8*pc+1] = raw[8*pc+1]&0xf | src<<4
			binary.LittleEndian.PutUint32(raw[8*pc+4:], uint32(k.maps[in.Imm].FD()))
		case bpf.KindKfunc:
			id, err := kernelFunction(p.Kfuncs[in.Imm])
			if err != nil {
				return nil, err
			}
			raw[8*pc+1] = raw[8*pc+1]&0xf | 2<<4 // BPF_PSEUDO_KFUNC_CALL
			binary.LittleEndian.PutUint32(raw[8*pc+4:], id)
		}
	}
	log, license := make([]byte, 1<<20), []byte("GPL\x00")
	pointer := func(b []byte) uint64 { return uint64(uintptr(unsafe.Pointer(&b[0]))) }
	attr := progLoad{progType: uint32(ebpf.XDP), insnCnt: uint32(len(raw) / 8), logLevel: 1, logSize: uint32(len(log))}
	attr.insns, attr.license, attr.logBuf = pointer(raw), pointer(license), pointer(log)
	handle, funcs, err := funcInfo(p)
	if err != nil {
		return nil, err
	}
	if handle != nil {
		defer func() { _ = handle.Close() }()
		attr.btf, attr.funcSize, attr.funcs, attr.funcCount = uint32(handle.FD()), 8, pointer(funcs), uint32(len(p.Funcs))
	}
	const progLoadCmd = 5
	for tries := 0; ; tries++ {
		fd, _, errno := unix.Syscall(unix.SYS_BPF, progLoadCmd, uintptr(unsafe.Pointer(&attr)), unsafe.Sizeof(attr))
		switch {
		case errno == 0:
			return ebpf.NewProgramFromFD(int(fd))
		case errno == unix.EAGAIN && tries < 20: // a signal was pending
		default:
			text := strings.TrimSpace(string(log[:max(0, bytes.IndexByte(log, 0))]))
			return nil, fmt.Errorf("the kernel refuses %s: %w: %s", p.Name, errno, text[max(0, len(text)-600):])
		}
	}
}

// kernelFunction is the number of a function in the kernel's BTF.
func kernelFunction(name string) (uint32, error) {
	spec, err := btf.LoadKernelSpec()
	if err != nil {
		return 0, err
	}
	var fn *btf.Func
	if err := spec.TypeByName(name, &fn); err != nil {
		return 0, err
	}
	id, err := spec.TypeID(fn)
	return uint32(id), err
}

// funcInfo is BTF of the functions of a program and where they begin, which the
// kernel wants of callbacks and of tail calls in functions; nil for a program of
// one function.
func funcInfo(p *frontend.Program) (*btf.Handle, []byte, error) {
	if len(p.Funcs) < 2 {
		return nil, nil, nil
	}
	long := &btf.Int{Name: "long", Size: 8, Encoding: btf.Signed}
	b, err := btf.NewBuilder(nil, nil)
	if err != nil {
		return nil, nil, err
	}
	var info []byte
	for _, fn := range p.Funcs {
		id, err := b.Add(&btf.Func{Name: fn.Name, Type: &btf.FuncProto{Return: long}, Linkage: btf.StaticFunc})
		if err != nil {
			return nil, nil, err
		}
		info = binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(info, uint32(fn.Start)), uint32(id))
	}
	h, err := btf.NewHandle(b)
	return h, info, err
}
