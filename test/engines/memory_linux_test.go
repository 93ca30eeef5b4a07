package engines

import (
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

// place is a piece of memory for inputs.
type place struct {
	name string
	put  func(data []byte) []byte // copies data there
}

// places are memory right behind and right in front of a page that nobody may
// touch.
func places(t *testing.T) []place {
	t.Helper()
	page := os.Getpagesize()
	mem, err := unix.Mmap(-1, 0, 3*page, unix.PROT_NONE, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := unix.Munmap(mem); err != nil {
			t.Error(err)
		}
	})
	middle := mem[page : 2*page : 2*page]
	if err := unix.Mprotect(middle, unix.PROT_READ|unix.PROT_WRITE); err != nil {
		t.Fatal(err)
	}
	return []place{
		{"at the end of memory", func(data []byte) []byte {
			to := middle[page-len(data):]
			copy(to, data)
			return to
		}},
		{"at the start of memory", func(data []byte) []byte {
			return middle[:copy(middle, data)]
		}},
	}
}
