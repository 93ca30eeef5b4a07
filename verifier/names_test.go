package verifier

import (
	"slices"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/bpf"
)

// TestAssigned: of several variables of a line the one before the column.
func TestAssigned(t *testing.T) {
	for _, c := range []struct {
		source string
		col    int
		want   string
	}{
		{"struct ep *e = bpf_map_lookup_elem(&endpoints, &k);", 17, "e"},
		{"u32 zero = 0, i = ctx->rx_queue_index;", 25, "i"},
		{"u32 zero = 0, i = ctx->rx_queue_index;", 5, "zero"},
		{"if (a == b)", 3, ""},
		{"return x;", 3, ""},
		{"", 0, ""},
	} {
		if got := assignedAt(&Made{Source: c.source, Pos: bpf.Pos{Line: 1, Col: c.col}}); got != c.want {
			t.Errorf("%q at %d: got %q, want %q", c.source, c.col, got, c.want)
		}
	}
}

func TestArguments(t *testing.T) {
	for _, c := range []struct {
		source string
		want   []string
	}{
		{"if (bpf_skb_load_bytes(skb, 14, name, len) < 0)", []string{"skb", "14", "name", "len"}},
		{"bpf_map_update_elem(&m, &k, (f(a, b)), 0);", []string{"&m", "&k", "(f(a, b))", "0"}},
		{"bpf_ktime_get_ns();", []string{""}},
		{"bpf_map_lookup_elem(&m,", nil},
		{"x = y;", nil},
	} {
		if got := arguments(c.source); !slices.Equal(got, c.want) {
			t.Errorf("%q: got %q, want %q", c.source, got, c.want)
		}
	}
}
