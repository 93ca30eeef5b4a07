package verifier_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync"
	"testing"
	"unsafe"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"
	"golang.org/x/sys/unix"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/frontend"
	"github.com/bpf2go-native/bpf2go-native/verifier"
)

// kernelMaps makes testMaps in the kernel once.
var kernelMaps = sync.OnceValues(func() ([]int32, error) {
	var fds []int32
	for _, d := range testMaps {
		spec := &ebpf.MapSpec{Type: ebpf.MapType(d.Type), KeySize: d.KeySize, ValueSize: d.ValueSize, MaxEntries: d.MaxEntries, Flags: d.Flags}
		m, err := ebpf.NewMap(spec)
		if err != nil {
			return nil, err
		}
		if d.Data != nil {
			if err := m.Put(uint32(0), d.Data); err != nil {
				return nil, err
			}
		}
		if d.Frozen {
			if err := m.Freeze(); err != nil {
				return nil, err
			}
		}
		fds = append(fds, int32(m.FD()))
		runtime.SetFinalizer(m, nil)
		keep = append(keep, m)
	}
	return fds, nil
})

// keep holds the maps of kernelMaps open.
var keep []*ebpf.Map

// requireKernel skips the test where no program can be loaded.
func requireKernel(t *testing.T) []int32 {
	t.Helper()
	why := ""
	if os.Geteuid() != 0 {
		why = "needs root to ask the kernel's verifier"
	} else if fds, err := kernelMaps(); err == nil {
		return fds
	} else {
		why = "needs bpf(2): " + err.Error()
	}
	if os.Getenv("CI") == "true" {
		t.Fatal(why)
	}
	t.Skip(why)
	return nil
}

// progLoad is the head of union bpf_attr for BPF_PROG_LOAD (linux/bpf.h).
type progLoad struct {
	progType, insnCnt     uint32
	insns, license        uint64
	logLevel, logSize     uint32
	logBuf                uint64
	kernVersion, flags    uint32
	name                  [16]byte
	ifindex, attachType   uint32
	btfFd, funcRecSize    uint32
	funcInfo              uint64
	funcCnt, lineRecSize  uint32
	lineInfo              uint64
	lineCnt, attachBtf    uint32
	attachProg, coreCnt   uint32
	fdArray               uint64
	coreRelos             uint64
	coreRecSize, logTrue  uint32
	tokenFd, fdArrayCount uint32
}

// kernelVerdict loads the program for XDP; the log says why it is refused.
func kernelVerdict(t testing.TB, fds []int32, p *frontend.Program) (accepted bool, log string) {
	t.Helper()
	return kernelVerdictAs(t, fds, p, uint32(ebpf.XDP))
}

// kernelTypes are those of the running kernel.
var kernelTypes = sync.OnceValues(btf.LoadKernelSpec)

// linkKfuncs gives calls of kernel functions the numbers that the kernel has
// for them.
func linkKfuncs(raw []byte, p *frontend.Program) error {
	for pc, in := range p.Insns {
		if in.Op != bpf.OpCall || in.Kind != bpf.KindKfunc {
			continue
		}
		spec, err := kernelTypes()
		if err != nil {
			return err
		}
		var fn *btf.Func
		if err := spec.TypeByName(p.Kfuncs[in.Imm], &fn); err != nil {
			return fmt.Errorf("%s: %w", p.Kfuncs[in.Imm], err)
		}
		id, err := spec.TypeID(fn)
		if err != nil {
			return err
		}
		const pseudoKfunc = 2 // BPF_PSEUDO_KFUNC_CALL
		raw[8*pc+1] = raw[8*pc+1]&0xf | pseudoKfunc<<4
		binary.LittleEndian.PutUint16(raw[8*pc+2:], 0)
		binary.LittleEndian.PutUint32(raw[8*pc+4:], uint32(id))
	}
	return nil
}

