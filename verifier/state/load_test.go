package state

import "testing"

// TestLoadBytes: a load of bytes that were stored in parts has the known ones
// where the byte order puts them.
func TestLoadBytes(t *testing.T) {
	var k Stack
	k.Fill(-8, 0, Misc)
	k.Fill(-8, -7, Zero) // the byte with the lowest address
	for _, c := range []struct {
		size     int
		big      bool
		off      int64
		mask     uint64
		unstored bool
	}{
		{2, false, -8, 0xff00, false},
		{2, true, -8, 0x00ff, false},
		{4, false, -8, 0xffffff00, false},
		{4, true, -8, 0x00ffffff, false},
		{1, true, -8, 0, false},
		{8, true, -8, 1<<56 - 1, false},
		{2, false, -10, 0x00ff, true},
	} {
		v, invalid := k.Load(c.off, c.size, c.big)
		if c.unstored {
			if invalid != 0b11 {
				t.Errorf("%d bytes at %d: %b were never stored, want 11", c.size, c.off, invalid)
			}
			continue
		}
		if v.S.T.Mask != c.mask || v.S.T.Value != 0 || invalid != 0 {
			t.Errorf("%d bytes at %d, big-endian %v: mask %#x, value %#x, want mask %#x, value 0", c.size, c.off, c.big, v.S.T.Mask, v.S.T.Value, c.mask)
		}
	}
}
