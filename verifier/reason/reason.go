// Package reason lists why a program can be refused: stable codes with a
// title and an explanation, for messages and for the explain command.
package reason

// Code names a reason, "V012". Codes never change their meaning.
type Code string

// The reasons. Structure, values, memory, calls, results, limits, features.
const (
	FallsOff         Code = "V001"
	BadJump          Code = "V002"
	Unreachable      Code = "V003"
	WritesR10        Code = "V004"
	BadInsn          Code = "V005"
	Recursion        Code = "V006"
	TooDeep          Code = "V007"
	BadContract      Code = "V008"
	CombinedStack    Code = "V009"
	UninitReg        Code = "V010"
	PtrArith         Code = "V011"
	MayBeNull        Code = "V012"
	PacketBounds     Code = "V013"
	StackBounds      Code = "V014"
	MapBounds        Code = "V015"
	CtxAccess        Code = "V016"
	NotPointer       Code = "V017"
	ReadOnly         Code = "V018"
	AtomicPlace      Code = "V019"
	BadHelper        Code = "V020"
	BadArg           Code = "V021"
	BadSize          Code = "V022"
	UninitStack      Code = "V023"
	BadReturn        Code = "V024"
	StackEscapes     Code = "V025"
	PtrLeak          Code = "V026"
	NotReleased      Code = "V027"
	BadLock          Code = "V028"
	BadDynptr        Code = "V029"
	BadIter          Code = "V033"
	BadCallback      Code = "V034"
	MemBounds        Code = "V035"
	UsedAfterRelease Code = "V036"
	NotOwned         Code = "V037"
	SpecialField     Code = "V038"
	ObjectAccess     Code = "V039"
	InfiniteLoop     Code = "V030"
	TooManyInsns     Code = "V031"
	TooMuchMemory    Code = "V032"
	Unsupported      Code = "V040"
	BadObject        Code = "V041"
	Internal         Code = "V090"
)

// Row is one reason.
type Row struct {
	Code    Code
	Title   string
	Explain string
}

