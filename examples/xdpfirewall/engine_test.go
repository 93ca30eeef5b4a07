package main

import (
	"os/exec"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"unsafe"

	"golang.org/x/arch/x86/x86asm"
)

// TestEngines compares every verdict and every counter of every engine with
// the oracle.
func TestEngines(t *testing.T) {
	in, err := load(seed)
	if err != nil {
		t.Fatal(err)
	}
	engines, err := newEngines(in)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			wrong, err := check(e, in)
			if err != nil {
				t.Fatal(err)
			}
			if wrong != 0 {
				t.Errorf("%d of %d verdicts and counters differ from the oracle", wrong, len(in.verdicts)+len(in.counters))
			}
		})
	}
}

// TestNativeEntry proves that the native engine runs the generated TEXT: the
// entry that the runtime calls leads to code whose source, by the #line
// directives that only the generated assembly has, is the C file.
func TestNativeEntry(t *testing.T) {
	if runtime.GOARCH != "amd64" {
		t.Skipf("decodes amd64 calls, this is %s; the qemu run of the targets' tests covers arm64", runtime.GOARCH)
	}
	var native firewallObjects
	if err := loadFirewallObjects(&native, nil); err != nil {
		t.Fatal(err)
	}
	defer native.Close() //nolint:errcheck // a test
	p := native.Xdpfirewall.Runtime()
	if p.Engine() != "native" {
		t.Fatalf("engine %q, want native", p.Engine())
	}
	entry := reflect.ValueOf(p.Entry()).Pointer()
	if file, _ := runtime.FuncForPC(entry).FileLine(entry); strings.HasSuffix(file, ".bpf.c") {
		return // no wrapper between Go's convention and the assembly's
	}
	text := firstCall(t, entry)
	f := runtime.FuncForPC(text)
	if f == nil {
		t.Fatalf("the entry calls %#x, which is no function", text)
	}
	file, line := f.FileLine(text)
	if filepath.Base(file) != "xdpfirewall.bpf.c" || !strings.HasSuffix(f.Name(), "firewall_xdpfirewall") {
		t.Errorf("the entry calls %s at %s:%d, want the generated TEXT", f.Name(), file, line)
	}
}

// firstCall decodes a wrapper up to its first direct call to another function
// than the one that grows the stack.
func firstCall(t *testing.T, pc uintptr) uintptr {
	t.Helper()
	for range 64 {
		code := unsafe.Slice((*byte)(unsafe.Add(nil, pc)), 16)
		inst, err := x86asm.Decode(code, 64)
		if err != nil {
			t.Fatalf("at %#x: %v", pc, err)
		}
		if rel, ok := inst.Args[0].(x86asm.Rel); ok && inst.Op == x86asm.CALL {
			target := pc + uintptr(inst.Len) + uintptr(int64(rel))
			if f := runtime.FuncForPC(target); f == nil || !strings.HasPrefix(f.Name(), "runtime.") {
				return target
			}
		}
		pc += uintptr(inst.Len)
	}
	t.Fatal("no call in the entry's first 64 instructions")
	return 0
}

// TestNoInterpreter shows that the interpreter is not in this test binary, so
// it cannot stand in for the engines.
func TestNoInterpreter(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "-test", ".").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	for _, pkg := range strings.Fields(string(out)) {
		if strings.HasSuffix(pkg, "/internal/interp") {
			t.Errorf("%s is linked into this test", pkg)
		}
	}
}
