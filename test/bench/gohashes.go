package main

// The loops over Go's maps, by the size of the key.

func (m *goMaps) base4(p []byte) (sum uint32) {
	x := first(p)
	for range opsPerRun {
		sum += keyOf(x>>m.shift, 0)
		x += weyl
	}
	save(p, x)
	return sum
}

func (m *goMaps) lookup4(p []byte, absent uint32) (sum uint32) {
	x := first(p)
	for range opsPerRun {
		if v, ok := m.hash4[keyOf(x>>m.shift, absent)]; ok {
			sum += uint32(v)
		}
		x += weyl
	}
	save(p, x)
	return sum
}

func (m *goMaps) update4(p []byte) (sum uint32) {
	x := first(p)
	for range opsPerRun {
		key := keyOf(x>>m.shift, 0)
		m.hash4[key] = valueOf(x >> m.shift)
		sum += key
		x += weyl
	}
	save(p, x)
	return sum
}

func (m *goMaps) mix4(p []byte) (sum uint32) {
	x := first(p)
	for n := range opsPerRun {
		key := keyOf(x>>m.shift, 0)
		if n%20 == 0 {
			m.hash4[key] = valueOf(x >> m.shift)
			sum += uint32(valueOf(x >> m.shift))
		} else if v, ok := m.hash4[key]; ok {
			sum += uint32(v)
		}
		x += weyl
	}
	save(p, x)
	return sum
}

func (m *goMaps) replace4(p []byte) (sum uint32) {
	x := first(p)
	for range opsPerRun {
		key := keyOf(x>>m.shift, 0)
		delete(m.hash4, key)
		m.hash4[key] = valueOf(x >> m.shift)
		sum += key
		x += weyl
	}
	save(p, x)
	return sum
}

func (m *goMaps) base16(p []byte) (sum uint32) {
	x := first(p)
	for range opsPerRun {
		k := key16Of(x>>m.shift, 0)
		sum += uint32(k.Half[1] >> 32)
		x += weyl
	}
	save(p, x)
	return sum
}

func (m *goMaps) lookup16(p []byte, absent uint32) (sum uint32) {
	x := first(p)
	for range opsPerRun {
		if v, ok := m.hash16[key16Of(x>>m.shift, absent)]; ok {
			sum += uint32(v)
		}
		x += weyl
	}
	save(p, x)
	return sum
}

func (m *goMaps) update16(p []byte) (sum uint32) {
	x := first(p)
	for range opsPerRun {
		m.hash16[key16Of(x>>m.shift, 0)] = valueOf(x >> m.shift)
		sum += x >> m.shift
		x += weyl
	}
	save(p, x)
	return sum
}

// opaqueKey keeps the compiler from leaving out the stores of a key.
//
//go:noinline
func opaqueKey(*key64) {}

func (m *goMaps) base64(p []byte) (sum uint32) {
	x := first(p)
	for range opsPerRun {
		k := key64Of(x>>m.shift, 0)
		opaqueKey(&k)
		sum += x >> m.shift
		x += weyl
	}
	save(p, x)
	return sum
}

func (m *goMaps) lookup64(p []byte, absent uint32) (sum uint32) {
	x := first(p)
	for range opsPerRun {
		if v, ok := m.hash64[key64Of(x>>m.shift, absent)]; ok {
			sum += uint32(v)
		}
		x += weyl
	}
	save(p, x)
	return sum
}

func (m *goMaps) update64(p []byte) (sum uint32) {
	x := first(p)
	for range opsPerRun {
		m.hash64[key64Of(x>>m.shift, 0)] = valueOf(x >> m.shift)
		sum += x >> m.shift
		x += weyl
	}
	save(p, x)
	return sum
}
