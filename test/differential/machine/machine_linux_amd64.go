package machine

import (
	"encoding/binary"
	"fmt"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/bpf2go-native/bpf2go-native/backend"
	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
)

// Sizes of the mappings in bytes.
const (
	textSize  = 1 << 20
	stackSize = 1 << 20
)

// Machine is executable memory and a stack. One goroutine uses it at a time.
type Machine struct {
	text, stack []byte
	state       *state
	sp          uint64 // where the next run begins its stack
	used        int    // bytes of text
	fixed       int    // bytes of text in front of programs
	stubs       map[string]int
	done        uint64 // address
	symbols     []Symbol
}

// state is shared with the assembly.
type state struct{ hostSP, hostBP, sp, stop uint64 }

func enter(c *state)

// Symbol is an rtlib function that code calls.
type Symbol struct {
	Name string
	Args int // besides the Frame
	Void bool
	Call func(fr *abi.Frame, a []uint64) uint64
}

// New maps the memory. Code can call the symbols.
func New(symbols []Symbol) (*Machine, error) {
	const flags = unix.MAP_PRIVATE | unix.MAP_ANON
	text, err := unix.Mmap(-1, 0, textSize, unix.PROT_READ|unix.PROT_WRITE|unix.PROT_EXEC, flags)
	if err != nil {
		return nil, fmt.Errorf("executable memory: %w", err)
	}
	stack, err := unix.Mmap(-1, 0, stackSize, unix.PROT_READ|unix.PROT_WRITE, flags)
	if err != nil {
		return nil, fmt.Errorf("stack: %w", err)
	}
	m := &Machine{text: text, stack: stack, symbols: symbols, stubs: map[string]int{}}
	m.state = (*state)(unsafe.Pointer(&text[0]))
	m.used = int(unsafe.Sizeof(state{}))
	m.sp = address(stack) + stackSize
	m.writeStubs()
	m.fixed = m.used
	return m, nil
}

// Close unmaps the memory. Entries must not be called any more.
func (m *Machine) Close() error {
	if err := unix.Munmap(m.text); err != nil {
		return err
	}
	return unix.Munmap(m.stack)
}

// Reset forgets all programs; entries of theirs must not be called any more.
func (m *Machine) Reset() { m.used = m.fixed }

func address(b []byte) uint64 { return uint64(uintptr(unsafe.Pointer(&b[0]))) }

func (m *Machine) emit(b ...byte) { m.used += copy(m.text[m.used:], b) }

func (m *Machine) emit32(x int) {
	binary.LittleEndian.PutUint32(m.text[m.used:], uint32(x))
	m.used += 4
}

// relative emits an opcode with the distance to a place in the text.
func (m *Machine) relative(opcode byte, to int) {
	m.emit(opcode)
	m.emit32(to - (m.used + 4))
}

// writeStubs writes leave, and for each symbol and for the end of a run a stub
// that says why the code stops. Intel 64 SDM volume 2 has the encodings.
func (m *Machine) writeStubs() {
	leave := m.used
	m.emit(0x48, 0xb9) // mov rcx, state
	binary.LittleEndian.PutUint64(m.text[m.used:], address(m.text))
	m.used += 8
	m.emit(0x48, 0x89, 0x61, 16) // mov [rcx+16], rsp
	m.emit(0x48, 0x89, 0x41, 24) // mov [rcx+24], rax
	m.emit(0x48, 0x8b, 0x21)     // mov rsp, [rcx]
	m.emit(0x48, 0x8b, 0x69, 8)  // mov rbp, [rcx+8]
	m.emit(0xc3)                 // ret
	stub := func(n int) int {
		at := m.used
		m.emit(0xb8) // mov eax, n
		m.emit32(n)
		m.relative(0xe9, leave) // jmp leave
		return at
	}
	m.done = address(m.text) + uint64(stub(0))
	for k, s := range m.symbols {
		m.stubs[s.Name] = stub(k + 1)
	}
}

