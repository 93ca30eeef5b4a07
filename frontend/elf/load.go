// Package elf reads eBPF objects, relocatable ELF files for EM_BPF as clang
// writes them, into the object model of package frontend.
//
// It takes the bytes of a file and gives a *frontend.Object: programs with
// their subprograms linked behind them, maps and data sections, global
// variables, C types and C source lines. ELF relocation, BTF, map definitions
// and the joining of functions are the work of github.com/cilium/ebpf; the
// instructions themselves are decoded by package bpf from the bytes of the
// section, so that no encoding is lost on the way and nothing depends on the
// machine that the compiler runs on.
//
// It refuses, with an error that names the file and the section: files that
// are not ELF, truncated, of 32 bits, for another machine or linked; objects
// without a program or with a section whose program type is not known; maps
// defined by BTF in an object that has none; symbols that nothing defines.
// What is valid but not compiled by this version wraps bpf.ErrUnsupported.
//
// Loading applies no CO-RE relocation: there is no kernel underneath, and the
// types that the program was compiled with are the ones that its host uses.
package elf

import (
	"bytes"
	"fmt"

	"github.com/cilium/ebpf"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/frontend"
)

// Options says what the file does not.
type Options struct {
	// ProgTypes maps ELF section names to hook names ("xdp") and wins over
	// the prefixes of the hook table. Naming .text makes programs of the
	// global functions in it that no other function calls.
	ProgTypes map[string]string
	// Platform is the platform whose numbers the object uses. An object that
	// has a section .ebpf_for_windows is Windows whatever is said here.
	Platform bpf.Platform
	// Types are the names of C types to add to Object.Types.
	Types []string
	// NoGlobalTypes leaves the types of maps and globals out of Object.Types.
	NoGlobalTypes bool
}

// Load reads the object in data. The name is used in messages and, without
// its directory, as Object.Name. The bytes are not kept.
func Load(data []byte, name string, opt Options) (*frontend.Object, error) {
	im, err := open(data, opt)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	spec, err := im.collect()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	l := &loader{image: im, spec: spec, opt: opt, types: newConverter(), maps: make(map[string]int)}
	obj, err := l.object(name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return obj, nil
}

// loader converts one collection into an Object.
type loader struct {
	*image
	spec  *ebpf.CollectionSpec
	opt   Options
	types *converter
	maps  map[string]int // name to index into Object.Maps
	obj   *frontend.Object
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
	for _, step := range []func() error{l.loadMaps, l.loadGlobals, l.loadPrograms, l.loadTypes} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return l.obj, nil
}

// collect runs cilium/ebpf's loader. It is the only place that does, and a
// panic in there becomes an error: the file is then malformed in a way that
// neither its checks nor those of open see.
func (im *image) collect() (spec *ebpf.CollectionSpec, err error) {
	defer func() {
		if r := recover(); r != nil {
			spec, err = nil, fmt.Errorf("malformed object: %v", r)
		}
	}()
	spec, err = ebpf.LoadCollectionSpecFromReader(bytes.NewReader(im.data))
	if err != nil {
		return nil, im.explain(err)
	}
	return spec, nil
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
