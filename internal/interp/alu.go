package interp

import (
	"math"
	"math/bits"

	"github.com/bpf2go-native/bpf2go-native/bpf"
)

// alu64 and alu32 are RFC 9669 §4.1 word for word: wrapping arithmetic, shift
// counts modulo the width, x/0 = 0, x%0 = x, signed division towards zero
// with MIN/-1 = MIN and MIN%-1 = 0.
var alu64 = [bpf.NumOps]func(a, b uint64) uint64{
	bpf.OpAdd: func(a, b uint64) uint64 { return a + b },
	bpf.OpSub: func(a, b uint64) uint64 { return a - b },
	bpf.OpMul: func(a, b uint64) uint64 { return a * b },
	bpf.OpDiv: func(a, b uint64) uint64 {
		if b == 0 {
			return 0
		}
		return a / b
	},
	bpf.OpMod: func(a, b uint64) uint64 {
		if b == 0 {
			return a
		}
		return a % b
	},
	bpf.OpSdiv: func(a, b uint64) uint64 {
		switch {
		case b == 0:
			return 0
		case int64(a) == math.MinInt64 && int64(b) == -1:
			return a
		}
		return uint64(int64(a) / int64(b))
	},
	bpf.OpSmod: func(a, b uint64) uint64 {
		switch {
		case b == 0:
			return a
		case int64(b) == -1:
			return 0
		}
		return uint64(int64(a) % int64(b))
	},
	bpf.OpOr:   func(a, b uint64) uint64 { return a | b },
	bpf.OpAnd:  func(a, b uint64) uint64 { return a & b },
	bpf.OpXor:  func(a, b uint64) uint64 { return a ^ b },
	bpf.OpLsh:  func(a, b uint64) uint64 { return a << (b & 63) },
	bpf.OpRsh:  func(a, b uint64) uint64 { return a >> (b & 63) },
	bpf.OpArsh: func(a, b uint64) uint64 { return uint64(int64(a) >> (b & 63)) },
}

var alu32 = [bpf.NumOps]func(a, b uint32) uint32{
	bpf.OpAdd: func(a, b uint32) uint32 { return a + b },
	bpf.OpSub: func(a, b uint32) uint32 { return a - b },
	bpf.OpMul: func(a, b uint32) uint32 { return a * b },
	bpf.OpDiv: func(a, b uint32) uint32 {
		if b == 0 {
			return 0
		}
		return a / b
	},
	bpf.OpMod: func(a, b uint32) uint32 {
		if b == 0 {
			return a
		}
		return a % b
	},
	bpf.OpSdiv: func(a, b uint32) uint32 {
		switch {
		case b == 0:
			return 0
		case int32(a) == math.MinInt32 && int32(b) == -1:
			return a
		}
		return uint32(int32(a) / int32(b))
	},
	bpf.OpSmod: func(a, b uint32) uint32 {
		switch {
		case b == 0:
			return a
		case int32(b) == -1:
			return 0
		}
		return uint32(int32(a) % int32(b))
	},
	bpf.OpOr:   func(a, b uint32) uint32 { return a | b },
	bpf.OpAnd:  func(a, b uint32) uint32 { return a & b },
	bpf.OpXor:  func(a, b uint32) uint32 { return a ^ b },
	bpf.OpLsh:  func(a, b uint32) uint32 { return a << (b & 31) },
	bpf.OpRsh:  func(a, b uint32) uint32 { return a >> (b & 31) },
	bpf.OpArsh: func(a, b uint32) uint32 { return uint32(int32(a) >> (b & 31)) },
}

func (r *run) alu(i *bpf.Instruction) error {
	a, err := r.read(i.Dst)
	if err != nil {
		return err
	}
	b, err := r.operand(i)
	if err != nil {
		return err
	}
	switch i.Width {
	case 4:
		return r.write(i.Dst, number(uint64(alu32[i.Op](uint32(a.Bits), uint32(b.Bits)))))
	case 8:
		result := number(alu64[i.Op](a.Bits, b.Bits))
		result.Kind, result.Region = provenance(i.Op, a, b)
		return r.write(i.Dst, result)
	}
	return r.fault("width %d: arithmetic is on 4 or 8 bytes", i.Width)
}

// provenance is what the result of a 64-bit operation points to: pointer plus
// or minus number and number plus pointer are pointers, all else is a number.
func provenance(op bpf.Op, a, b Value) (Kind, *Region) {
	switch {
	case (op == bpf.OpAdd || op == bpf.OpSub) && b.Region == nil:
		return a.Kind, a.Region
	case op == bpf.OpAdd && a.Region == nil:
		return b.Kind, b.Region
	}
	return KindScalar, nil
}

func (r *run) neg(i *bpf.Instruction) error {
	a, err := r.read(i.Dst)
	if err != nil {
		return err
	}
	if i.Width == 4 {
		return r.write(i.Dst, number(uint64(-uint32(a.Bits))))
	}
	return r.write(i.Dst, number(-a.Bits))
}

func (r *run) mov(i *bpf.Instruction) error {
	v, err := r.operand(i)
	if err != nil {
		return err
	}
	if i.Width == 4 {
		v = number(uint64(uint32(v.Bits)))
	}
	return r.write(i.Dst, v)
}

func (r *run) movsx(i *bpf.Instruction) error {
	v, err := r.read(i.Src)
	if err != nil {
		return err
	}
	wide := extend(v.Bits, int(i.From))
	if i.Width == 4 {
		wide = uint64(uint32(wide))
	}
	return r.write(i.Dst, number(wide))
}

// extend sign-extends the low size bytes.
func extend(v uint64, size int) uint64 {
	shift := 64 - 8*size
	return uint64(int64(v<<shift) >> shift)
}

// truncate zero-extends the low size bytes.
func truncate(v uint64, size int) uint64 {
	shift := 64 - 8*size
	return v << shift >> shift
}

// swap is le, be and bswap (RFC 9669 §4.2): reverse the low Width bytes when
// the order wanted is not the machine's, and clear the rest in any case.
func (r *run) swap(i *bpf.Instruction) error {
	v, err := r.read(i.Dst)
	if err != nil {
		return err
	}
	low := truncate(v.Bits, int(i.Width))
	if i.Op == bpf.OpBswap || (i.Op == bpf.OpToBE) != r.m.obj.BigEndian {
		low = bits.ReverseBytes64(low) >> (64 - 8*uint(i.Width))
	}
	return r.write(i.Dst, number(low))
}