// hardware are the numbers of registers.
var hardware = map[string]byte{
	"AX": 0, "CX": 1, "DX": 2, "BX": 3, "SI": 6, "DI": 7, "R8": 8, "R9": 9, "R10": 10, "R11": 11, "R12": 12, "R13": 13, "R14": 14, "R15": 15,
}

// onStack emits a move between a register and [rsp+disp].
func (m *Machine) onStack(opcode byte, reg string, disp int) {
	r := hardware[reg]
	m.emit(0x48|r>>3<<2, opcode, 0x84|r&7<<3, 0x24)
	m.emit32(disp)
}

// Load writes the functions of a program and returns its entry. The frame is
// that of the Go assembler, without its frame pointer; see backend.FuncCode.
func (m *Machine) Load(code *backend.Code) (func(*abi.Frame) uint64, error) {
	starts := map[string]int{}
	type call struct {
		at  int
		sym string
	}
	var local []call
	for i := range code.Funcs {
		f := &code.Funcs[i]
		if m.used+len(f.Bytes)+512 > textSize {
			return nil, fmt.Errorf("machine: %s: more than %d bytes of code", f.Name, textSize)
		}
		m.used = (m.used + 63) &^ 63
		starts[f.Name] = m.used
		words := m.prologue(code.Target, f)
		body := m.used
		m.emit(f.Bytes...)
		for _, c := range f.Calls {
			at := body + c.Off
			m.text[at] = 0xe8
			if c.Local {
				local = append(local, call{at, c.Sym})
				continue
			}
			to, ok := m.stubs[c.Sym]
			if !ok {
				return nil, fmt.Errorf("machine: %s: no symbol %s", f.Name, c.Sym)
			}
			m.patch(at, to)
		}
		m.onStack(0x89, code.Target.Result, f.FrameSize+8*words)
		m.emit(0x48, 0x81, 0xc4) // add rsp, frame
		m.emit32(f.FrameSize)
		m.emit(0xc3)
	}
	for _, c := range local {
		to, ok := starts[c.sym]
		if !ok {
			return nil, fmt.Errorf("machine: no function %s", c.sym)
		}
		m.patch(c.at, to)
	}
	entry := address(m.text) + uint64(starts[code.Funcs[0].Name])
	return func(fr *abi.Frame) uint64 { return m.run(entry, fr) }, nil
}

func (m *Machine) patch(at, to int) {
	binary.LittleEndian.PutUint32(m.text[at+1:], uint32(to-(at+5)))
}

// prologue emits what codegen's TEXT directive and loads do, and returns the
// number of argument words.
func (m *Machine) prologue(t *backend.Target, f *backend.FuncCode) int {
	m.emit(0x48, 0x81, 0xec) // sub rsp, frame
	m.emit32(f.FrameSize)
	regs := []string{t.FrameReg}
	if !f.Entry {
		regs = append(append(regs, t.BaseReg), t.ArgRegs[:f.NumArgs]...)
	}
	for k, reg := range regs {
		m.onStack(0x8b, reg, f.FrameSize+8+8*k)
	}
	return len(regs) + 1
}

// run runs an entry on a Frame. It can be called while a symbol of an outer
// run is called: a tail call.
func (m *Machine) run(entry uint64, fr *abi.Frame) uint64 {
	outer := m.sp
	defer func() { m.sp = outer }()
	top := outer - 32
	*word(top), *word(top + 8), *word(top + 16) = entry, m.done, uint64(uintptr(unsafe.Pointer(fr)))
	m.state.sp = top
	for {
		enter(m.state)
		if m.state.stop == 0 {
			break
		}
		s := &m.symbols[m.state.stop-1]
		sp := m.state.sp
		m.sp = sp
		args := make([]uint64, s.Args)
		for k := range args {
			args[k] = *word(sp + 16 + 8*uint64(k))
		}
		if r := s.Call(fr, args); !s.Void {
			*word(sp + 16 + 8*uint64(s.Args)) = r
		}
		m.state.sp = sp
	}
	runtime.KeepAlive(fr)
	return *word(top + 24)
}

// word is a word of the stack.
func word(addr uint64) *uint64 {
	p := uintptr(addr)
	return *(**uint64)(unsafe.Pointer(&p))
}
