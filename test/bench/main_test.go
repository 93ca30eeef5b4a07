package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

// TestRun measures a few rows very shortly. That engines disagree would be an
// error: the loops in C, Go and eBPF do the same.
func TestRun(t *testing.T) {
	o, err := parse([]string{"-json", "-rounds", "1", "-slice", "200us", "-rows", "call|array|hash|subprogs|geometric"})
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
	if len(got.Rows) < 12 {
		t.Errorf("%d rows, want at least 12:\n%s", len(got.Rows), out.String())
	}
	for _, r := range got.Rows {
		for _, e := range r.Engines {
			if e.Missing != "" {
				t.Logf("%s: %s: %s", r.Name, e.Engine, e.Missing)
			}
		}
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
			seen[x>>20] = true
			x += weyl
		}
	}
	if len(seen) < entries/2 {
		t.Errorf("the seeds reach %d entries of %d", len(seen), entries)
	}
}
