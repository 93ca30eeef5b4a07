package table

import (
	"slices"
	"strings"

	"github.com/bpf2go-native/bpf2go-native/bpf"
)

// Rows are shared and must not be modified.

// Helpers returns the rows of a platform's helpers by id. Whoever lists or
// counts helpers uses it.
func Helpers(p bpf.Platform) []Helper {
	if p == bpf.Windows {
		return windowsHelpers
	}
	return linuxHelpers
}

// HelperByID returns the row of a helper by the number in a call instruction,
// nil when the platform has no such helper.
func HelperByID(p bpf.Platform, id int32) *Helper {
	rows := Helpers(p)
	if id < 1 || int(id) > len(rows) {
		return nil
	}
	return &rows[id-1]
}

// HelperFor returns the row of a helper for programs of a hook: one of its own,
// or that of a helper that takes other arguments in the hook. It is that of HelperByID for all others,
// whether the hook offers the helper or not, see Offered.
func HelperFor(p bpf.Platform, hook *Hook, id int32) *Helper {
	if h := hook.own(id); h != nil {
		return h
	}
	for k := range linuxVariants {
		if h := &linuxVariants[k]; p == bpf.Linux && h.ID == id && h.Offered(hook) {
			return h
		}
	}
	return HelperByID(p, id)
}

// HelperByName returns the row of a helper by its name without "bpf_", nil
// when the platform has no such helper.
func HelperByName(p bpf.Platform, name string) *Helper {
	rows := Helpers(p)
	for k := range rows {
		if rows[k].Name == name {
			return &rows[k]
		}
	}
	return nil
}

// Kfuncs returns the rows of the kernel functions that are known, by name.
func Kfuncs() []Helper { return kfuncs }

// KfuncByName returns the row of a function outside the program that programs
// call by name: kernel functions and the functions of string.h that compilers
// call; nil for others.
func KfuncByName(name string) *Helper {
	for k := range kfuncs {
		if kfuncs[k].Name == name {
			return &kfuncs[k]
		}
	}
	return nil
}

// Offered reports whether programs of a hook may call the helper by this row;
// see HelperFor.
func (h *Helper) Offered(hook *Hook) bool {
	if h.Hooks == nil || slices.Contains(h.Hooks, hook.Name) {
		return true
	}
	for _, name := range hook.HelperSet {
		if slices.Contains(h.Hooks, name) {
			return true
		}
	}
	return false
}

// Hooks returns the rows of a platform's hooks.
func Hooks(p bpf.Platform) []Hook {
	if p == bpf.Windows {
		return windowsHooks
	}
	return linuxHooks
}

// HookByName returns the hook of a name, nil when the platform has none.
func HookByName(p bpf.Platform, name string) *Hook {
	rows := Hooks(p)
	for k := range rows {
		if rows[k].Name == name {
			return &rows[k]
		}
	}
	return nil
}

// HookBySection returns the hook of an ELF section: the one with the longest
// prefix that is the section's name or is followed by a slash in it. "?" in
// front of a section (libbpf: do not load by default) does not count. It
// returns nil when no hook has such a section.
func HookBySection(p bpf.Platform, section string) *Hook {
	section = strings.TrimPrefix(section, "?")
	rows := Hooks(p)
	var best *Hook
	longest := -1
	for k := range rows {
		if n := matchSection(rows[k].Sections, section); n > longest {
			best, longest = &rows[k], n
		}
	}
	return best
}

// Variants returns the rows of helpers of a platform that differ in some hooks.
func Variants(p bpf.Platform) []Helper {
	if p != bpf.Linux {
		return nil
	}
	return linuxVariants
}
