package rtlib

import (
	"fmt"
	"unsafe"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
)

func (t *trie) lookup(_ *abi.Frame, key unsafe.Pointer) uint64 { return t.find(key, t.m.keySize) }

func (t *trie) update(fr *abi.Frame, key, value unsafe.Pointer, flags uint64) bpf.Errno {
	errno := t.set(key, value, flags)
	t.elems.cells.relax(fr)
	return errno
}

func (t *trie) remove(_ *abi.Frame, key unsafe.Pointer) bpf.Errno { return t.unset(key) }

func (t *trie) read(key, value unsafe.Pointer, flags uint64) bpf.Errno {
	if flags != 0 {
		return bpf.EINVAL
	}
	if p := t.prefixOf(key); p.len > p.size {
		return t.m.rules.TrieLookupLength
	}
	t.mu.RLock()
	defer t.mu.RUnlock()
	e := t.find(key, t.m.keySize)
	if e == 0 {
		return bpf.ENOENT
	}
	copyOut(value, at(e), t.m.valueSize)
	return 0
}

func (t *trie) write(key, value unsafe.Pointer, flags uint64) bpf.Errno {
	return t.update(nil, key, value, flags)
}

func (t *trie) erase(key unsafe.Pointer) bpf.Errno { return t.unset(key) }

func (t *trie) count() int { return int(t.keys.Load()) }

func (t *trie) memory(addr uint64) uint64 {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.elems.pool.memory(addr)
}

func (t *trie) explain(op string, errno bpf.Errno, flags uint64) string {
	if errno == bpf.EINVAL && flags <= bpf.UpdateExist && op != "lookup and delete" {
		return fmt.Sprintf("the prefix length is more than the %d bits of the key", t.dataBits)
	}
	return t.refuses.explain(op, errno, flags)
}
