package table

import (
	"strconv"

	"github.com/bpf2go-native/bpf2go-native/bpf"
)

// own are the functions of rtlib for maps of one type, "" where what works for
// all types is called. sized says that there is a lookup for each of keySizes,
// named by the size.
type own struct {
	lookup string
	sized  bool
	update string
	remove string
}

// keySizes are the sizes of keys in bytes that sized lookups know.
var keySizes = [...]uint32{4, 8, 16}

var ownSymbols = map[bpf.MapType]own{
	bpf.MapHash:        {lookup: "HashLookup", sized: true, update: "HashUpdate", remove: "HashDelete"},
	bpf.MapPercpuHash:  {lookup: "PercpuHashLookup", sized: true, update: "PercpuHashUpdate", remove: "PercpuHashDelete"},
	bpf.MapLRUHash:     {lookup: "LRULookup", sized: true, update: "LRUUpdate"},
	bpf.MapLRUPercpu:   {lookup: "LRUPercpuLookup", sized: true, update: "LRUPercpuUpdate"},
	bpf.MapLPMTrie:     {lookup: "TrieLookup"},
	bpf.MapArrayOfMaps: {lookup: "ArrayOfMapsLookup"},
	bpf.MapHashOfMaps:  {lookup: "HashOfMapsLookup", sized: true},
}

// Symbol is the rtlib function to call for a helper when the map in its ArgMap
// is known to be of type t with keys of keySize bytes, with the same arguments:
// HashLookup4, HashLookup8, HashLookup16 or HashLookup (any size) for
// map_lookup_elem on a hash map; h.Symbol where a type has no function of its own.
func Symbol(h *Helper, t bpf.MapType, keySize uint32) string {
	o := ownSymbols[t]
	symbol := map[string]string{"MapLookupElem": o.lookup, "MapUpdateElem": o.update, "MapDeleteElem": o.remove}[h.Symbol]
	if symbol == "" {
		return h.Symbol
	}
	if h.Symbol == "MapLookupElem" && o.sized {
		for _, size := range keySizes {
			if size == keySize {
				symbol += strconv.FormatUint(uint64(size), 10)
			}
		}
	}
	return symbol
}
