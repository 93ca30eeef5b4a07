package verifier_test

import (
	"errors"
	"flag"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/verifier"
)

var generated = flag.Int("generated", 10000, "programs that TestGenerated makes")

// TestGenerated: programs made of every operation on operands of every kind.
// Those that are accepted run without a fault and within what the certificate
// says.
func TestGenerated(t *testing.T) {
	b := newBuilder(*mutantsSeed)
	n, accepted := scaled(*generated), map[feature]int{}
	var sum tally
	all, reasons := 0, map[string]int{}
	for range n {
		f := b.all[b.next%len(b.all)]
		obj, p := b.program()
		_, err := verifier.Verify(obj, p, verifier.Options{MaxProcessed: 20000})
		var e *verifier.Error
		switch {
		case err == nil:
			all++
			accepted[f]++
			sum.add(follow(t, obj, p, 3))
		case !errors.As(err, &e) || e.Code == "V090":
			t.Fatalf("%v\n%s", err, listing(p))
		default:
			reasons[string(e.Code)]++
		}
	}
	t.Logf("%d programs, %d accepted; %d of %d features made (operation x kinds of operands), %d of them in accepted programs; %d concrete states",
		n, all, len(b.seen), len(b.all), len(accepted), sum.steps)
	t.Logf("refused by reason: %v", reasons)
	if n >= len(b.all) && len(b.seen) != len(b.all) {
		t.Errorf("features are missing")
	}
}
