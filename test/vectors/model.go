package vectors

import (
	"math/big"
	mathbits "math/bits"

	"github.com/bpf2go-native/bpf2go-native/bpf"
)

// natural and signed are the two readings of the low width bytes of x.
func natural(x uint64, width uint8) *big.Int {
	n := new(big.Int).SetUint64(x)
	return n.Mod(n, modulus(width))
}

func signed(x uint64, width uint8) *big.Int {
	n := natural(x, width)
	if n.Bit(8*int(width)-1) == 1 {
		n.Sub(n, modulus(width))
	}
	return n
}

func modulus(width uint8) *big.Int { return new(big.Int).Lsh(big.NewInt(1), 8*uint(width)) }

// bits is what a register holds of n behind an operation on width bytes: the
// rest is zero.
func bits(n *big.Int, width uint8) uint64 {
	return new(big.Int).Mod(n, modulus(width)).Uint64() // Mod is never negative
}

// arithmetic is dst behind an operation of RFC 9669 §4.1 on x, which is dst,
// and y.
func arithmetic(op bpf.Op, width uint8, x, y uint64) uint64 {
	u, v := natural(x, width), natural(y, width)
	switch op {
	case bpf.OpSdiv, bpf.OpSmod, bpf.OpArsh:
		u = signed(x, width)
	}
	if op == bpf.OpSdiv || op == bpf.OpSmod {
		v = signed(y, width)
	}
	count := uint(new(big.Int).And(v, big.NewInt(8*int64(width)-1)).Uint64())
	switch op {
	case bpf.OpAdd:
		u.Add(u, v)
	case bpf.OpSub:
		u.Sub(u, v)
	case bpf.OpMul:
		u.Mul(u, v)
	case bpf.OpDiv, bpf.OpSdiv:
		if v.Sign() == 0 {
			return 0
		}
		u.Quo(u, v)
	case bpf.OpMod, bpf.OpSmod:
		if v.Sign() != 0 {
			u.Rem(u, v)
		}
	case bpf.OpOr:
		u.Or(u, v)
	case bpf.OpAnd:
		u.And(u, v)
	case bpf.OpXor:
		u.Xor(u, v)
	case bpf.OpLsh:
		u.Lsh(u, count)
	case bpf.OpRsh, bpf.OpArsh:
		u.Rsh(u, count) // of a negative number it rounds down
	case bpf.OpMov:
		u = v
	case bpf.OpNeg:
		u.Neg(u)
	default:
		panic("vectors: no model of " + op.String())
	}
	return bits(u, width)
}

// swapped is dst behind an operation of RFC 9669 §4.2 on a little-endian
// machine, the only ones that programs are compiled for.
func swapped(op bpf.Op, width uint8, x uint64) uint64 {
	x = bits(natural(x, width), 8)
	if op == bpf.OpToLE {
		return x
	}
	return mathbits.ReverseBytes64(x) >> (64 - 8*uint(width))
}

// extended is dst behind movsx and ldxs*: from bytes of x as a signed number.
func extended(from, width uint8, x uint64) uint64 { return bits(signed(x, from), width) }

// holds reports whether a conditional jump of RFC 9669 §4.3 is taken.
func holds(op bpf.Op, width uint8, x, y uint64) bool {
	unsigned := natural(x, width).Cmp(natural(y, width))
	sign := signed(x, width).Cmp(signed(y, width))
	switch op {
	case bpf.OpJeq:
		return unsigned == 0
	case bpf.OpJne:
		return unsigned != 0
	case bpf.OpJgt:
		return unsigned > 0
	case bpf.OpJge:
		return unsigned >= 0
	case bpf.OpJlt:
		return unsigned < 0
	case bpf.OpJle:
		return unsigned <= 0
	case bpf.OpJsgt:
		return sign > 0
	case bpf.OpJsge:
		return sign >= 0
	case bpf.OpJslt:
		return sign < 0
	case bpf.OpJsle:
		return sign <= 0
	case bpf.OpJset:
		return new(big.Int).And(natural(x, width), natural(y, width)).Sign() != 0
	}
	panic("vectors: no model of " + op.String())
}

// atomic is what memory becomes by RFC 9669 §5.3: from its old content, the
// source register and r0.
func atomic(op bpf.Op, width uint8, old, src, r0 uint64) uint64 {
	switch op {
	case bpf.OpAtomAdd, bpf.OpFetchAdd:
		return arithmetic(bpf.OpAdd, width, old, src)
	case bpf.OpAtomOr, bpf.OpFetchOr:
		return arithmetic(bpf.OpOr, width, old, src)
	case bpf.OpAtomAnd, bpf.OpFetchAnd:
		return arithmetic(bpf.OpAnd, width, old, src)
	case bpf.OpAtomXor, bpf.OpFetchXor:
		return arithmetic(bpf.OpXor, width, old, src)
	case bpf.OpXchg:
		return bits(natural(src, width), width)
	case bpf.OpCmpxchg:
		if natural(old, width).Cmp(natural(r0, width)) == 0 {
			return bits(natural(src, width), width)
		}
		return bits(natural(old, width), width)
	}
	panic("vectors: no model of " + op.String())
}
