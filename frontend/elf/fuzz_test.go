package elf

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"runtime/metrics"
	"strings"
	"testing"
	"time"

	"github.com/bpf2go-native/bpf2go-native/frontend"
)

// Limits of what a load of a fuzzed object may take: time on a busy machine,
// and bytes allocated, fixed and for each byte of the file.
const (
	fuzzTime  = 20 * time.Second
	fuzzBytes = 64 << 20
	fuzzRatio = 2000
)

// fuzzOptions are the ways to load that the fuzzer has, by two bits.
func fuzzOptions(tb testing.TB) [4]Options {
	tb.Helper()
	assume := Options{ProgTypes: map[string]string{".text": "xdp"}, Assume: true}
	kernel := assume
	kernel.Kernel = read(tb, committed(tb)[0])
	return [4]Options{{}, assume, kernel, {Set: map[string]string{"x": "1"}, Types: []string{"u32"}}}
}

// loadFuzzed loads, lists what it gets, and fails the test for a panic of this
// package, which Load would make an error, and for too much time or memory.
func loadFuzzed(t *testing.T, data []byte, opt Options) {
	t.Helper()
	before, start := allocated(), time.Now()
	if o, err := loadOpenly(data, opt); err == nil {
		dump(t, o)
	}
	if d := time.Since(start); d > fuzzTime {
		t.Errorf("loading %d bytes took %v", len(data), d)
	}
	if n := allocated() - before; n > fuzzBytes+fuzzRatio*uint64(len(data)) {
		t.Errorf("loading %d bytes allocated %d", len(data), n)
	}
}

func allocated() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// loadOpenly is Load but for panics: those of debug/elf and btf are errors, too,
// those of this package are not hidden.
func loadOpenly(data []byte, opt Options) (o *frontend.Object, err error) {
	defer func() {
		if r := recover(); r != nil {
			if from := panicked(); strings.Contains(from, "/frontend") || strings.Contains(from, "/bpf2go-native/bpf") {
				panic(fmt.Sprintf("%s: %v", from, r))
			}
			o, err = nil, errors.New("malformed object")
		}
	}()
	im, err := open(data)
	if err != nil {
		return nil, err
	}
	return newLoader(im, opt).object("t.o")
}

// panicked is the function that panicked, called while its frames are there.
func panicked() string {
	var pcs [64]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(0, pcs[:])])
	inside := false
	for {
		f, more := frames.Next()
		inside = inside || f.Function == "runtime.gopanic"
		if inside && !strings.HasPrefix(f.Function, "runtime.") || !more {
			return f.Function
		}
	}
}

// FuzzLoad: every input gives an Object that can be listed, or an error.
func FuzzLoad(f *testing.F) {
	for _, file := range committed(f) {
		f.Add(read(f, file), uint8(0))
	}
	f.Add(legacyObject(), uint8(1))
	options := fuzzOptions(f)
	f.Fuzz(func(t *testing.T, data []byte, how uint8) { loadFuzzed(t, data, options[how%4]) })
}

// FuzzEdits loads committed objects with edits, 8 bytes each: a section, or its
// header, a place in it, and a number that is written there, added, or whose
// bits are flipped. The fuzzer has short inputs, and most of them reach the
// inner parts.
func FuzzEdits(f *testing.F) {
	own, err := filepath.Glob(filepath.Join(own, "*.o"))
	if err != nil {
		f.Fatal(err)
	}
	var objects [][]byte
	for k, file := range append(committed(f), own...) {
		objects = append(objects, read(f, file))
		f.Add(uint8(k), uint8(k), []byte{byte(k), 0, byte(3 * k), 1, 4, 1, 0, 0})
	}
	options := fuzzOptions(f)
	f.Fuzz(func(t *testing.T, object, how uint8, edits []byte) {
		data := bytes.Clone(objects[int(object)%len(objects)])
		for ; len(edits) >= 8; edits = edits[8:] {
			edit(data, edits[:8])
		}
		loadFuzzed(t, data, options[how%4])
	})
}

// edit changes data:
//
//	| section | place, 2 bytes | what | width | value, 3 bytes |
//
// What 4 and more is about the header of the section.
func edit(data, e []byte) {
	head, count := binary.LittleEndian.Uint64(data[40:]), uint64(binary.LittleEndian.Uint16(data[60:]))
	if count == 0 || head+count*sectionSize > uint64(len(data)) {
		return
	}
	header := data[head+uint64(e[0])%count*sectionSize:][:sectionSize]
	where := header
	if e[3]&4 == 0 {
		off, size := binary.LittleEndian.Uint64(header[24:]), binary.LittleEndian.Uint64(header[32:])
		if size == 0 || off > uint64(len(data)) || size > uint64(len(data))-off || binary.LittleEndian.Uint32(header[4:]) == uint32(elf.SHT_NOBITS) {
			return
		}
		where = data[off : off+size]
	}
	width := 1 << (e[4] % 4)
	if len(where) < width {
		return
	}
	where = where[int(binary.LittleEndian.Uint16(e[1:]))%(len(where)-width+1):]
	value := uint64(e[5]) | uint64(e[6])<<8 | uint64(e[7])<<16
	if e[4]&128 != 0 {
		value = -value
	}
	var word [8]byte
	copy(word[:width], where)
	old := binary.LittleEndian.Uint64(word[:])
	binary.LittleEndian.PutUint64(word[:], []uint64{value, old + value, old ^ value, old - value}[e[3]%4])
	copy(where[:width], word[:])
}
