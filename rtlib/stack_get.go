package rtlib

import (
	"runtime"
	_ "unsafe" // go:linkname

	"github.com/bpf2go-native/bpf2go-native/bpf"
	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
)

// The stack that programs see is that of the goroutine that runs the program, as
// runtime.Callers gives it: the address behind the call of the helper in the
// program, its callers in the program, then the functions of this package that
// ran it, then the host's. There is one such stack, so USER_STACK changes
// nothing. runtime.CallersFrames gives names and lines; those of machine code are
// lines of C.
//
// This differs from Linux: there the stack is the kernel's at the hook, or the
// process's, and has no functions of the program. Leave out as many as the
// program and its entry have.
//
// Functions that were inlined have no address of their own there; runtime.Callers
// gives one for each, made up so that runtime.CallersFrames knows them.

// helperFrames are the innermost functions that are no part of the stack:
// runtime.Callers, walkStack and the helper.
const helperFrames = 3

// walkStack stores the stack of the helper's caller. The helper calls it and
// nothing in between.
//
//go:noinline
func walkStack(buf []uintptr) int { return runtime.Callers(helperFrames, buf) }

// GetStack is bpf_get_stack: it stores the stack in size bytes at address buf
// and zeroes behind it. It returns how many bytes the stack has, or a negative
// error: EINVAL for other flags or a size that is no multiple of an address,
// EFAULT when the stack has fewer functions than are to be left out. The flag
// USER_BUILD_ID gives struct bpf_stack_build_id, in which there is never a build
// id.
//
//go:linkname GetStack bpf2go/rtlib/v1.GetStack
//go:nocheckptr
func GetStack(fr *abi.Frame, _, buf, size, flags uint64) uint64 {
	rules := (*Instance)(fr.Inst.P).rules
	n := uintptr(uint32(size))
	each, buildID := uintptr(addressSize), flags&stackUserBuildID != 0
	if buildID {
		each = buildIDSize
	}
	zero(ptr(buf), n)
	if flags&^(stackSkip|stackUser|stackUserBuildID) != 0 || buildID && flags&stackUser == 0 || n%each != 0 {
		return rules.HelperResult(bpf.EINVAL)
	}
	var pcs [maxStack]uintptr
	skip := int(flags & stackSkip)
	have := walkStack(pcs[:min(maxStack, n/each+uintptr(skip))])
	if have < skip {
		return rules.HelperResult(bpf.EFAULT)
	}
	putStack(ptr(buf), pcs[skip:have], buildID)
	return uint64(uintptr(have-skip) * each)
}
