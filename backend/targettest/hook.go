package targettest

import (
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
)

// Hook returns the context of entry functions: field 0 to 3 have 8, 4, 2 and 1
// bytes, 4 and 5 are the buffer's bounds, 6 to 8 have 8 bytes.
func Hook() *table.Hook {
	scalar := func(slot, size int) table.Field {
		return table.Field{Size: size, Kind: table.FieldScalar, Slot: slot, Write: true}
	}
	return &table.Hook{Name: "targettest", Fields: []table.Field{
		scalar(0, 8), scalar(1, 4), scalar(2, 2), scalar(3, 1),
		{Size: 4, Kind: table.FieldData}, {Size: 4, Kind: table.FieldDataEnd},
		scalar(4, 8), scalar(5, 8), scalar(6, 8),
	}}
}

// ctxPlace returns where a field is in the Frame, and its size.
func ctxPlace(i int64) (off, size int) {
	f := Hook().Fields[i]
	switch f.Kind {
	case table.FieldData:
		return abi.OffData, 8
	case table.FieldDataEnd:
		return abi.OffDataEnd, 8
	}
	return abi.OffCtx + 8*f.Slot, f.Size
}
