package drive

import "github.com/bpf2go-native/bpf2go-native/bpf"

// Types are the map types that have a model in test/maps/model.
var Types = map[string]bpf.MapType{
	"array": bpf.MapArray, "hash": bpf.MapHash, "percpu_array": bpf.MapPercpuArray, "percpu_hash": bpf.MapPercpuHash,
	"lru_hash": bpf.MapLRUHash, "lru_percpu_hash": bpf.MapLRUPercpu,
	"lpm_trie": bpf.MapLPMTrie,
	"queue":    bpf.MapQueue, "stack": bpf.MapStack, "bloom_filter": bpf.MapBloomFilter,
	"ringbuf":    bpf.MapRingbuf,
	"prog_array": bpf.MapProgArray, "array_of_maps": bpf.MapArrayOfMaps, "hash_of_maps": bpf.MapHashOfMaps,
}
