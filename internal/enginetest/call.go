package enginetest

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"unsafe"

	"golang.org/x/arch/x86/x86asm"
)

// wrapperInsts is how many machine instructions of a wrapper are read.
const wrapperInsts = 64

// firstCall decodes a wrapper up to its first direct call of something else
// than the runtime's functions, which grow the stack.
func firstCall(pc uintptr) (uintptr, error) {
	decode := map[string]func(uintptr) (int, uintptr, error){"amd64": callAMD64, "arm64": callARM64}[runtime.GOARCH]
	if decode == nil {
		return 0, errors.New("no decoder for " + runtime.GOARCH)
	}
	for range wrapperInsts {
		size, target, err := decode(pc)
		if err != nil {
			return 0, fmt.Errorf("at %#x: %w", pc, err)
		}
		if f := runtime.FuncForPC(target); target != 0 && (f == nil || !strings.HasPrefix(f.Name(), "runtime.")) {
			return target, nil
		}
		pc += uintptr(size)
	}
	return 0, fmt.Errorf("no call in %d instructions", wrapperInsts)
}

// callAMD64 returns the size of the instruction at pc and, of a CALL, its
// target.
func callAMD64(pc uintptr) (size int, target uintptr, err error) {
	// 16 bytes are there: text goes on behind every function.
	inst, err := x86asm.Decode(unsafe.Slice((*byte)(unsafe.Add(nil, pc)), 16), 64)
	if err != nil {
		return 0, 0, err
	}
	if rel, ok := inst.Args[0].(x86asm.Rel); ok && inst.Op == x86asm.CALL {
		target = pc + uintptr(inst.Len) + uintptr(int64(rel))
	}
	return inst.Len, target, nil
}

// callARM64 is callAMD64 for BL: 100101 in the upper bits, then a signed
// distance of 26 bits in words.
func callARM64(pc uintptr) (size int, target uintptr, err error) {
	word := *(*uint32)(unsafe.Add(nil, pc))
	if word>>26 == 0b100101 {
		target = pc + uintptr(int64(int32(word<<6))>>6*4)
	}
	return 4, target, nil
}
