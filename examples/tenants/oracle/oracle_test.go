package oracle

import (
	"encoding/hex"
	"strings"
	"testing"
)

// TestDecide has frames written by hand.
func TestDecide(t *testing.T) {
	policy := &Policy{
		Version: 7, Default: Drop, Nets: map[[2]byte]Verdict{{10, 1}: Pass, {10, 2}: Drop},
		Ports: map[Port]Verdict{{6, 443}: Pass, {17, 53}: Drop},
	}
	const head = "020000000001 020000000002 8100 600a 0800 " // VLAN 10, priority 3
	ip := func(first, fragment, protocol, source string) string {
		return head + first + "000000 0000" + fragment + "40" + protocol + "0000 " + source + "0000 0a000001 "
	}
	for _, c := range []struct {
		name, frame string
		mine        bool
		verdict     Verdict
		stamp       [3]uint16
	}{
		{"https", ip("45", "0000", "06", "c0a8") + "1000 01bb", true, Pass, [3]uint16{0, 7, 7}},
		{"dns", ip("45", "0000", "11", "0a01") + "1000 0035", true, Drop, [3]uint16{7, 7, 7}},
		{"udp 443 is another port", ip("45", "0000", "11", "c0a8") + "1000 01bb", true, Drop, [3]uint16{0, 0, 7}},
		{"net passes", ip("45", "0000", "06", "0a01") + "1000 0050", true, Pass, [3]uint16{7, 0, 7}},
		{"net drops what the port passes", ip("45", "0000", "06", "0a02") + "1000 01bb", true, Drop, [3]uint16{7, 7, 7}},
		{"options", ip("46", "4000", "06", "c0a8") + "01010101 1000 01bb", true, Pass, [3]uint16{0, 7, 7}},
		{"fragment", ip("45", "2000", "06", "0a01") + "1000 01bb", false, Drop, [3]uint16{}},
		{"icmp", ip("45", "0000", "01", "0a01") + "1000 01bb", false, Drop, [3]uint16{}},
		{"short ports", ip("45", "0000", "06", "0a01") + "1000 01", false, Drop, [3]uint16{}},
		{"short header", ip("44", "0000", "06", "0a01") + "1000 01bb", false, Drop, [3]uint16{}},
		{"no tag", "020000000001 020000000002 0800 45" + strings.Repeat("00", 40), false, Drop, [3]uint16{}},
	} {
		frame, err := hex.DecodeString(strings.ReplaceAll(c.frame, " ", ""))
		if err != nil {
			t.Fatal(c.name, err)
		}
		p, mine := Parse(frame)
		if mine != c.mine {
			t.Errorf("%s: decided by a policy: %v, want %v", c.name, mine, c.mine)
		}
		if !mine {
			continue
		}
		if v, stamp := policy.Decide(p); v != c.verdict || stamp != c.stamp || p.Tenant != 10 {
			t.Errorf("%s: tenant %d, verdict %d, stamp %v; want 10, %d, %v", c.name, p.Tenant, v, stamp, c.verdict, c.stamp)
		}
	}
}
