package differential

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"unsafe"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/frontend"
	"github.com/bpf2go-native/bpf2go-native/internal/progen"
	"github.com/bpf2go-native/bpf2go-native/test/harness"
)

// errKernel says that the kernel does not load a program; the text is the end
// of its log.
type errKernel struct{ log string }

func (e *errKernel) Error() string { return "the kernel refuses it: " + e.log }

// kernelMissing says why nothing can be run in the kernel, "" when it can.
func kernelMissing() string {
	if os.Geteuid() != 0 {
		return "needs root to load programs"
	}
	m, err := ebpf.NewMap(&ebpf.MapSpec{Type: ebpf.Array, KeySize: 4, ValueSize: 4, MaxEntries: 1})
	if err != nil {
		return "needs bpf(2): " + err.Error()
	}
	if err := m.Close(); err != nil {
		return err.Error()
	}
	return ""
}

// kernelRun runs a case in the kernel: r0 are the 32 bits of a verdict.
func kernelRun(c *progen.Case) (r harness.Result, err error) {
	used := usedMaps(c.Object)
	maps := make([]*ebpf.Map, len(c.Object.Maps))
	defer func() {
		for _, m := range maps {
			err = errors.Join(err, m.Close()) // of nil it does nothing
		}
	}()
	for k, def := range c.Object.Maps {
		if !used[k] {
			continue
		}
		if maps[k], err = kernelMap(def); err != nil {
			return r, fmt.Errorf("map %s: %w", def.Name, err)
		}
	}
	var progs []*ebpf.Program
	defer func() {
		for _, p := range progs {
			err = errors.Join(err, p.Close())
		}
	}()
	for _, p := range c.Object.Programs {
		loaded, err := kernelLoad(p, maps)
		if err != nil {
			return r, err
		}
		progs = append(progs, loaded)
	}
	for k, def := range c.Object.Maps {
		for _, slot := range def.Slots {
			if maps[k] == nil {
				continue
			}
			at := slices.IndexFunc(c.Object.Programs, func(p *frontend.Program) bool { return p.Name == slot.Program })
			if err := maps[k].Put(uint32(slot.Index), progs[at]); err != nil {
				return r, err
			}
		}
	}
	for _, in := range c.Inputs {
		data := make([]byte, len(in.Data)+256)
		opts := ebpf.RunOptions{Data: in.Data, DataOut: data}
		r0, err := progs[0].Run(&opts)
		if err != nil {
			return r, err
		}
		r.Outputs = append(r.Outputs, harness.Output{R0: uint64(r0), Data: opts.DataOut})
	}
	r.Maps, err = kernelDump(c, maps)
	return r, err
}

func usedMaps(o *frontend.Object) map[int]bool {
	used := map[int]bool{}
	for _, p := range o.Programs {
		for _, i := range p.Insns {
			if i.Op == bpf.OpLdImm && (i.Kind == bpf.KindMap || i.Kind == bpf.KindMapValue) {
				used[int(i.Imm)] = true
			}
		}
	}
	return used
}

func kernelMap(def *frontend.Map) (*ebpf.Map, error) {
	m, err := ebpf.NewMap(&ebpf.MapSpec{Type: ebpf.MapType(def.Type), KeySize: def.KeySize, ValueSize: def.ValueSize, MaxEntries: def.MaxEntries, Flags: def.Flags})
	if err != nil {
		return nil, err
	}
	if def.Data != nil {
		err = m.Put(uint32(0), def.Data)
	}
	if def.Frozen && err == nil {
		err = m.Freeze()
	}
	return m, err
}

// kernelDump reads the maps; those that no program uses are as they began.
func kernelDump(c *progen.Case, maps []*ebpf.Map) (dumps []harness.MapDump, err error) {
	for k, def := range c.Object.Maps {
		if !readable(def) {
			continue
		}
		d := harness.MapDump{Name: def.Name}
		switch {
		case maps[k] != nil:
			var key, value []byte
			all := maps[k].Iterate()
			for all.Next(&key, &value) {
				d.Entries = append(d.Entries, [2][]byte{slices.Clone(key), slices.Clone(value)})
			}
			if err := all.Err(); err != nil {
				return nil, err
			}
		case def.Type == bpf.MapArray:
			for n := range def.MaxEntries {
				value := make([]byte, def.ValueSize)
				copy(value, def.Data)
				d.Entries = append(d.Entries, [2][]byte{binary.LittleEndian.AppendUint32(nil, n), value})
			}
		}
		slices.SortFunc(d.Entries, func(a, b [2][]byte) int { return bytes.Compare(a[0], b[0]) })
		dumps = append(dumps, d)
	}
	return dumps, nil
}

