package kernel

import (
	"fmt"
	"runtime"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"

	"github.com/bpf2go-native/bpf2go-native/test/maps/model"
)

// program is a loaded program.
type program struct {
	*ebpf.Program
}

// once does a program's operation on the operation's CPU.
func (m *Map) once(op model.Op) (r model.Result, err error) {
	if m.prog == nil {
		p, err := ebpf.NewProgram(&ebpf.ProgramSpec{
			Type: ebpf.XDP, License: "GPL", Instructions: Program(m.spec, Codes(m.spec), m.fd),
		})
		if err != nil {
			return r, fmt.Errorf("%v: %w", m.spec, err)
		}
		m.prog = &program{p}
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var before, one unix.CPUSet
	if err := unix.SchedGetaffinity(0, &before); err != nil {
		return r, err
	}
	one.Set(op.CPU)
	if err := unix.SchedSetaffinity(0, &one); err != nil {
		return r, err
	}
	opts := ebpf.RunOptions{Data: Packet(op), DataOut: make([]byte, packetSize+256)}
	if _, err := m.prog.Run(&opts); err != nil {
		return r, err
	}
	if err := unix.SchedSetaffinity(0, &before); err != nil {
		return r, err
	}
	return Outcome(m.spec, op, opts.DataOut), nil
}
