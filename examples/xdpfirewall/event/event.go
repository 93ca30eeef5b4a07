// Package event reads the records that xdpfirewall puts into its ring: it takes
// struct drop of xdpfirewall.bpf.c and gives what the oracle says of a drop, and
// refuses records of another size.
package event

import (
	"encoding/binary"
	"fmt"

	"github.com/bpf2go-native/bpf2go-native/examples/xdpfirewall/oracle"
)

// Size is the size of struct drop in bytes.
const Size = 28

// Parse reads a record. Kernels return more bytes than were submitted: a multiple
// of 8.
func Parse(record []byte) (oracle.Drop, error) {
	if len(record) != Size && len(record) != (Size+7)&^7 {
		return oracle.Drop{}, fmt.Errorf("a record of %d bytes in the ring, want %d", len(record), Size)
	}
	return oracle.Drop{
		Rule:            oracle.Rule(binary.LittleEndian.Uint32(record)),
		Type:            binary.BigEndian.Uint16(record[4:]),
		Protocol:        record[6],
		SourcePort:      binary.BigEndian.Uint16(record[8:]),
		DestinationPort: binary.BigEndian.Uint16(record[10:]),
		Source:          [16]byte(record[12:Size]),
	}, nil
}
