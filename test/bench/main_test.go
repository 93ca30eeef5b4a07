package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/test/bench/measure"
)

// TestRun measures a few rows very shortly. That engines disagree would be an
// error: the loops in C, Go and eBPF do the same.
func TestRun(t *testing.T) {
	o, err := parse([]string{"-json", "-rounds", "1", "-slice", "200us", "-rows", "calls|4,096|subprogs|geometric"})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := run(o, &out); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Rows []struct {
			Name    string
			Engines []struct {
				Engine, Missing string
				NS              *float64
			}
		}
	}
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Rows) < 25 {
		t.Errorf("%d rows, want at least 25:\n%s", len(got.Rows), out.String())
	}
	for _, r := range got.Rows {
		for _, e := range r.Engines {
			if e.Missing != "" {
				t.Logf("%s: %s: %s", r.Name, e.Engine, e.Missing)
			}
		}
	}
}

// TestProgramsAllocateNothing runs every program of ours, with all its operations
// on maps.
func TestProgramsAllocateNothing(t *testing.T) {
	ours := newGenerated()
	defer func() {
		if err := ours.close(); err != nil {
			t.Error(err)
		}
	}()
	for column, objects := range ours.specs {
		for object, spec := range objects {
			if !strings.Contains(object, "/programs/") || bitsOf(object) != entryBits || object == lpmBigObject {
				continue
			}
			l, err := ours.load(column, program{object: object})
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range spec.Programs {
				run, err := l.timer(l.frame, p.Name, seeds())
				if err != nil {
					t.Fatal(err)
				}
				if l.instance.Map("ring") != nil {
					ring, err := ours.reader(l, "ring")
					if err != nil {
						t.Fatal(err)
					}
					full := run
					run = func(n int) (time.Duration, error) { return emptied(full, ring, runsPerRing, n) }
				}
				// The first runs may take memory for elements.
				if _, err := run(2000); err != nil {
					t.Fatal(err)
				}
				if n := testing.AllocsPerRun(20, func() { _, err = run(10) }); n != 0 || err != nil {
					t.Errorf("%s, %s of %s: 10 runs allocate %v times, %v; want 0", column, p.Name, object, n, err)
				}
			}
			if err := ours.close(); err != nil {
				t.Error(err)
			}
		}
	}
}

// TestKeysCollide holds the keys against a map whose seed is 0, where they cost
// a search through all of them, and against one with a secret seed.
func TestKeysCollide(t *testing.T) {
	cost := func(keys []key16, flags uint32) float64 {
		run, err := lookups(keys, flags)
		if err != nil {
			t.Fatal(err)
		}
		var list []float64
		for range 9 {
			d, err := run(4 * len(keys))
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, float64(d.Nanoseconds())/float64(4*len(keys)))
		}
		return measure.Median(list)
	}
	const n = 1000
	plain := cost(randomKeys(n), 0)
	if weak := cost(collidingKeys(n), bpf.FlagZeroSeed); weak < 5*plain {
		t.Errorf("the keys do not collide under seed 0: %.0f ns a lookup, random keys take %.0f", weak, plain)
	}
	if secret := cost(collidingKeys(n), 0); secret > 2*plain {
		t.Errorf("keys that collide under seed 0 take %.0f ns under a secret seed, random ones %.0f; want at most twice that", secret, plain)
	}
}

func TestParseRefuses(t *testing.T) {
	for _, args := range [][]string{{"-rounds", "0"}, {"-slice", "-1s"}, {"more"}, {"-rows", "("}} {
		if _, err := parse(args); err == nil {
			t.Errorf("%q is taken", args)
		}
	}
}

func TestVectors(t *testing.T) {
	some, err := vectors("../..", "checksum", 1500, 1500, 3)
	if err != nil {
		t.Fatal(err)
	}
	for _, in := range some {
		if len(in) != 1500 {
			t.Errorf("input of %d bytes, want 1500", len(in))
		}
	}
	if _, err := vectors("../..", "checksum", 9000, 9001, 3); err == nil || !strings.Contains(err.Error(), "no input") {
		t.Errorf("impossible lengths: got %v", err)
	}
	if _, err := vectors("../..", "absent", 1, 2, 3); err == nil {
		t.Error("a missing file is read")
	}
}

// TestSeedsReachEveryEntry keeps the loops over maps from measuring a part that
// fits into the first cache.
func TestSeedsReachEveryEntry(t *testing.T) {
	seen := map[uint32]bool{}
	for _, in := range seeds() {
		x := first(in)
		for range opsPerRun {
			seen[x>>(32-entryBits)] = true
			x += weyl
		}
	}
	if len(seen) < entries/2 {
		t.Errorf("the seeds reach %d entries of %d", len(seen), entries)
	}
}
