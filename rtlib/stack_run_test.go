//go:build amd64 || arm64

package rtlib_test

import (
	"encoding/binary"
	"runtime"
	"strings"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/rtlib"
	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
	"github.com/bpf2go-native/bpf2go-native/rtlib/internal/calls"
)

// TestStackFromMachineCode: the innermost function is the program's machine
// code, the outermost ones are the host's.
func TestStackFromMachineCode(t *testing.T) {
	inst, err := rtlib.NewInstance(&rtlib.ObjectSpec{Name: "object", ABI: abi.Version, Programs: []rtlib.ProgramSpec{
		{Name: "stack", Hook: "raw", Entry: calls.Stack, Engine: "native"},
	}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer inst.Close()
	f := newFrame(t, inst)
	mem := make([]byte, 8*64)
	n := mustRun(t, f, inst.Program("stack"), mem)
	if n == 0 || n > uint64(len(mem)) {
		t.Fatalf("a stack of %d bytes", int64(n))
	}
	pcs := make([]uintptr, n/8)
	for i := range pcs {
		pcs[i] = uintptr(binary.LittleEndian.Uint64(mem[8*i:]))
	}
	var names []string
	frames := runtime.CallersFrames(pcs)
	for more := true; more; {
		var frame runtime.Frame
		frame, more = frames.Next()
		names = append(names, frame.Function[strings.LastIndexByte(frame.Function, '/')+1:])
	}
	want := []string{"calls.Stack", "rtlib.(*Frame).RunRaw", "rtlib_test.mustRun", "rtlib_test.TestStackFromMachineCode", "testing.tRunner", "runtime.goexit"}
	if strings.Join(names, " ") != strings.Join(want, " ") {
		t.Errorf("got %q\nwant %q", names, want)
	}
}
