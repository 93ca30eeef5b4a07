package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/rlimit"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/frontend"
)

// allowed says once whether programs can be loaded.
var allowed = sync.OnceValue(func() error {
	if os.Geteuid() != 0 {
		return errors.New("needs root")
	}
	return rlimit.RemoveMemlock()
})

// askKernel loads the program and reads the statistics of the log.
func askKernel(p program, obj *frontend.Object, prog *frontend.Program, root string) kernelResult {
	if err := allowed(); err != nil {
		return kernelResult{why: err.Error()}
	}
	var log string
	var err error
	if p.file != "" {
		log, err = loadFile(filepath.Join(root, "testdata", p.file), prog.Name)
	} else {
		log, err = loadInsns(obj, prog)
	}
	if err != nil {
		return kernelResult{why: p.name + ": " + err.Error()}
	}
	return parseLog(log)
}

// loadFile loads one program of an object with the object's maps.
func loadFile(file, name string) (string, error) {
	spec, err := ebpf.LoadCollectionSpec(file)
	if err != nil {
		return "", err
	}
	for k := range spec.Programs {
		if k != name {
			delete(spec.Programs, k)
		}
	}
	c, err := ebpf.NewCollectionWithOptions(spec, ebpf.CollectionOptions{Programs: ebpf.ProgramOptions{LogLevel: ebpf.LogLevelStats}})
	if err != nil {
		return "", err
	}
	defer c.Close()
	if c.Programs[name] == nil {
		return "", errors.New("no program " + name)
	}
	return c.Programs[name].VerifierLog, nil
}

// loadInsns loads generated instructions with one map.
func loadInsns(obj *frontend.Object, prog *frontend.Program) (string, error) {
	d := obj.Maps[0]
	m, err := ebpf.NewMap(&ebpf.MapSpec{Type: ebpf.MapType(d.Type), KeySize: d.KeySize, ValueSize: d.ValueSize, MaxEntries: d.MaxEntries})
	if err != nil {
		return "", err
	}
	defer func() { _ = m.Close() }()
	raw, err := bpf.Encode(prog.Insns, binary.LittleEndian)
	if err != nil {
		return "", err
	}
	for pc, in := range prog.Insns {
		if in.Kind == bpf.KindMap {
			raw[8*pc+1] = raw[8*pc+1]&0xf | 1<<4 // BPF_PSEUDO_MAP_FD
			binary.LittleEndian.PutUint32(raw[8*pc+4:], uint32(m.FD()))
		}
	}
	insns, err := asm.AppendInstructions(nil, bytes.NewReader(raw), binary.LittleEndian, "linux")
	if err != nil {
		return "", err
	}
	loaded, err := ebpf.NewProgramWithOptions(&ebpf.ProgramSpec{Type: ebpf.XDP, License: "GPL", Instructions: insns},
		ebpf.ProgramOptions{LogLevel: ebpf.LogLevelStats})
	if err != nil {
		return "", err
	}
	defer func() { _ = loaded.Close() }()
	return loaded.VerifierLog, nil
}

var (
	reTime      = regexp.MustCompile(`verification time (\d+) usec`)
	reProcessed = regexp.MustCompile(`processed (\d+) insns .*total_states (\d+)`)
)

// parseLog reads what BPF_LOG_STATS prints.
func parseLog(log string) kernelResult {
	t, n := reTime.FindStringSubmatch(log), reProcessed.FindStringSubmatch(log)
	if t == nil || n == nil {
		return kernelResult{why: "no statistics in the log: " + strings.TrimSpace(log)}
	}
	number := func(s string) int { v, _ := strconv.Atoi(s); return v }
	return kernelResult{time: time.Duration(number(t[1])) * time.Microsecond, processed: number(n[1]), states: number(n[2])}
}
