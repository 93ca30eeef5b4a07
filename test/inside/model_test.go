package inside

import (
	"encoding/binary"
	"math/bits"

	"github.com/bpf2go-native/bpf2go-native/rtlib"
)

// spoken is a program that calls the writer and takes any memory of 128 bytes.
type spoken struct {
	name   string
	result func(mem []byte) uint64
}

// spokenPrograms is each of them.
func spokenPrograms() []spoken {
	return []spoken{
		{"speak", speakResult},
		{"descend", descendResult},
		{"crowd", crowdResult},
		{"chain", chainResult},
		{"calls_back", callsBackResult},
		{"steps", stepsResult},
		{"atoms", atomsResult},
	}
}

// What the programs return, in Go.

const multiplier = 6364136223846793005

func spinResult(mem []byte, loops int) uint64 {
	x := uint64(len(mem))
	for range loops {
		x = x*multiplier + 1
	}
	return x
}

func speakResult(mem []byte) uint64 {
	sum := uint64(0)
	for i := range 8 {
		sum = sum*31 + (binary.LittleEndian.Uint64(mem[8*i:])*multiplier ^ binary.LittleEndian.Uint64(mem[64+8*i:]))
	}
	return sum + 2*pairValue
}

func descendResult(mem []byte) uint64 {
	n := uint64(len(mem))
	total := n
	return level(1, &total, n, n+1) ^ total
}

func level(n uint64, total *uint64, x, y uint64) uint64 {
	if n == 7 {
		*total += x
		return x*5 + y
	}
	here, mine := x*multiplier+y, y^n
	deeper := level(n+1, &mine, x+n, y*3)
	*total += mine
	return deeper*7 + here
}

func crowdResult(mem []byte) uint64 {
	sum := uint64(0)
	for i := range uint64(16) {
		sum = sum*31 + binary.LittleEndian.Uint64(mem[8*i:])*multiplier + i
	}
	return sum
}

// round mixes four numbers.
func round(a, b, c, d *uint64) {
	*a = *a*multiplier + *b
	*b ^= *a >> 29
	*c += *b * 3
	*d = bits.RotateLeft64(*d, 7) ^ *c
}

func chainResult(mem []byte) uint64 {
	n := uint64(len(mem))
	total := n
	if mem[0]&8 != 0 {
		n = link(1, &total, n, n+1, 4, 5)
	}
	first := uint64(mem[0] & 7)
	return link(max(first, 1), &total, n, n+1, 2, 3) ^ total
}

func link(n uint64, total *uint64, a, b, c, d uint64) uint64 {
	mine := a ^ n
	round(&a, &b, &c, &d)
	round(&b, &c, &d, &a)
	round(&c, &d, &a, &b)
	round(&d, &a, &b, &c)
	if n == 7 {
		*total += a ^ c
		return b - d
	}
	deeper := link(n+1, &mine, a, b, c, d)
	*total += mine
	return deeper*7 + (a ^ b) - (c ^ d)
}

func callsBackResult(mem []byte) uint64 {
	x, y := uint64(len(mem)), ^uint64(len(mem))
	turns := func(n uint64) {
		for i := range n {
			c, d := i+2, i*3
			x = x*31 + i
			round(&x, &y, &c, &d)
			round(&c, &x, &y, &d)
			y += c ^ d
		}
	}
	turns(10) // of 100
	turns(5)
	for key := range uint64(4) {
		y = y*31 + key
	}
	return x*7 + y + 10*100*100 + 5*100 + 4
}

func stepsResult(mem []byte) uint64 {
	sum := uint64(len(mem))
	for a := range uint64(6) {
		for b := range uint64(4) {
			sum = sum*31 + 10 + b
		}
		sum ^= a
	}
	return sum
}

func atomsResult(mem []byte) uint64 {
	a, b := uint64(len(mem)), uint32(len(mem))
	r := a
	a += multiplier
	r = r*31 + uint64(b)
	b ^= 0x5a5a5a5a
	b, r = uint32(r), r*31+uint64(b)
	a, r = a|r, r*31+a
	r, b = r*31+uint64(b), b&0xffff00ff
	a, r = r, r*31+a
	if old := b; old == 1 {
		b, r = uint32(r), r*31+1
	} else {
		r = r*31 + uint64(old)
	}
	return r*31 + a + uint64(b)
}

// hopResult is the verdict of hop and how often it and land call the writer.
func hopResult(ctx *rtlib.XDP) (verdict uint32, lines int) {
	n, slot := ctx.IngressIfindex, ctx.RxQueueIndex
	if slot == 0 {
		n += leap(&n, 0)
		lines++
	}
	switch slot {
	case 1:
		return uint32(ctx.Data[0]) * 1000, 2
	case 2:
		lines += 33
	}
	return leap(&n, slot) + 1_000_000, lines + 1
}

// leap is the function without the tail call.
func leap(n *uint32, slot uint32) uint32 {
	a, b, c, d := uint64(slot), uint64(*n), uint64(3), uint64(4)
	round(&a, &b, &c, &d)
	round(&b, &c, &d, &a)
	*n += uint32(a ^ b ^ c ^ d)
	return *n
}

// hops are contexts of hop: land, itself, two empty slots.
func hops() []rtlib.XDP {
	var all []rtlib.XDP
	for slot := range uint32(4) {
		all = append(all, rtlib.XDP{Data: []byte{7, 8}, IngressIfindex: 41 * slot, RxQueueIndex: slot})
	}
	return all
}
