package arm64_test

import (
	"regexp"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/backend"
	"github.com/bpf2go-native/bpf2go-native/backend/arm64"
	"github.com/bpf2go-native/bpf2go-native/backend/targettest"
)

// TestAtomicRegisters: the suite runs the loops of exclusive accesses with
// their result, their operand and their address in every register.
func TestAtomicRegisters(t *testing.T) {
	target := arm64.Target()
	seen := make(map[string]bool)
	form := regexp.MustCompile(`LDAXRW? \((\w+)\), (\w+)\n.*\t(?:ADD|ORR|AND|EOR)W? (\w+), \w+, R16\n`)
	for _, c := range targettest.AliasCases() {
		for _, m := range form.FindAllStringSubmatch(targettest.Listing(targettest.Compile(t, target, c.Text)), -1) {
			seen["address "+m[1]], seen["result "+m[2]], seen["operand "+m[3]] = true, true, true
		}
	}
	for r := range backend.FirstVirtual {
		for _, role := range []string{"address ", "result ", "operand "} {
			if name := role + target.RegName(r); target.Allocatable.Has(r) && !seen[name] {
				t.Errorf("no atomic has its %s", name)
			}
		}
	}
}
