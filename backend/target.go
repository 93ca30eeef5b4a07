// Package backend turns an ir.Program into machine code for one target. What
// the targets share is here: lowering driver, liveness, linear-scan register
// allocation, block order, moves, spills, frame. What they do not share is
// data in a Target and lives in the same files of backend/amd64 and
// backend/arm64: regs, ops, select_alu, select_mem, select_flow, emit. Only
// emit imports golang-asm.
package backend

// Target describes an architecture. It is a value: targets have no state.
type Target struct {
	Name string // GOARCH

	// What codegen writes around the bytes.
	Load     string    // mnemonic of a 64-bit load: MOVQ, MOVD
	Store    string    // mnemonic of a 64-bit store
	FrameReg string    // holds the abi.Frame when Bytes begin
	BaseReg  string    // holds r10 of a subprogram when Bytes begin
	ArgRegs  [5]string // hold r1 to r5 of a subprogram
	Result   string    // holds r0 at the end of Bytes
	CallSize int       // bytes of a CALL
	Word     int       // bytes of a directive unit: 1 (amd64), 4 (arm64)
}
