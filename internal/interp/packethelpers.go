package interp

import (
	"slices"

	"github.com/bpf2go-native/bpf2go-native/bpf"
)

// Sizes in bytes that packet helpers know (linux/if_ether.h and the limits of
// net/core/filter.c).
const (
	ethernetSize = 14
	maxPacket    = 0xffff // of what helpers make
	maxMeta      = 252    // a multiple of 4
)

// inPacket reports whether size bytes at off are in the packet, tail and all.
func (c *helperCall) inPacket(off, size int) bool {
	return off >= 0 && off+size <= len(c.run.data.bytes)+len(c.run.tail)
}

// loadBytes copies bytes of the packet. Outside of it, it gives zeros.
func (c *helperCall) loadBytes() (Value, error) {
	return c.loadAt(int(int64(uint64(uint32(c.args[1].Bits)))))
}

func (c *helperCall) loadAt(off int) (Value, error) {
	to := c.mem[2]
	if !c.inPacket(off, len(to)) {
		clear(to)
		return c.status(bpf.EFAULT), nil
	}
	copy(to, c.run.whole()[off:])
	return number(0), nil
}

// xdpAt says why bytes of a frame cannot be reached, 0 when they can.
func (c *helperCall) xdpAt() bpf.Errno {
	off := c.args[1].Bits & 0xffffffff
	switch {
	case off > maxPacket || len(c.mem[2]) > maxPacket:
		return bpf.EFAULT
	case !c.inPacket(int(off), len(c.mem[2])):
		return bpf.EINVAL
	}
	return 0
}

// xdpLoadBytes leaves the memory as it was when the frame has not so much.
func (c *helperCall) xdpLoadBytes() (Value, error) {
	if failed := c.xdpAt(); failed != 0 {
		return c.status(failed), nil
	}
	return c.loadBytes()
}

func (c *helperCall) xdpStoreBytes() (Value, error) {
	if failed := c.xdpAt(); failed != 0 {
		return c.status(failed), nil
	}
	c.run.writeWhole(int(uint32(c.args[1].Bits)), slices.Clone(c.mem[2]))
	return number(0), nil
}

// loadBytesRelative counts from the start of the frame (0) or of the network
// header (1), which follows an Ethernet header here.
func (c *helperCall) loadBytesRelative() (Value, error) {
	off := int(uint32(c.args[1].Bits))
	switch c.args[4].Bits {
	case 0:
		return c.loadAt(off)
	case 1:
		return c.loadAt(off + ethernetSize)
	}
	clear(c.mem[2])
	return c.status(bpf.EFAULT), nil
}

// storeFlags are the legal flags of skb_store_bytes: recompute the checksum,
// invalidate the hash (linux/bpf.h).
const storeFlags = 3

func (c *helperCall) storeBytes() (Value, error) {
	off, flags := int(uint32(c.args[1].Bits)), c.args[4].Bits
	if flags&^storeFlags != 0 {
		return c.status(bpf.EINVAL), nil
	}
	from := slices.Clone(c.mem[2]) // may be in the packet
	if !c.inPacket(off, len(from)) {
		return c.status(bpf.EFAULT), nil
	}
	c.run.writeWhole(off, from)
	return number(0), nil
}

func (c *helperCall) buffLen() (Value, error) { return number(uint64(len(c.run.whole()))), nil }

// fresh is n bytes that were not part of the packet before.
func (c *helperCall) fresh(n int) []byte {
	b := make([]byte, n)
	c.run.m.fill(b)
	return b
}

// adjustHead moves the start of the data; metadata stays in front of it. What
// is new has any content.
func (c *helperCall) adjustHead() (Value, error) {
	r, delta := c.run, int(int32(c.args[1].Bits))
	data := r.data.bytes
	switch {
	case delta > len(data)-ethernetSize || -delta > r.headroom:
		return c.status(bpf.EINVAL), nil
	case delta >= 0:
		data = data[delta:]
	default:
		data = append(c.fresh(-delta), data...)
	}
	r.headroom += delta
	r.change(r.meta.bytes, data, r.tail)
	return number(0), nil
}

// eacces is -EACCES (asm-generic/errno-base.h).
const eacces = ^uint64(13) + 1

// adjustMeta moves the start of the metadata, in steps of 4.
func (c *helperCall) adjustMeta() (Value, error) {
	r, delta := c.run, int(int32(c.args[1].Bits))
	size := len(r.meta.bytes) - delta
	switch {
	case size < 0 || -delta > r.headroom:
		return c.status(bpf.EINVAL), nil
	case size > maxMeta || size%4 != 0:
		return number(eacces), nil
	}
	meta := r.meta.bytes
	if delta >= 0 {
		meta = meta[delta:]
	} else {
		meta = append(c.fresh(-delta), meta...)
	}
	r.headroom += delta
	r.change(meta, r.data.bytes, r.tail)
	return number(0), nil
}

// adjustTail moves the end of the packet. What is new is 0.
func (c *helperCall) adjustTail() (Value, error) {
	r, delta := c.run, int(int32(c.args[1].Bits))
	if size := len(r.whole()) + delta; size < ethernetSize || size > maxPacket || delta > 0 && r.m.chance(4) {
		return c.status(bpf.EINVAL), nil
	}
	c.resize(len(r.whole()) + delta)
	return number(0), nil
}

