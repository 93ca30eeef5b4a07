package main

import (
	"bufio"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
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

// vectors returns inputs of testdata's vectors file of that name whose length
// is at least low and at most high bytes, evenly spread, at most limit.
func vectors(root, name string, low, high, limit int) ([][]byte, error) {
	file := filepath.Join(root, "testdata", "vectors", name+".txt")
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var all [][]byte
	scan := bufio.NewScanner(f)
	for line := 1; scan.Scan(); line++ {
		text, _, _ := strings.Cut(scan.Text(), " ")
		if len(text) < 2*low || len(text) > 2*high {
			continue
		}
		in, err := hex.DecodeString(text)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", file, line, err)
		}
		all = append(all, in)
	}
	if err := scan.Err(); err != nil {
		return nil, err
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
