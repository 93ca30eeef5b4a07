package lru

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/btf"
)

// kernels returns a function that counts the hits of the kernel's map, or the
// reason why there is none.
func kernels() (func(keys []uint32) (int, error), string) {
	if os.Geteuid() != 0 {
		return nil, "needs root to load programs"
	}
	m, err := ebpf.NewMap(&ebpf.MapSpec{Type: ebpf.Array, KeySize: 4, ValueSize: 4, MaxEntries: 1})
	if err != nil {
		return nil, "needs bpf(2), which this system refuses: " + err.Error()
	}
	_ = m.Close()
	return inKernel, ""
}

// inKernel runs a program in the kernel that asks for each of the keys.
func inKernel(keys []uint32) (hits int, err error) {
	spec := &ebpf.CollectionSpec{
		Maps: map[string]*ebpf.MapSpec{
			"keys": {Name: "keys", Type: ebpf.Array, KeySize: 4, ValueSize: 4, MaxEntries: uint32(len(keys)), Flags: 1 << 10},
			"hits": {Name: "hits", Type: ebpf.Array, KeySize: 4, ValueSize: 8, MaxEntries: 1},
			"lru":  {Name: "lru", Type: ebpf.LRUHash, KeySize: 4, ValueSize: 8, MaxEntries: entries},
		},
		Programs: map[string]*ebpf.ProgramSpec{"ask": {Name: "ask", Type: ebpf.XDP, License: "GPL", Instructions: asking(len(keys))}},
	}
	coll, err := ebpf.NewCollection(spec)
	if err != nil {
		return 0, fmt.Errorf("load: %w", err)
	}
	defer coll.Close()
	mem, err := coll.Maps["keys"].Memory()
	if err != nil {
		return 0, err
	}
	for i, k := range keys {
		b := binary.NativeEndian.AppendUint32(nil, k)
		if _, err := mem.WriteAt(b, int64(8*i)); err != nil {
			return 0, err
		}
	}
	r0, err := coll.Programs["ask"].Run(&ebpf.RunOptions{Data: make([]byte, 64)})
	if err != nil || r0 != uint32(len(keys)) {
		return 0, errors.Join(fmt.Errorf("the program asked for %d of %d keys", r0, len(keys)), err)
	}
	var n uint64
	err = coll.Maps["hits"].Lookup(uint32(0), &n)
	return int(n), err
}

// asking is the program: bpf_loop over n keys.
func asking(n int) asm.Instructions {
	function := asm.LoadImm(asm.R2, -1, asm.DWord)
	function.Src = asm.PseudoFunc
	long := &btf.Int{Name: "long", Size: 8, Encoding: btf.Signed}
	typed := func(i asm.Instruction, name string, linkage btf.FuncLinkage) asm.Instruction {
		proto := &btf.FuncProto{Return: long, Params: []btf.FuncParam{{Name: "a", Type: long}, {Name: "b", Type: long}}}
		return btf.WithFuncMetadata(i.WithSymbol(name), &btf.Func{Name: name, Type: proto, Linkage: linkage})
	}
	return asm.Instructions{
		typed(asm.Mov.Imm(asm.R1, int32(n)), "ask", btf.GlobalFunc),
		function.WithReference("one"),
		asm.Mov.Imm(asm.R3, 0),
		asm.Mov.Imm(asm.R4, 0),
		asm.FnLoop.Call(),
		asm.Return(),

		typed(asm.StoreMem(asm.R10, -4, asm.R1, asm.Word), "one", btf.StaticFunc),
		asm.LoadMapPtr(asm.R1, 0).WithReference("keys"),
		asm.Mov.Reg(asm.R2, asm.R10),
		asm.Add.Imm(asm.R2, -4),
		asm.FnMapLookupElem.Call(),
		asm.JEq.Imm(asm.R0, 0, "out"),
		asm.LoadMem(asm.R1, asm.R0, 0, asm.Word),
		asm.StoreMem(asm.R10, -8, asm.R1, asm.Word),
		asm.LoadMapPtr(asm.R1, 0).WithReference("lru"),
		asm.Mov.Reg(asm.R2, asm.R10),
		asm.Add.Imm(asm.R2, -8),
		asm.FnMapLookupElem.Call(),
		asm.JEq.Imm(asm.R0, 0, "miss"),
		asm.Mov.Imm(asm.R1, 0),
		asm.StoreMem(asm.R10, -4, asm.R1, asm.Word),
		asm.LoadMapPtr(asm.R1, 0).WithReference("hits"),
		asm.Mov.Reg(asm.R2, asm.R10),
		asm.Add.Imm(asm.R2, -4),
		asm.FnMapLookupElem.Call(),
		asm.JEq.Imm(asm.R0, 0, "out"),
		asm.LoadMem(asm.R1, asm.R0, 0, asm.DWord),
		asm.Add.Imm(asm.R1, 1),
		asm.StoreMem(asm.R0, 0, asm.R1, asm.DWord),
		asm.Ja.Label("out"),

		asm.Mov.Imm(asm.R1, 0).WithSymbol("miss"),
		asm.StoreMem(asm.R10, -16, asm.R1, asm.DWord),
		asm.LoadMapPtr(asm.R1, 0).WithReference("lru"),
		asm.Mov.Reg(asm.R2, asm.R10),
		asm.Add.Imm(asm.R2, -8),
		asm.Mov.Reg(asm.R3, asm.R10),
		asm.Add.Imm(asm.R3, -16),
		asm.Mov.Imm(asm.R4, 0),
		asm.FnMapUpdateElem.Call(),

		asm.Mov.Imm(asm.R0, 0).WithSymbol("out"),
		asm.Return(),
	}
}
