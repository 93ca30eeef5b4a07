package soak

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"slices"
	"unsafe"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/rtlib"
	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
	"github.com/bpf2go-native/bpf2go-native/test/maps/drive"
	"github.com/bpf2go-native/bpf2go-native/test/maps/linear"
	"github.com/bpf2go-native/bpf2go-native/test/maps/model"
)

// keyed is a map with keys: key n has values whose words are n<<32 and a number
// that counts up.
type keyed struct {
	spec  model.Spec
	index int // of the instance's maps
	m     *rtlib.Map
	keys  int // more than there is room for
}

// fill is a value of a key.
func (k *keyed) fill(u *user, n int) []byte {
	u.seq++
	return linear.Fill(uint64(n)<<32|uint64(uint32(u.seq)), int(k.spec.ValueSize))
}

func (k *keyed) key(n int) []byte {
	switch {
	case k.spec.Array():
		return binary.LittleEndian.AppendUint32(nil, uint32(n))
	case k.spec.Type == bpf.MapLPMTrie: // full length, and /8 of it for some
		b := binary.LittleEndian.AppendUint32(nil, 8*(k.spec.KeySize-4))
		return binary.BigEndian.AppendUint32(b, uint32(n)*0x01010101)[:k.spec.KeySize]
	}
	return spread(n, int(k.spec.KeySize))
}

// spread is model.Key with more keys.
func spread(n, size int) []byte {
	b := binary.LittleEndian.AppendUint32(nil, uint32(n))
	for len(b) < size {
		b = append(b, byte(n)^byte(len(b)))
	}
	return b[:size]
}

// check says what is wrong with a value of key n.
func (k *keyed) check(n int, value []byte) error {
	inPlace := k.spec.Array() || k.spec.PerCPU() || k.spec.Lock != 0
	if k.spec.Lock != 0 { // it lies in a word of its own, of which the rest is no number
		value = append(append([]byte{}, value[:8]...), value[16:]...)
	}
	whole, err := linear.Number(value)
	if inPlace {
		err = nil // some words can be of one update, some of another
	}
	if err == nil && whole == 0 && !inPlace {
		err = errors.New("it is zero")
	}
	for rest := value; len(rest) >= 8 && err == nil; rest = rest[8:] {
		if v := binary.LittleEndian.Uint64(rest); v != 0 && v>>32 != uint64(n) {
			err = fmt.Errorf("it is of key %d", v>>32)
		}
	}
	if err != nil {
		return fmt.Errorf("map %s: value %x of key %d: %w", k.m.Name(), value, n, err)
	}
	return nil
}

// usual are the errors that others' work explains.
var usual = []error{errno(bpf.ENOENT), errno(bpf.EEXIST), errno(bpf.E2BIG), errno(bpf.ENOSPC)}

func errno(e bpf.Errno) error { return (&rtlib.MapError{Errno: e}).Unwrap() }

// explained drops errors that others' work explains.
func explained(err error) error {
	if err == nil || slices.ContainsFunc(usual, func(e error) bool { return errors.Is(err, e) }) {
		return nil
	}
	return err
}

// host does one operation of a host.
func (k *keyed) host(u *user) error {
	n := u.rand.IntN(k.keys)
	key, value := k.key(n), make([]byte, k.spec.HostSize())
	switch op := u.rand.IntN(9); {
	case op < 3:
		if k.spec.PerCPU() {
			for c := range k.spec.CPUs {
				copy(value[c*k.spec.Step():], k.fill(u, n))
			}
		} else {
			value = k.fill(u, n)
		}
		flags := []uint64{0, 0, bpf.UpdateNoExist, bpf.UpdateExist}[u.rand.IntN(4)]
		if k.spec.Lock != 0 {
			flags |= bpf.UpdateLock & u.rand.Uint64()
		}
		return explained(k.m.Update(key, value, flags))
	case op == 3 && !k.spec.Array():
		return explained(k.m.Delete(key))
	case op == 4 && !k.spec.Array() && k.spec.Type != bpf.MapLPMTrie:
		if err := k.m.LookupAndDelete(key, value, 0); err != nil {
			return explained(err)
		}
		return k.checkAll(n, value)
	case op == 5:
		return k.walk(u)
	case op == 6 && u.rand.IntN(4) == 0:
		return k.batch(u)
	}
	if err := k.m.Lookup(key, value); err != nil {
		return explained(err)
	}
	return k.checkAll(n, value)
}

// checkAll is check of a host's value.
func (k *keyed) checkAll(n int, value []byte) error {
	if !k.spec.PerCPU() {
		return k.check(n, value)
	}
	for c := range k.spec.CPUs {
		if err := k.check(n, value[c*k.spec.Step():][:k.spec.ValueSize]); err != nil {
			return fmt.Errorf("CPU %d: %w", c, err)
		}
	}
	return nil
}

