package interp

import "encoding/binary"

// onesAdd adds in one's complement: the carry comes back in at the bottom.
func onesAdd(a, b uint32) uint32 {
	sum := uint64(a) + uint64(b)
	return uint32(sum) + uint32(sum>>32)
}

// onesSum adds the 32-bit words of b to sum, zeros behind its end.
func onesSum(order binary.ByteOrder, b []byte, sum uint32) uint32 {
	for len(b) > 0 {
		var word [4]byte
		b = b[copy(word[:], b):]
		sum = onesAdd(sum, order.Uint32(word[:]))
	}
	return sum
}
