package main

import (
	"strings"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/verifier"
)

// TestPrograms: every row is accepted; the large ones are left to the run.
func TestPrograms(t *testing.T) {
	for _, p := range programs() {
		obj, err := p.object("../../..")
		if err != nil {
			t.Fatalf("%s: %v", p.name, err)
		}
		for _, prog := range obj.Programs {
			if len(prog.Insns) < 40 && strings.Contains(p.name, "000 turns") {
				continue
			}
			if _, err := verifier.Verify(obj, prog, verifier.Options{}); err != nil {
				t.Errorf("%s: %+v", p.name, err)
			}
		}
	}
}

func TestSlope(t *testing.T) {
	var rows []row
	for _, n := range []int{10, 100, 1000} {
		rows = append(rows, row{stats: verifier.Stats{Processed: n, Bytes: n * n}})
	}
	if got := slope(rows, func(r row) float64 { return float64(r.stats.Bytes) }); got < 1.999 || got > 2.001 {
		t.Errorf("slope of squares is %v", got)
	}
}

func TestParseLog(t *testing.T) {
	r := parseLog("verification time 250 usec\nstack depth 8\nprocessed 42 insns (limit 1000000) max_states_per_insn 1 total_states 3 peak_states 3 mark_read 0\n")
	if r.why != "" || r.processed != 42 || r.states != 3 || r.time.Microseconds() != 250 {
		t.Errorf("got %+v", r)
	}
	if r := parseLog("nothing"); r.why == "" {
		t.Error("no reason")
	}
}
