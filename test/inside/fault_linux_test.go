package inside

import (
	"os"
	"runtime/debug"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// TestFault: under debug.SetPanicOnFault, as around memory-mapped files, a load
// from memory that has gone away is a panic with its address.
func TestFault(t *testing.T) {
	page, err := unix.Mmap(-1, 0, os.Getpagesize(), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Munmap(page) //nolint:errcheck // a test
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	inst := load(t, nil)
	speak, f := inst.Program("speak"), newFrame(t, inst)
	mem := page[:128]
	copy(mem, memory(19))
	want := speakResult(mem)
	for range 3 {
		if err := unix.Mprotect(page, unix.PROT_NONE); err != nil {
			t.Fatal(err)
		}
		fault := requireFault(t, "invalid memory address", func() { _, _ = f.RunRaw(speak, mem) })
		at, ok := fault.(interface{ Addr() uintptr })
		if begin := uintptr(unsafe.Pointer(&page[0])); !ok || at.Addr() < begin || at.Addr() >= begin+128 {
			t.Errorf("fault %v, want the address in the memory", fault)
		}
		if err := unix.Mprotect(page, unix.PROT_READ); err != nil {
			t.Fatal(err)
		}
		mustRun(t, f, speak, mem, want)
	}
	reuse(t, inst)
}
