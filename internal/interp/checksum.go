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

// csumDiff is the Internet checksum of seed + to - from, in one's complement
// arithmetic and folded to 16 bits. Sizes need not be equal or even; a last
// incomplete word counts as if zeros followed. (Linux before 6.13 does not
// fold and wants multiples of 4; programs fold in any case.)
func (c *helperCall) csumDiff() (Value, error) {
	from, to, seed := c.mem[0], c.mem[2], uint32(c.args[4].Bits)
	sum := seed
	switch order := c.run.m.order; {
	case len(from) > 0 && len(to) > 0:
		sum = onesAdd(onesSum(order, to, seed), ^onesSum(order, from, 0))
	case len(to) > 0:
		sum = onesSum(order, to, seed)
	case len(from) > 0:
		sum = ^onesSum(order, from, ^seed)
	}
	folded := sum>>16 + sum&0xffff
	folded = folded>>16 + folded&0xffff
	return number(uint64(folded)), nil
}