// kernelVerdictAs loads the program for a type (enum bpf_prog_type).
func kernelVerdictAs(t testing.TB, fds []int32, p *frontend.Program, progType uint32) (accepted bool, log string) {
	t.Helper()
	raw, err := bpf.Encode(p.Insns, binary.LittleEndian)
	if err != nil {
		return false, err.Error()
	}
	for pc, in := range p.Insns {
		if in.Kind == bpf.KindMap || in.Kind == bpf.KindMapValue {
			src := byte(1) // BPF_PSEUDO_MAP_FD
			if in.Kind == bpf.KindMapValue {
				src = 2
			}
			raw[8*pc+1] = raw[8*pc+1]&0xf | src<<4
			binary.LittleEndian.PutUint32(raw[8*pc+4:], uint32(fds[in.Imm]))
		}
	}
	if err := linkKfuncs(raw, p); err != nil {
		t.Fatal(err)
	}
	logBuf := make([]byte, 1<<16)
	license := []byte("GPL\x00")
	attr := progLoad{progType: progType, insnCnt: uint32(len(raw) / 8), logLevel: 1, logSize: uint32(len(logBuf))}
	attr.insns = uint64(uintptr(unsafe.Pointer(&raw[0])))
	attr.license = uint64(uintptr(unsafe.Pointer(&license[0])))
	attr.logBuf = uint64(uintptr(unsafe.Pointer(&logBuf[0])))
	const progLoadCmd = 5
	fd, errno := uintptr(0), unix.EAGAIN
	for tries := 0; errno == unix.EAGAIN && tries < 20; tries++ { // a signal was pending
		clear(logBuf)
		fd, _, errno = unix.Syscall(unix.SYS_BPF, progLoadCmd, uintptr(unsafe.Pointer(&attr)), unsafe.Sizeof(attr))
	}
	runtime.KeepAlive(raw)
	runtime.KeepAlive(license)
	if n := bytes.IndexByte(logBuf, 0); n >= 0 {
		logBuf = logBuf[:n]
	}
	if errno != 0 {
		return false, fmt.Sprintf("%v\n%s", errno, logBuf)
	}
	unix.Close(int(fd))
	return true, string(logBuf)
}

// TestKernelAgrees: the kernel's verdict on every case is ours, but for cases
// that say why.
func TestKernelAgrees(t *testing.T) {
	fds := requireKernel(t)
	for _, c := range programCases {
		t.Run(c.name, func(t *testing.T) {
			_, p := assemble(t, "xdp", c.text)
			accepted, log := kernelVerdict(t, fds, p)
			ours := c.code == ""
			switch {
			case c.kernel == "" && accepted != ours:
				t.Errorf("kernel accepts: %v, we: %v\n%s", accepted, ours, log)
			case c.kernel != "" && accepted == ours:
				t.Errorf("the kernel agrees; remove %q", c.kernel)
			}
		})
	}
}

// TestKernelMutants compares verdicts on mutated programs: what we accept and
// the kernel refuses must be in the list of reasons below.
func TestKernelMutants(t *testing.T) {
	fds := requireKernel(t)
	g := newGenerator(t, *mutantsSeed)
	both, stricter := 0, map[string]int{}
	looser := map[string]int{}
	for range *mutants / 3 { // loading takes milliseconds
		obj, p := g.next()
		if _, err := bpf.Encode(p.Insns, binary.LittleEndian); err != nil {
			continue // an immediate that no object can hold
		}
		facts, err := verifier.Verify(obj, p, verifier.Options{MaxProcessed: 20000})
		accepted, log := kernelVerdict(t, fds, p)
		switch {
		case err == nil && accepted:
			both++
		case err != nil && accepted:
			var e *verifier.Error
			errors.As(err, &e)
			stricter[string(e.Code)+" "+e.Cause]++
		case err == nil:
			w := waiverFor(log, p, facts)
			if w == "" {
				t.Errorf("we accept, the kernel refuses:\n%s%s", listing(p), log)
			}
			looser[w]++
		}
	}
	t.Logf("both accept %d, only the kernel %v, only we: %v", both, stricter, looser)
}