// progLoad is the head of union bpf_attr for BPF_PROG_LOAD (linux/bpf.h).
type progLoad struct {
	progType, insnCnt uint32
	insns, license    uint64
	logLevel, logSize uint32
	logBuf            uint64
	kernVersion       uint32
	flags             uint32
}

// kernelLoad loads a program for XDP.
func kernelLoad(p *frontend.Program, maps []*ebpf.Map) (*ebpf.Program, error) {
	raw, err := bpf.Encode(p.Insns, binary.LittleEndian)
	if err != nil {
		return nil, err
	}
	for pc, in := range p.Insns {
		if in.Kind == bpf.KindMap || in.Kind == bpf.KindMapValue {
			src := byte(1) // BPF_PSEUDO_MAP_FD
			if in.Kind == bpf.KindMapValue {
				src = 2
			}
			raw[8*pc+1] = raw[8*pc+1]&0xf | src<<4
			binary.LittleEndian.PutUint32(raw[8*pc+4:], uint32(maps[in.Imm].FD()))
		}
	}
	log := make([]byte, 1<<20)
	license := []byte("GPL\x00")
	attr := progLoad{progType: uint32(ebpf.XDP), insnCnt: uint32(len(raw) / 8), logLevel: 1, logSize: uint32(len(log))}
	attr.insns, attr.license = pointer(raw), pointer(license)
	attr.logBuf = pointer(log)
	const progLoadCmd = 5
	for tries := 0; ; tries++ {
		fd, _, errno := unix.Syscall(unix.SYS_BPF, progLoadCmd, uintptr(unsafe.Pointer(&attr)), unsafe.Sizeof(attr))
		switch {
		case errno == 0:
			return ebpf.NewProgramFromFD(int(fd))
		case errno == unix.EAGAIN && tries < 20: // a signal was pending
		default:
			n := bytes.IndexByte(log, 0)
			text := strings.TrimSpace(string(log[:max(0, n)]))
			return nil, &errKernel{fmt.Sprintf("%v: %s", errno, text[max(0, len(text)-600):])}
		}
	}
}

func pointer(b []byte) uint64 { return uint64(uintptr(unsafe.Pointer(&b[0]))) }

// inKernel compares the kernel with the interpreter on the cases of seeds.
func inKernel(seeds []uint64, r *Report, waive func(*progen.Case, harness.Result, harness.Result) string) error {
	for _, seed := range seeds {
		c := caseOf(seed)
		if !c.Kernel {
			continue
		}
		want, err := reference(c)
		if err != nil {
			continue
		}
		for k := range want.Outputs {
			want.Outputs[k].R0 = uint64(uint32(want.Outputs[k].R0))
		}
		got, err := kernelRun(c)
		var refused *errKernel
		switch {
		case errors.As(err, &refused):
			r.refuse("kernel: "+lastLine(refused.log), seed)
			continue
		case err != nil:
			return fmt.Errorf("seed %d: %w", seed, err)
		}
		r.Executions["kernel"] += len(got.Outputs)
		what := differ(got, want)
		if what == "" {
			continue
		}
		if why := waive(c, got, want); why != "" {
			r.Reasons["waived: "+why]++
			continue
		}
		small := progen.Shrink(c, 2000, func(c *progen.Case) bool { return kernelDiffers(c, waive) })
		r.Found = append(r.Found, Difference{Seed: seed, Engine: "kernel", What: what, Stage: "interpreter or kernel", Text: progen.Listing(small)})
	}
	return nil
}

// kernelDiffers is the predicate of reducing.
func kernelDiffers(c *progen.Case, waive func(*progen.Case, harness.Result, harness.Result) string) bool {
	for _, in := range c.Inputs {
		if len(in.Data) < 14 {
			return false
		}
	}
	if _, err := build(c, false); err != nil {
		return false
	}
	want, err := reference(c)
	if err != nil {
		return false
	}
	for k := range want.Outputs {
		want.Outputs[k].R0 = uint64(uint32(want.Outputs[k].R0))
	}
	got, err := kernelRun(c)
	return err == nil && differ(got, want) != "" && waive(c, got, want) == ""
}

// lastLine is what the kernel's verifier says last, before its statistics.
func lastLine(log string) string {
	lines := strings.Split(log, "\n")
	for k := len(lines) - 1; k >= 0; k-- {
		if !strings.HasPrefix(lines[k], "processed ") && lines[k] != "" {
			return strings.Map(func(r rune) rune {
				if r >= '0' && r <= '9' {
					return '#'
				}
				return r
			}, lines[k])
		}
	}
	return log
}
