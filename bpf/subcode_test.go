package bpf

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"testing"
)

// TestEverySubcode sweeps each field of every opcode, the others at values that
// are legal where there are some: all registers, offsets and immediates of 12
// bits, which is more than any sub-code has. What is refused names its slot, the field and a reason; what is
// accepted is in testdata/isa.txt and encodes to the same bytes.
func TestEverySubcode(t *testing.T) {
	rows := readAccepts(t)
	for code := range 256 {
		base := word{code: uint8(code)}
		legal, known := rows[uint8(code)]
		if known && !legal[3](0) {
			base.imm = 16 // of the swaps
		}
		accepted := func(w word) bool {
			return known && legal[0](int64(w.dst)) && legal[1](int64(w.src)) && legal[2](int64(w.off)) && legal[3](int64(w.imm))
		}
		ask := func(w word) {
			if _, bad := decodeWord(w); (bad == nil) != accepted(w) {
				t.Errorf("%+v: got %+v, want accepted %v", w, bad, accepted(w))
			} else if bad != nil && (bad.field == "" || bad.reason == "") {
				t.Errorf("%+v: refused without field or reason: %+v", w, bad)
			}
		}
		for r := range uint8(16) {
			for other := range uint8(16) {
				w := base
				w.dst, w.src = r, other
				ask(w)
			}
		}
		for n := -1 << 12; n < 1<<12; n++ {
			w := base
			w.imm = int32(n)
			ask(w)
			w = base
			w.off = int16(n)
			ask(w)
		}
	}
}

// TestRefusalNamesSlot: whatever is wrong with an instruction, the error is
// about its slot, and the text says so.
func TestRefusalNamesSlot(t *testing.T) {
	for code := range 256 {
		raw := word{code: 0xb7}.append(nil, binary.LittleEndian)
		raw = word{code: uint8(code), dst: 12}.append(raw, binary.LittleEndian)
		_, err := Decode(raw, binary.LittleEndian)
		var e *InsnError
		if !errors.As(err, &e) || e.Slot != 1 || !strings.HasPrefix(err.Error(), fmt.Sprintf("instruction 1: %s", e.Field)) {
			t.Errorf("opcode %#02x with dst 12: %v", code, err)
		}
	}
}