// Rows lists every reason by code.
func Rows() []Row {
	return []Row{
		{FallsOff, "control flow leaves the function", "Every path has to end with exit or a jump back into the function. Seen when a noreturn function or an unreachable end was optimised away."},
		{BadJump, "jump to no instruction", "A jump leads outside its function or into the second half of a wide load. Compilers do not emit this; the object is damaged or was edited by hand."},
		{Unreachable, "instruction that no path reaches", "No path of the control flow graph leads to this instruction, whatever the data. The Linux kernel refuses such programs, too."},
		{WritesR10, "write to the frame pointer", "r10 is read-only."},
		{BadInsn, "unknown instruction", "The instruction is no eBPF instruction (RFC 9669) or uses reserved fields."},
		{Recursion, "recursive call", "A function calls itself, directly or through others. Unroll the recursion or use a loop with an explicit stack."},
		{TooDeep, "too many nested calls", "At most 8 frames may be active. Mark functions __always_inline."},
		{BadContract, "global function that cannot be verified on its own", "A function that is not static is verified by the types of its parameters: numbers, the context, pointers to structs. Make it static, or change its parameters."},
		{CombinedStack, "call chain with too much stack", "The functions that are active at one time may use 512 bytes of stack together, each rounded up to 16; the callers of a function with a tail call less than 256. Move large variables into a map, or make the functions share less."},
		{UninitReg, "register is read before it is written", "On this path nothing was assigned to the register. In C: an uninitialised variable, a call with too few arguments, or a use of r1 to r5 behind a call."},
		{PtrArith, "arithmetic that a pointer does not allow", "Only numbers with known bounds may be added to or subtracted from pointers, in 64 bits. Bound the number first, and test a map value for NULL before computing with it."},
		{MayBeNull, "value from map lookup may be NULL", "bpf_map_lookup_elem returns NULL when there is no such key. Every path to a use has to test the pointer."},
		{PacketBounds, "packet access beyond what was checked", "Between data and data_end may be any number of bytes. A path to an access has to compare data plus the end of the access with data_end first."},
		{StackBounds, "access outside the stack", "A function has 512 bytes of stack below r10."},
		{MapBounds, "access outside the map value", "The offset and size have to lie within the map's value_size on every path; bound a variable index first."},
		{CtxAccess, "access to the context that its type does not have", "Context fields are read and written at the offsets and sizes that the program type defines."},
		{NotPointer, "memory access through a number", "The address is not derived from the context, the packet, the stack or a map. Pointers read from memory are numbers."},
		{ReadOnly, "write to read-only memory", ".rodata and maps with BPF_F_RDONLY_PROG cannot be written by programs."},
		{AtomicPlace, "atomic operation on the wrong memory", "Atomic operations need aligned addresses of the stack or of a map value."},
		{BadHelper, "helper that this program type does not have", "The helper's number is unknown or the program type does not offer it."},
		{BadArg, "wrong argument of a helper", "The helper's prototype asks for another kind of argument."},
		{BadSize, "size argument without bounds", "A size has to be proven to be neither negative nor larger than the memory it belongs to."},
		{UninitStack, "stack bytes are read before they are written", "Refused with -strict; otherwise the bytes are zeroed at entry and a warning is printed."},
		{BadReturn, "return value that the program type does not have", "r0 at exit has to be within the range of the program type on every path."},
		{StackEscapes, "address of a function's stack outlives it", "A function must not return an address of its stack or store it in its caller's stack."},
		{PtrLeak, "pointer is stored where others can read it", "Refused with -strict; otherwise accepted as Linux accepts it from root."},
		{NotReleased, "reference is not given back", "What the program reserved, acquired or locked has to be given back exactly once on every path."},
		{BadLock, "misuse of a lock", "At most one bpf_spin_lock of a map value is held, on every path until its own unlock, without other helper calls in between and not by programs that interrupt others."},
		{BadDynptr, "misuse of a dynptr", "A dynptr is made and used by its own functions only; its bytes on the stack may not be touched."},
		{MemBounds, "access outside of sized memory", "A ring buffer record, the data of a dynptr or what a global function gets by a pointer has the size that it was asked for with."},
		{InfiniteLoop, "loop that never ends", "A path comes back to the same instruction in the same state. Give the loop a bound that a variable counts towards."},
		{TooManyInsns, "program is too complex to verify", "The limit of processed instructions was reached. A loop with a smaller bound, or a bound on a variable before the loop, makes the proof shorter."},
		{TooMuchMemory, "verification needs too much memory", "The limit of stored states was reached."},
		{BadIter, "misuse of an iterator", "bpf_iter_*_new makes an iterator in stack bytes of its own; it is advanced by bpf_iter_*_next, not touched otherwise and destroyed on every path."},
		{BadCallback, "function that the helper cannot call back", "A callback is a static function of the program with the arguments that the helper passes; it does not take the program's place."},
		{UsedAfterRelease, "pointer is used after its object was given back", "A record that was submitted or discarded, a socket that was released and slices of a dynptr that ended may not be used again."},
		{NotOwned, "release of what the program does not own", "Only what the program acquired is released, exactly once."},
		{SpecialField, "direct access to a special field of a map value", "A bpf_spin_lock, a bpf_timer and the like are touched by their helpers only."},
		{ObjectAccess, "access to an object of the host that it does not allow", "Fields of sockets are read at the offsets and sizes that linux/bpf.h defines, and not written."},
		{Unsupported, "feature that is not supported", "Valid eBPF that this version does not compile."},
		{BadObject, "object that contradicts itself", "A map reference or a function reference does not exist."},
		{Internal, "the proof was not confirmed", "The certificate checker did not confirm what the search found. This is a defect of the verifier; the program is refused."},
	}
}

// Title returns the title of a code.
func Title(c Code) string {
	for _, r := range Rows() {
		if r.Code == c {
			return r.Title
		}
	}
	return string(c)
}
