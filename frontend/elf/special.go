package elf

import (
	"cmp"
	"slices"

	"github.com/cilium/ebpf/btf"

	"github.com/bpf2go-native/bpf2go-native/frontend"
)

// maxSpecial bounds the special parts of a value; the kernel allows eleven.
const maxSpecial = 256

// specialStructs are the structs of linux/bpf.h that programs reach by helpers
// only.
var specialStructs = map[string]frontend.SpecialKind{
	"bpf_spin_lock": frontend.SpecialSpinLock, "bpf_timer": frontend.SpecialTimer, "bpf_wq": frontend.SpecialWorkqueue,
	"bpf_list_head": frontend.SpecialList, "bpf_rb_root": frontend.SpecialRbtree,
	"bpf_res_spin_lock": frontend.SpecialOther, "bpf_list_node": frontend.SpecialOther, "bpf_rb_node": frontend.SpecialOther,
	"bpf_refcount": frontend.SpecialOther, "bpf_task_work": frontend.SpecialOther,
}

// pointerTags are the type tags that make a pointer special.
var pointerTags = []string{"kptr", "kptr_ref", "kptr_untrusted", "percpu_kptr", "uptr"}

// specials finds the special parts of a value, or of the piece of one that
// begins at byte off, of type t; by offset.
func specials(t btf.Type, off int) []frontend.Special {
	var found []frontend.Special
	if t != nil {
		found = addSpecials(nil, t, off, 0)
	}
	slices.SortStableFunc(found, func(a, b frontend.Special) int { return cmp.Compare(a.Off, b.Off) })
	return found
}

// addSpecials appends those of t, which lies off bytes into the value.
func addSpecials(all []frontend.Special, t btf.Type, off, depth int) []frontend.Special {
	if depth > maxDepth || len(all) >= maxSpecial {
		return all
	}
	switch t := btf.UnderlyingType(t).(type) {
	case *btf.Struct:
		if kind, ok := specialStructs[t.Name]; ok {
			return append(all, frontend.Special{Kind: kind, Name: t.Name, Off: off, Size: int(t.Size)})
		}
		for _, m := range t.Members {
			all = addSpecials(all, m.Type, off+int(m.Offset/8), depth+1)
		}
	case *btf.Array:
		size, err := btf.Sizeof(t.Type)
		if err != nil {
			return all
		}
		for i := range int(min(t.Nelems, maxSpecial)) {
			before := len(all)
			if all = addSpecials(all, t.Type, off+i*size, depth+1); len(all) == before {
				break
			}
		}
	case *btf.Pointer:
		if tag, name := pointerTag(t.Target); tag != "" {
			all = append(all, frontend.Special{Kind: frontend.SpecialKptr, Name: name, Tag: tag, Off: off, Size: 8})
		}
	}
	return all
}

// pointerTag returns the tag that makes a pointer to t special and the name of
// the type pointed at, "" for an ordinary pointer.
func pointerTag(t btf.Type) (tag, name string) {
	for range maxDepth {
		switch q := t.(type) {
		case *btf.TypeTag:
			if slices.Contains(pointerTags, q.Value) {
				tag = q.Value
			}
			t = q.Type
		case *btf.Const:
			t = q.Type
		case *btf.Volatile:
			t = q.Type
		case *btf.Restrict:
			t = q.Type
		default:
			return tag, t.TypeName()
		}
	}
	return tag, ""
}
