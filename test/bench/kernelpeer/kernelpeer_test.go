package kernelpeer

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var short = Repeat{Slice: time.Millisecond, Turns: 2}

const programs = "../programs/"

// open loads an object, or skips where that is impossible.
func open(t *testing.T, file string) *Object {
	t.Helper()
	if err := Available(); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	o, err := Open(programs + file)
	if err != nil {
		t.Fatalf("%+v", err)
	}
	t.Cleanup(o.Close)
	return o
}

func TestEmptyProgram(t *testing.T) {
	o := open(t, "calls.o")
	inputs := [][]byte{make([]byte, 14), make([]byte, 60)}
	sum, err := o.Check("empty", inputs)()
	if err != nil {
		t.Fatal(err)
	}
	if sum != 4 {
		t.Errorf("sum of two results: %d, want 4", sum)
	}
	timer, err := o.Timer("empty", inputs, short)
	if err != nil {
		t.Fatal(err)
	}
	if d, err := timer(100_000); err != nil || d <= 0 {
		t.Errorf("100,000 calls: %v, %v", d, err)
	}
}

// TestObjectsLoad lets the kernel's verifier see every measured program.
func TestObjectsLoad(t *testing.T) {
	files, err := filepath.Glob(programs + "*.o")
	if err != nil || len(files) < 10 {
		t.Fatalf("%d objects, %v", len(files), err)
	}
	for _, file := range files {
		open(t, filepath.Base(file))
	}
}

func TestErrors(t *testing.T) {
	o := open(t, "calls.o")
	if _, err := o.Timer("nothing", [][]byte{make([]byte, 14)}, short); err == nil || !strings.Contains(err.Error(), "nothing") {
		t.Errorf("unknown program: got %v", err)
	}
	if _, err := o.Check("empty", [][]byte{{1}})(); err == nil || !strings.Contains(err.Error(), "below 14") {
		t.Errorf("short packet: got %v", err)
	}
	if _, err := Open(programs + "absent.o"); err == nil {
		t.Error("a missing object opens")
	}
}