// walk goes on from a key for some steps.
func (k *keyed) walk(u *user) error {
	key := k.key(u.rand.IntN(k.keys))
	for range 4 {
		if err := k.m.NextKey(key, key); err != nil {
			return explained(err)
		}
		if n := k.number(key); n < 0 || n >= k.keys {
			return fmt.Errorf("map %s: key %x was never there", k.m.Name(), key)
		}
	}
	if n := k.m.Len(); n < 0 || n > int(k.spec.MaxEntries) {
		return fmt.Errorf("map %s: %d keys of at most %d", k.m.Name(), n, k.spec.MaxEntries)
	}
	return nil
}

// batch reads some elements at once.
func (k *keyed) batch(u *user) error {
	const n = 8
	keys, values := make([]byte, n*int(k.spec.KeySize)), make([]byte, n*k.spec.HostSize())
	var cursor rtlib.BatchCursor
	read := k.m.BatchLookup
	if u.rand.IntN(8) == 0 && !k.spec.Array() && k.spec.Type != bpf.MapLPMTrie {
		read = k.m.BatchLookupAndDelete
	}
	for range 1 + u.rand.IntN(6) {
		got, err := read(&cursor, keys, values, 0)
		for i := range got {
			key := keys[i*int(k.spec.KeySize):][:k.spec.KeySize]
			n := k.number(key)
			if n < 0 {
				return fmt.Errorf("map %s: a batch gives key %x", k.m.Name(), key)
			}
			if err := k.checkAll(n, values[i*k.spec.HostSize():][:k.spec.HostSize()]); err != nil {
				return fmt.Errorf("batch: %w", err)
			}
		}
		if err != nil {
			return explained(err)
		}
	}
	return nil
}

// number is the number of a key, -1 of what is none.
func (k *keyed) number(key []byte) int {
	for n := range k.keys {
		if string(k.key(n)) == string(key) {
			return n
		}
	}
	return -1
}

// held is a value that a run has found.
type held struct {
	n    int
	addr uint64
	was  []byte
}

// program does some operations in one run and looks in the end whether what it
// has found is as it was.
func (k *keyed) program(u *user) error {
	var found []held
	return u.run(func(fr *abi.Frame) error {
		m := abi.Map(fr, k.index)
		for range 6 {
			n := u.rand.IntN(k.keys)
			key := u.put(0, k.key(n))
			switch op := u.rand.IntN(8); {
			case op < 2:
				flags := []uint64{0, 0, bpf.UpdateNoExist, bpf.UpdateExist}[u.rand.IntN(4)]
				r0 := int64(rtlib.MapUpdateElem(fr, m, key, u.put(128, k.fill(u, n)), flags))
				if r0 != 0 && explained(errno(bpf.Errno(-r0))) != nil {
					return fmt.Errorf("map %s: update returns %d", k.m.Name(), r0)
				}
			case op == 2 && !k.spec.Array():
				rtlib.MapDeleteElem(fr, m, key)
			case op == 3 && k.spec.Type != bpf.MapLPMTrie:
				if err := k.each(fr, m); err != nil {
					return err
				}
			default:
				addr := rtlib.MapLookupElem(fr, m, key)
				if addr == 0 {
					continue
				}
				value := drive.Bytes(addr, int(k.spec.ValueSize))
				if err := k.check(n, value); err != nil {
					return fmt.Errorf("program: %w", err)
				}
				found = append(found, held{n, addr, value})
			}
		}
		return k.recheck(found)
	})
}

// recheck looks at values again. Those that are written in place are of the same
// key.
func (k *keyed) recheck(found []held) error {
	for _, h := range found {
		value := drive.Bytes(h.addr, len(h.was))
		if err := k.check(h.n, value); err != nil {
			return fmt.Errorf("held value: %w", err)
		}
		if !k.spec.Array() && !k.spec.PerCPU() && k.spec.Lock == 0 && string(value) != string(h.was) {
			return fmt.Errorf("map %s: held value of key %d was %x and is %x", k.m.Name(), h.n, h.was, value)
		}
	}
	return nil
}

// each walks over some elements.
func (k *keyed) each(fr *abi.Frame, m uint64) error {
	s := &fr.Each[0]
	*s = abi.EachState{}
	for range 8 {
		addr := rtlib.ForEachNext(fr, m, uint64(uintptr(unsafe.Pointer(s))))
		if addr == 0 {
			return nil
		}
		key := drive.Bytes(s.Key, int(k.spec.KeySize))
		n := k.number(key)
		if n < 0 {
			return fmt.Errorf("map %s: each gives key %x: %w", k.m.Name(), key, os.ErrInvalid)
		}
		if err := k.check(n, drive.Bytes(addr, int(k.spec.ValueSize))); err != nil {
			return fmt.Errorf("each: %w", err)
		}
	}
	return nil
}
