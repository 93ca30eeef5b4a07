package vectors

import (
	"bytes"
	"strings"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/internal/interp"
	"github.com/bpf2go-native/bpf2go-native/internal/isatest"
	"github.com/bpf2go-native/bpf2go-native/test/harness"
	"github.com/bpf2go-native/bpf2go-native/verifier"
)

// everything is all cases that run.
func everything(t testing.TB, extent Extent) []*isatest.Case {
	t.Helper()
	cases, err := Cases()
	if err != nil {
		t.Fatal(err)
	}
	var list []*isatest.Case
	for _, c := range cases {
		if c.Error == "" {
			list = append(list, c)
		}
	}
	return append(list, Families(extent)...)
}

// TestInterp runs all cases on the interpreter, which stops at every read of
// what was not written.
func TestInterp(t *testing.T) {
	for _, c := range everything(t, Pairs) {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			m, err := interp.New(c.Object, interp.Options{Steady: true})
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range c.Samples {
				if err := m.Map(s.Map).Produce(s.Data, s.Discard); err != nil {
					t.Fatal(err)
				}
			}
			for k, run := range c.Runs {
				var out interp.Output
				data := append([]byte(nil), run.Data...)
				got, err := m.Run(c.Object.Programs[0], interp.Input{Data: data, Output: &out, MaxInsns: 1 << 32})
				if err != nil {
					t.Fatalf("run %d: %v", k, err)
				}
				compare(t, c, k, got.R0, out.Data)
			}
			r := harness.Result{}
			for _, after := range c.Maps {
				if made := m.Map(after.Name); made != nil {
					r.Maps = append(r.Maps, harness.MapDump{Name: after.Name, Entries: made.Dump()})
				}
			}
			compareMaps(t, c, &r)
		})
	}
}

// compare checks one run.
func compare(t *testing.T, c *isatest.Case, k int, r0 uint64, data []byte) {
	t.Helper()
	run := c.Runs[k]
	if !c.Object.Programs[0].Hook.Memory {
		r0 = uint64(uint32(r0)) // what the host of an XDP program sees
	}
	if r0 != run.Result {
		t.Errorf("run %d: r0 is %#x, want %#x", k, r0, run.Result)
	}
	if run.After == nil || bytes.Equal(data, run.After) {
		return
	}
	at := 0
	for at < len(data) && at < len(run.After) && data[at] == run.After[at] {
		at++
	}
	at &^= 7
	t.Fatalf("run %d: %d bytes are left, want %d; at byte %d (snippet %d, byte %d) % x, want % x", k, len(data), len(run.After),
		at, at/int(recordSize)-1, at%int(recordSize), data[at:min(at+8, len(data))], run.After[at:min(at+8, len(run.After))])
}

// TestVerify: the programs of all cases are accepted, or refused with the text
// that the case has.
func TestVerify(t *testing.T) {
	cases, err := Cases()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range append(cases, Families(Pairs)...) {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			err := c.Refused
			for k := 0; err == nil && k < len(c.Object.Programs); k++ {
				_, err = verifier.Verify(c.Object, c.Object.Programs[k], verifier.Options{})
			}
			switch {
			case c.Error == "" && err != nil:
				t.Errorf("refused: %+v", err)
			case c.Error != "" && (err == nil || !strings.Contains(err.Error(), c.Error)):
				t.Errorf("got %v, want %s", err, c.Error)
			}
		})
	}
}
