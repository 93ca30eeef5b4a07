package inside

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"io"
	"testing"
)

// sample is where the profiler found the program: the innermost function.
type sample struct {
	count          uint64
	function, file string
	line           int
}

// message are the fields of a message in the encoding of protocol buffers, by
// number: integers of varints, bytes of the rest.
type message struct {
	ints  map[uint64][]uint64
	bytes map[uint64][][]byte
}

// parseMessage takes a message apart. A field with bytes may be a message, a
// text or a list of integers; the reader knows.
func parseMessage(t *testing.T, b []byte) message {
	t.Helper()
	m := message{map[uint64][]uint64{}, map[uint64][][]byte{}}
	for len(b) > 0 {
		var tag, v uint64
		tag, b = varint(t, b)
		v, b = varint(t, b)
		switch tag & 7 {
		case 0:
			m.ints[tag>>3] = append(m.ints[tag>>3], v)
		case 2:
			if v > uint64(len(b)) {
				t.Fatalf("field of %d bytes, %d are there", v, len(b))
			}
			m.bytes[tag>>3] = append(m.bytes[tag>>3], b[:v])
			b = b[v:]
		default:
			t.Fatalf("wire type %d", tag&7)
		}
	}
	return m
}

func varint(t *testing.T, b []byte) (uint64, []byte) {
	t.Helper()
	v, n := binary.Uvarint(b)
	if n <= 0 {
		t.Fatal("no varint")
	}
	return v, b[n:]
}

// integer is the value of a field, 0 when it is absent.
func (m message) integer(field uint64) uint64 {
	if v := m.ints[field]; len(v) > 0 {
		return v[len(v)-1]
	}
	return 0
}

// parseProfile returns the samples of a CPU profile. The numbers of fields are
// those of profile.proto (github.com/google/pprof).
func parseProfile(t *testing.T, data []byte) []sample {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	raw, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	const (
		profileSample, profileLocation, profileFunction, profileString = 2, 4, 5, 6

		sampleLocation, sampleValue            = 1, 2
		locationID, locationLine               = 1, 4
		lineFunction, lineLine                 = 1, 2
		functionID, functionName, functionFile = 1, 2, 4
	)
	p := parseMessage(t, raw)
	name := func(i uint64) string { return string(p.bytes[profileString][i]) }
	functions, locations := map[uint64]message{}, map[uint64]sample{}
	for _, b := range p.bytes[profileFunction] {
		m := parseMessage(t, b)
		functions[m.integer(functionID)] = m
	}
	for _, b := range p.bytes[profileLocation] {
		m := parseMessage(t, b)
		if len(m.bytes[locationLine]) == 0 {
			continue
		}
		line := parseMessage(t, m.bytes[locationLine][0])
		f := functions[line.integer(lineFunction)]
		locations[m.integer(locationID)] = sample{0, name(f.integer(functionName)), name(f.integer(functionFile)), int(line.integer(lineLine))}
	}
	var all []sample
	for _, b := range p.bytes[profileSample] {
		m := parseMessage(t, b)
		at := locations[first(t, m, sampleLocation)]
		at.count = first(t, m, sampleValue)
		all = append(all, at)
	}
	return all
}

// first is the first element of a list of integers, in either encoding.
func first(t *testing.T, m message, field uint64) uint64 {
	t.Helper()
	if packed := m.bytes[field]; len(packed) > 0 {
		v, _ := varint(t, packed[0])
		return v
	}
	if list := m.ints[field]; len(list) > 0 {
		return list[0]
	}
	t.Fatalf("field %d is an empty list", field)
	return 0
}
