package ir

// Results that eBPF defines where machines trap (RFC 9669 §4.1).

func udiv64(a, b, _ uint64) uint64 {
	if b == 0 {
		return 0
	}
	return a / b
}

func umod64(a, b, _ uint64) uint64 {
	if b == 0 {
		return a
	}
	return a % b
}

// sdiv64 needs no case for MIN / -1: Go defines it to wrap.
func sdiv64(a, b, _ uint64) uint64 {
	if b == 0 {
		return 0
	}
	return uint64(int64(a) / int64(b))
}

func smod64(a, b, _ uint64) uint64 {
	if b == 0 {
		return a
	}
	return uint64(int64(a) % int64(b))
}

func sdiv32(a, b, _ uint64) uint64 {
	if uint32(b) == 0 {
		return 0
	}
	return lo(uint64(int32(a) / int32(b)))
}

func smod32(a, b, _ uint64) uint64 {
	if uint32(b) == 0 {
		return lo(a)
	}
	return lo(uint64(int32(a) % int32(b)))
}

func choose(a, b, c uint64) uint64 {
	if a != 0 {
		return b
	}
	return c
}
