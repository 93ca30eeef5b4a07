package model

import (
	"fmt"

	"github.com/bpf2go-native/bpf2go-native/bpf"
)

// bloom is BLOOM_FILTER: what was pushed is found; of the rest, some may be.
type bloom struct {
	base
	in map[string]bool
}

// Step implements Model. A peek's Op has in Value what is asked for.
func (b *bloom) Step(op Op, got Result) error {
	if err, done := b.gate(op, got); done {
		return err
	}
	switch op.Code {
	case Update, ProgPush:
		if op.Flags != 0 {
			return Differs(b.fails(op, bpf.EINVAL), got)
		}
		b.in[string(op.Value)] = true
		return Differs(Result{}, got)
	case Lookup, ProgPeek:
		found, absent := Differs(Result{}, got) == nil, Differs(b.fails(op, bpf.ENOENT), got) == nil
		if !found && (!absent || b.in[string(op.Value)]) {
			return fmt.Errorf("got %v; the value was pushed: %v", got, b.in[string(op.Value)])
		}
		return nil
	case Count:
		return nil
	}
	return Differs(unsupported(&b.base, op), got)
}
