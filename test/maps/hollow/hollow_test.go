package main

import (
	"hash/fnv"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// TestSample empties some bodies: those that the tests of maps are known to
// miss, and a sample that depends on the sources. make hollow does all.
func TestSample(t *testing.T) {
	root, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	why, err := reasons()
	if err != nil {
		t.Fatal(err)
	}
	list, overlay, err := rewrite(root, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for key := range why {
		if !slices.ContainsFunc(list, func(b *body) bool { return b.key() == key }) {
			t.Errorf("explained.txt explains %s, which is not there", key)
		}
	}
	s := &suite{root: root, dir: t.TempDir(), overlay: overlay, skip: "^$"}
	if err := s.build(1); err != nil {
		t.Fatal(err)
	}
	known, err := sample(list, 4, seed(t, overlay), `^rtlib (hashMap|array|queue|MapLookupElem|MapUpdateElem|MapPopElem|Map\.(Lookup|Update|Delete|NextKey)$)`)
	if err != nil || len(known) < 4 {
		t.Fatalf("%d bodies, %v", len(known), err)
	}
	// The models draw what they do: a body that few operations come to may need
	// another draw.
	for range 4 {
		var left []*body
		s.all(known, 2, func(b *body, by string) {
			if by == "" && why[b.key()] == "" {
				left = append(left, b)
			}
		})
		known = left
	}
	for _, b := range known {
		t.Errorf("%s can be emptied, and no test of %s misses it", b.key(), tests[0].pkg)
	}
}

// seed is a number that changes with the sources.
func seed(t *testing.T, overlay string) uint64 {
	text, err := os.ReadFile(filepath.Join(filepath.Dir(overlay), "0_map_host.go"))
	if err != nil {
		t.Fatal(err)
	}
	h := fnv.New64a()
	_, _ = h.Write(text) // never fails
	return h.Sum64()
}
