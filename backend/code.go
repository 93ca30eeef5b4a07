package backend

// Code is the machine code of one program: one FuncCode for each ir.Func.
type Code struct {
	Target *Target
	Funcs  []FuncCode
}

// FuncCode is the machine code of one function, without the symbolic lines
// that codegen writes around it:
//
//	TEXT ·name(SB), 0, $FrameSize-ArgSize
//	    NO_LOCAL_POINTERS
//	    load fr+0(FP) into Target.FrameReg     // subprograms: base+8(FP) into
//	    PCALIGN $Align                         // when it is not 0
//	    <Bytes, with a real CALL at each Call> // BaseReg, r1+16(FP).. into ArgRegs
//	    store Target.Result to ret+N(FP)
//	    RET
//
// All exits of Bytes jump to its end. The entry is func(fr *abi.Frame) (ret
// uint64); a subprogram is func(fr *abi.Frame, base, r1, …, rn uint64) (ret
// uint64) with base = its r10. All calls use ABI0: arguments at 0(SP)
// upwards, the result behind them; a call clobbers every register. (Arguments
// do not travel in registers: the prologue of a Go assembly function may grow
// the stack and start again, and then registers are lost.)
type FuncCode struct {
	Name      string
	Bytes     []byte
	FrameSize int // bytes of the TEXT's own frame: outgoing arguments and spills
	NumArgs   int
	Entry     bool
	// Looks: the TEXT needs a prologue that looks at the scheduler. A Go
	// loop around code without one stops by luck only, seconds later.
	Looks bool
	Align int    // Bytes should begin at a multiple of it (PCALIGN), for speed; 0: anywhere
	Calls []Call // by Off
	Insts []Inst // by Off; covers Bytes
}

// Call is a placeholder in Bytes for a real CALL (amd64 5 bytes, arm64 4).
type Call struct {
	Off, Size int
	Sym       string // rtlib symbol, or the name of a function of this program
	Local     bool   // Sym is a FuncCode.Name of the same program
}

// Inst is one machine instruction, for listings and #line directives.
type Inst struct {
	Off, Len int
	PC       int    // slot of the eBPF instruction it comes from, -1 when none
	Text     string // in the target's assembler syntax
}
