// Package elf reads eBPF objects, relocatable ELF files for EM_BPF as clang
// writes them, into the object model of package frontend.
//
// It takes the bytes of a file and gives a *frontend.Object: programs with
// their subprograms linked behind them, maps and data sections, global
// variables, C types and C source lines. Objects of all ages are read: with
// maps defined by BTF or in sections "maps" and "maps/NAME" in the layouts of
// libbpf, iproute2, gobpf and eBPF for Windows, with function symbols that
// have neither type nor size, with all code in .text. BTF and CO-RE are the
// work of github.com/cilium/ebpf/btf; instructions are decoded by package bpf
// from the bytes of the section, so that no encoding is lost on the way and
// nothing depends on the machine that the compiler runs on.
//
// It refuses, with an error that names the file and the section: files that
// are not ELF, truncated, of 32 bits, for another machine or linked; objects
// without a program; maps defined by BTF in an object that has none. What is
// wrong with one program or one map is the Err of that program or map.
//
// Without Options.Kernel CO-RE relocations are applied as if the target had
// the types that the program was compiled with: every access stays as it is.
package elf

import (
	"bytes"
	"debug/elf"
	"fmt"
	"slices"

	"github.com/cilium/ebpf/btf"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/frontend"
)

// Options says what the file does not.
type Options struct {
	// ProgTypes maps ELF section names to hook names ("xdp") and wins over
	// the prefixes of the hook table. A name stands for the section and for
	// all below it ("tc" for tc/ingress); "*" in it matches any text. Of
	// several that match the longest counts. Naming .text makes programs of
	// the global functions in it that no other function calls.
	ProgTypes map[string]string
	// Platform is the platform whose numbers the object uses. An object that
	// has a section .ebpf_for_windows is Windows whatever is said here.
	Platform bpf.Platform
	// Types are the names of C types to add to Object.Types.
	Types []string
	// NoGlobalTypes leaves the types of maps and globals out of Object.Types.
	NoGlobalTypes bool
	// Kernel is BTF, raw or in an ELF file, to apply CO-RE relocations
	// against; nil for the types of the object itself.
	Kernel []byte
	// Set gives values to variables of .kconfig and constants of .rodata, as
	// C programmers write numbers, characters, booleans and strings; kernel
	// configuration may be y, m or n as well.
	Set map[string]string
	// Assume makes up for what only a host knows, so that objects can be
	// judged without one: kernel configuration without value is any value,
	// the kernel is 6.18, code that is only in .text is of type raw, and
	// names in ProgTypes that fit nothing are ignored.
	Assume bool
}

// Load reads the object in data. The name is used in messages and, without
// its directory, as Object.Name. The bytes are not kept.
func Load(data []byte, name string, opt Options) (obj *frontend.Object, err error) {
	defer func() {
		// The parsers of debug/elf and btf have panicked on malformed files.
		if r := recover(); r != nil {
			obj, err = nil, fmt.Errorf("%s: malformed object: %v", name, r)
		}
	}()
	im, err := open(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	l := newLoader(im, opt)
	if obj, err = l.object(name); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return obj, nil
}

// loader converts one file into an Object.
type loader struct {
	*image
	opt   Options
	types *converter
	btf   *btf.Spec     // types of the object; nil without BTF
	ext   *btf.ExtInfos // nil without .BTF.ext
	local *btf.Spec     // the same types as btf, those that ext refers to
	obj   *frontend.Object

	maps   map[place]int     // index into Object.Maps of map symbols and of data sections
	legacy map[int]legacyMap // what Map does not say of a legacy map, by index

	datasecs map[string][]declared // see datasec

	kernel  *btf.Spec               // Options.Kernel
	config  map[string]variable     // of .kconfig, by name
	kfuncs  map[string]bool         // declared in .ksyms
	ksyms   map[string]*btf.Var     // declared in .ksyms
	decoded map[*function]*funcCode // of functions met so far
}

func newLoader(im *image, opt Options) *loader {
	if im.file.Section(windowsSection) != nil {
		opt.Platform = bpf.Windows
	}
	return &loader{
		image: im, opt: opt, types: newConverter(),
		maps: make(map[place]int), legacy: make(map[int]legacyMap), datasecs: make(map[string][]declared), config: make(map[string]variable),
		kfuncs: make(map[string]bool), ksyms: make(map[string]*btf.Var), decoded: make(map[*function]*funcCode),
	}
}

// object runs the conversion: maps first, since instructions refer to them by
// index.
func (l *loader) object(name string) (*frontend.Object, error) {
	l.obj = &frontend.Object{
		Name:      baseName(name),
		License:   l.license(),
		Platform:  l.opt.Platform,
		BigEndian: l.bigEndian(),
	}
	for _, step := range []func() error{
		l.checkPrograms, l.loadBTF, l.loadKernel, l.loadMaps, l.loadExterns, l.loadGlobals, l.setConstants,
		l.loadPrograms, l.loadSlots, l.loadTypes,
	} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return l.obj, nil
}

// loadBTF reads the BTF of the object. What is malformed in it matters only
// when it defines maps: all else can do without. The types are read from the
// section alone, because together with the ELF file the package checks what
// it thinks extern variables are.
func (l *loader) loadBTF() error {
	maps := slices.ContainsFunc(l.file.Sections, func(s *elf.Section) bool { return isDefinitions(s) && s.Size > 0 })
	sec := l.file.Section(btfSection)
	if sec == nil || sec.Size == 0 {
		if maps {
			return l.noBTF()
		}
		return nil
	}
	spec, err := btf.LoadSpecFromReader(bytes.NewReader(l.bytes(sec)))
	if err != nil {
		if maps {
			return fmt.Errorf("section %s: malformed BTF: %w", btfSection, err)
		}
		return nil
	}
	l.btf = spec
	// Without .BTF.ext, or with a damaged one, there are no lines.
	if local, ext, err := btf.LoadSpecAndExtInfosFromReader(bytes.NewReader(l.extended())); err == nil {
		l.local, l.ext = local, ext
	}
	return nil
}

// noBTF is the error for maps defined by BTF in an object that has none. The
// message names the first instruction that refers to such a map.
func (l *loader) noBTF() error {
	const advice = "the object has no BTF, which defines its maps: compile with -g and keep section " + btfSection + " when stripping"
	for _, f := range l.funcs {
		for off := f.off; off < f.off+f.size; off += slotSize {
			r, ok := l.relocs[f.index][off]
			if !ok || r.symbol < 0 {
				continue
			}
			if s := l.section(l.syms[r.symbol].Section); s != nil && isDefinitions(s) {
				return fmt.Errorf("section %s: program %s: instruction %d: map %s: %s",
					f.section.Name, f.name, (off-f.off)/slotSize, l.nameOf(l.syms[r.symbol]), advice)
			}
		}
	}
	return fmt.Errorf("section %s: %s", btfMapSection, advice)
}

// loadKernel reads the BTF to relocate against.
func (l *loader) loadKernel() error {
	if l.opt.Kernel == nil {
		return nil
	}
	spec, err := btf.LoadSpecFromReader(bytes.NewReader(l.opt.Kernel))
	if err != nil {
		return fmt.Errorf("the BTF to relocate against: %w", err)
	}
	l.kernel = spec
	return nil
}

// baseName is the last element of a path with either kind of separator: the
// result must not depend on the system that the compiler runs on.
func baseName(name string) string {
	for i := len(name) - 1; i >= 0; i-- {
		if name[i] == '/' || name[i] == '\\' {
			return name[i+1:]
		}
	}
	return name
}
