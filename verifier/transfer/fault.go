package transfer

import (
	"fmt"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/verifier/reason"
	"github.com/bpf2go-native/bpf2go-native/verifier/state"
)

// Fault says why an instruction is refused in a state.
type Fault struct {
	Code reason.Code
	PC   int    // slot
	What string // the cause in one line, without position
	Does string // what the instruction does: "reads 8 bytes at r0"
	Need string // the missing check in C terms
	// Check is a C condition under which the program should leave first, ""
	// when none can be told.
	Check string
	// Reg is the register whose value is at fault, NoReg when there is none,
	// and Value what is known of it.
	Reg   bpf.Reg
	Value state.Value
	// Since is 1 plus the slot where what is held was acquired, 0 for none;
	// SinceWhat is the verb: "reserved".
	Since     int
	SinceWhat string
	// Feature names what is not supported.
	Feature string
}

// NoReg is the Reg of a Fault that is about no register.
const NoReg = bpf.RegImm

// Error makes a Fault an error; the verifier's Error says more.
func (f *Fault) Error() string { return fmt.Sprintf("%d: %s: %s", f.PC, f.Code, f.What) }

// fault blames register r; "" fields may be filled in by the caller.
func (m *Machine) fault(code reason.Code, r bpf.Reg, what string, args ...any) *Fault {
	f := &Fault{Code: code, PC: m.PC, Reg: r, What: fmt.Sprintf(what, args...)}
	if r != NoReg {
		f.Value = *m.S.Reg(r)
	}
	return f
}

func (f *Fault) does(what string, args ...any) *Fault {
	f.Does = fmt.Sprintf(what, args...)
	return f
}

func (f *Fault) need(what string, args ...any) *Fault {
	f.Need = fmt.Sprintf(what, args...)
	return f
}

// unsupported is the fault of a feature without an implementation.
func (m *Machine) unsupported(what string, args ...any) *Fault {
	f := m.fault(reason.Unsupported, NoReg, what, args...)
	f.Feature = f.What
	f.What += " is not supported"
	return f
}