// resize cuts the packet or puts zeros at its end.
func (c *helperCall) resize(size int) {
	r := c.run
	all := r.whole()
	linear := len(r.data.bytes)
	if len(r.tail) == 0 {
		linear = size
	}
	if size < len(all) {
		all = all[:size]
	}
	all = append(all, make([]byte, size-len(all))...)
	linear = min(linear, size)
	r.change(r.meta.bytes, all[:linear], all[linear:])
}

// pullData makes the first bytes, for 0 those there are, reachable.
func (c *helperCall) pullData() (Value, error) {
	r, all, want := c.run, c.run.whole(), int(uint32(c.args[1].Bits))
	if want > len(all) || r.m.chance(8) {
		return c.status(bpf.ENOMEM), nil
	}
	linear := max(want, len(r.data.bytes))
	r.change(r.meta.bytes, all[:linear], all[linear:])
	return number(0), nil
}

// insert puts n bytes at an offset of the reachable part, or takes -n out,
// which have to be there.
func (c *helperCall) insert(off, n int, fill func(int) []byte) bpf.Errno {
	r := c.run
	data := r.data.bytes
	switch {
	case off > len(data) || n < 0 && off-n > len(data) || len(r.whole())+n > maxPacket:
		return bpf.EINVAL
	case r.m.chance(8):
		return bpf.ENOMEM
	case n < 0:
		data = slices.Concat(data[:off], data[off-n:])
	default:
		data = slices.Concat(data[:off], fill(n), data[off:])
	}
	r.change(r.meta.bytes, data, r.tail)
	return 0
}

func zeros(n int) []byte { return make([]byte, n) }

func (c *helperCall) changeHead() (Value, error) {
	if c.args[2].Bits != 0 || c.args[1].Bits > maxPacket {
		return c.status(bpf.EINVAL), nil
	}
	return c.status(c.insert(0, int(c.args[1].Bits), zeros)), nil
}

func (c *helperCall) changeTail() (Value, error) {
	size := int(uint32(c.args[1].Bits))
	if c.args[2].Bits != 0 || size > maxPacket || size < ethernetSize {
		return c.status(bpf.EINVAL), nil
	}
	c.resize(size)
	return number(0), nil
}

// changeProto is between IPv4 and IPv6: 20 bytes behind the frame header come
// or go.
func (c *helperCall) changeProto() (Value, error) {
	const ip6, difference = 0xdd86, 20
	if c.args[2].Bits != 0 {
		return c.status(bpf.EINVAL), nil
	}
	n := difference
	if uint16(c.args[1].Bits) != ip6 {
		n = -difference
	}
	return c.status(c.insert(ethernetSize, n, c.fresh)), nil
}

// adjustRoom makes room behind the network header (mode 0; 20 bytes are taken
// for one) or behind the frame header (1).
func (c *helperCall) adjustRoom() (Value, error) {
	const networkHeader, maxRoom = 20, 0xfff
	delta, mode := int(int32(c.args[1].Bits)), uint32(c.args[2].Bits)
	off := ethernetSize
	switch {
	case mode > 1:
		return c.status(bpf.ENOTSUP), nil
	case delta > maxRoom || delta < -maxRoom:
		return c.status(bpf.EFAULT), nil
	case mode == 0:
		off += networkHeader
	}
	return c.status(c.insert(off, delta, zeros)), nil
}

// replaceL3 and replaceL4 update a checksum in the packet
// (linux/bpf.h, bpf_l3_csum_replace).
func (c *helperCall) replaceL3() (Value, error) { return c.replaceSum(0xf) }
func (c *helperCall) replaceL4() (Value, error) { return c.replaceSum(0xff) }

// Flags of l4_csum_replace: the pseudo header changes, a checksum of 0 stays,
// a result of 0 becomes 0xffff (linux/bpf.h).
const (
	sumSize    = 0xf
	sumMangled = 1 << 5
	sumForce   = 1 << 6
)

func (c *helperCall) replaceSum(legal uint64) (Value, error) {
	off, from, to, flags := int(uint32(c.args[1].Bits)), c.args[2].Bits, c.args[3].Bits, c.args[4].Bits
	order := c.run.m.order
	switch {
	case flags&^legal != 0:
		return c.status(bpf.EINVAL), nil
	case off%2 != 0 || !c.inPacket(off, 2):
		return c.status(bpf.EFAULT), nil
	}
	sum := order.Uint16(c.run.whole()[off:])
	if flags&sumMangled != 0 && flags&sumForce == 0 && sum == 0 {
		return number(0), nil
	}
	partial := uint32(^sum)
	switch flags & sumSize {
	case 0:
		if from != 0 {
			return c.status(bpf.EINVAL), nil
		}
		partial = onesAdd(partial, uint32(to))
	case 2:
		partial = onesAdd(onesAdd(partial, uint32(^uint16(from))), uint32(uint16(to)))
	case 4:
		partial = onesAdd(onesAdd(partial, ^uint32(from)), uint32(to))
	default:
		return c.status(bpf.EINVAL), nil
	}
	folded := partial>>16 + partial&0xffff
	folded = folded>>16 + folded&0xffff
	sum = ^uint16(folded)
	if flags&sumMangled != 0 && sum == 0 {
		sum = 0xffff
	}
	var b [2]byte
	order.PutUint16(b[:], sum)
	c.run.writeWhole(off, b[:])
	return number(0), nil
}
