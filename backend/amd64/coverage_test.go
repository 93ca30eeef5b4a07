package amd64_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/backend"
	"github.com/bpf2go-native/bpf2go-native/backend/amd64"
	"github.com/bpf2go-native/bpf2go-native/backend/targettest"
)

// TestAtomicRegisters: the suite runs the atomics with results through every
// register: as operand, where the result comes back, and as address. Those
// with their result in AX have the other operands elsewhere.
func TestAtomicRegisters(t *testing.T) {
	target := amd64.Target()
	operand, address := make(map[string][]string), make(map[string][]string)
	form := regexp.MustCompile(`(XADD[QL]|XCHG[QL]|CMPXCHG[QL]) (\w+), \d*\((\w+)\)`)
	for _, c := range targettest.AliasCases() {
		for _, m := range form.FindAllStringSubmatch(targettest.Listing(targettest.Compile(t, target, c.Text)), -1) {
			operand[m[1]] = append(operand[m[1]], m[2])
			address[m[1]] = append(address[m[1]], m[3])
		}
	}
	for _, name := range []string{"XADDQ", "XADDL", "XCHGQ", "XCHGL", "CMPXCHGQ", "CMPXCHGL"} {
		for r := range backend.FirstVirtual {
			reg := target.RegName(r)
			if !target.Allocatable.Has(r) {
				continue
			}
			if strings.HasPrefix(name, "CMP") && reg == "AX" {
				continue
			}
			if !slices.Contains(operand[name], reg) {
				t.Errorf("%s never has its operand in %s", name, reg)
			}
			if !slices.Contains(address[name], reg) {
				t.Errorf("%s never has its address in %s", name, reg)
			}
		}
	}
}
