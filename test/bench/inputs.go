package main

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// seeds returns the inputs of the loops over maps: packets that begin with
// different places in the sequence of keys.
func seeds() [][]byte {
	list := make([][]byte, 16)
	for i := range list {
		list[i] = make([]byte, 16)
		binary.LittleEndian.PutUint32(list[i], uint32(i)*entries/16<<20|uint32(i)*0x10405)
	}
	return list
}

// fresh copies inputs: loops over maps write to their packets, and a check has to
// begin where the others begin.
func fresh(inputs [][]byte) [][]byte {
	list := make([][]byte, len(inputs))
	for i, in := range inputs {
		list[i] = slices.Clone(in)
	}
	return list
}

// vectors returns inputs of testdata's vectors file of that name whose length
// is at least low and at most high bytes, evenly spread, at most limit.
func vectors(root, name string, low, high, limit int) ([][]byte, error) {
	file := filepath.Join(root, "testdata", "vectors", name+".txt")
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var all [][]byte
	line := 0
	for text := range strings.Lines(string(data)) {
		line++
		if text, _, _ = strings.Cut(text, " "); len(text) < 2*low || len(text) > 2*high {
			continue
		}
		in, err := hex.DecodeString(text)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", file, line, err)
		}
		all = append(all, in)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%s has no input of %d to %d bytes", file, low, high)
	}
	n := min(limit, len(all))
	some := make([][]byte, n)
	for i := range some {
		some[i] = all[i*len(all)/n]
	}
	return some, nil
}
