package elf

import (
	"debug/elf"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/frontend"
)

// Sections that exist in BTF only and hold what the loader provides.
const (
	configSection = ".kconfig"
	symbolSection = ".ksyms"
)

// maxConfig bounds a configuration variable, in bytes; strings are the largest.
const maxConfig = 1 << 16

// variable is a kernel configuration variable.
type variable struct {
	in, off int // index into Object.Maps, bytes
	err     error
}

// loadExterns reads what the object declares and does not define: kernel
// configuration, kernel functions and kernel variables.
func (l *loader) loadExterns() error {
	for _, d := range l.datasec(symbolSection) {
		if d.fn != nil {
			l.kfuncs[d.name] = true
			continue
		}
		l.ksyms[d.name] = d.v
	}
	return l.loadConfig(l.datasec(configSection))
}

// assumed are the values of variables that libbpf makes up, as Linux 6.18 on
// amd64 and arm64 has them.
var assumed = map[string]uint64{
	"LINUX_KERNEL_VERSION": 6<<16 | 18<<8, "LINUX_HAS_BPF_COOKIE": 1, "LINUX_HAS_SYSCALL_WRAPPER": 1,
}

// loadConfig makes two data sections of the configuration variables: one that
// is frozen, of those whose value is known, and one that programs cannot
// write either, of those that may have any value.
func (l *loader) loadConfig(vars []declared) error {
	sections := [2]*frontend.Map{l.configMap(configSection), l.configMap(configSection + ".any")}
	sections[0].Frozen = true
	var globals [2][]*frontend.Global
	for _, d := range vars {
		if d.v == nil {
			return fmt.Errorf("section %s: malformed BTF: %s is a function", configSection, d.name)
		}
		t, err := l.types.convert(d.v.Type)
		if err != nil {
			return fmt.Errorf("section %s: variable %s: %w", configSection, d.name, err)
		}
		if t.Size > maxConfig {
			return fmt.Errorf("section %s: variable %s has %d bytes, more than %d", configSection, d.name, t.Size, maxConfig)
		}
		value, known, err := l.configValue(d.name, t)
		if err != nil {
			l.config[d.name] = variable{err: err}
			continue
		}
		i := 0
		if !known {
			i = 1
		}
		m := sections[i]
		for len(m.Data)%8 != 0 {
			m.Data = append(m.Data, 0)
		}
		globals[i] = append(globals[i], &frontend.Global{Name: d.name, Off: len(m.Data), Size: t.Size, Const: true, Type: t})
		m.Data = append(m.Data, value...)
	}
	for i, m := range sections {
		if len(m.Data) == 0 {
			continue
		}
		m.ValueSize = uint32(len(m.Data))
		n := l.addMap(m, place{-1 - i, 0})
		for _, g := range globals[i] {
			g.Map = n
			l.config[g.Name] = variable{in: n, off: g.Off}
		}
		l.obj.Globals = append(l.obj.Globals, globals[i]...)
	}
	return nil
}

func (l *loader) configMap(name string) *frontend.Map {
	return &frontend.Map{Name: name, Type: bpf.MapArray, KeySize: 4, MaxEntries: 1, Flags: bpf.FlagRdonlyProg}
}

// configValue decides the value of a configuration variable, in the byte order
// of the object.
func (l *loader) configValue(name string, t *frontend.Type) (value []byte, known bool, err error) {
	value = make([]byte, t.Size)
	if text, ok := l.opt.Set[name]; ok {
		return value, true, l.store(value, t, text)
	}
	if n, ok := assumed[name]; ok && l.opt.Assume {
		return value, true, l.store(value, t, fmt.Sprint(n))
	}
	weak := slices.ContainsFunc(l.syms, func(s elf.Symbol) bool {
		return s.Name == name && s.Section == elf.SHN_UNDEF && elf.ST_BIND(s.Info) == elf.STB_WEAK
	})
	if weak || l.opt.Assume {
		return value, weak, nil
	}
	return nil, false, fmt.Errorf("the kernel configuration variable %s has no value: pass -set %s=VALUE, or declare it __weak for 0", name, name)
}

// setConstants writes the values of Options.Set into read-only data. Kernel
// configuration has its values already.
func (l *loader) setConstants() error {
	for _, name := range slices.Sorted(maps.Keys(l.opt.Set)) {
		if v, ok := l.config[name]; ok {
			if v.err != nil {
				return v.err
			}
			continue
		}
		i := slices.IndexFunc(l.obj.Globals, func(g *frontend.Global) bool { return g.Name == name })
		if i < 0 {
			return fmt.Errorf("variable %s cannot be set: there is none of that name; the object has%s", name, l.constants())
		}
		g := l.obj.Globals[i]
		if !g.Const || g.Type == nil {
			return fmt.Errorf("variable %s cannot be set: declare it const volatile, and compile with -g", name)
		}
		if err := l.store(l.obj.Maps[g.Map].Data[g.Off:g.Off+g.Size], g.Type, l.opt.Set[name]); err != nil {
			return fmt.Errorf("variable %s: %w", name, err)
		}
	}
	return nil
}

// constants lists what can be set, for messages.
func (l *loader) constants() string {
	names := slices.Collect(maps.Keys(l.config))
	for _, g := range l.obj.Globals {
		if g.Const && !slices.Contains(names, g.Name) {
			names = append(names, g.Name)
		}
	}
	slices.Sort(names)
	if len(names) == 0 {
		return " no constants"
	}
	return " " + strings.Join(names, ", ")
}
