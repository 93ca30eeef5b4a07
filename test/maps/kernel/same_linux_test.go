package kernel

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/internal/enginetest"
	"github.com/bpf2go-native/bpf2go-native/rtlib"
	"github.com/bpf2go-native/bpf2go-native/test/maps/drive"
	"github.com/bpf2go-native/bpf2go-native/test/maps/model"
)

// TestSame does the same operations on a map of the kernel and on one of the
// runtime library, and compares the results step by step. The order of keys, what an LRU map gives up
// and what a Bloom filter takes for another are each one's own matter: there, the
// model judges.
func TestSame(t *testing.T) {
	if missing := Missing(); missing != "" {
		enginetest.Missing(t, missing)
	}
	cpus, err := CPUs()
	if err != nil {
		t.Fatal(err)
	}
	for name, typ := range drive.Types {
		t.Run(name, func(t *testing.T) {
			check(t, typ, func(t *rapid.T) { same(t, typ, cpus) })
		})
	}
}

// pair is a map of each, with what the models know of them.
type pair struct {
	kernel *Map
	native *drive.Native
	spec   [2]model.Spec
	models [2]model.Model
	slots  []int // of the Frames that stand for the kernel's CPUs
}

func same(t *rapid.T, typ bpf.MapType, cpus int) {
	p, err := newPair(model.DrawSpec(t, bpf.Linux, typ, cpus))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = p.kernel.Close()
		_ = p.native.Close()
	}()
	d := &model.Draw{Spec: p.spec[0], Codes: hostAnd(p.spec[0]), CPUs: cpus}
	t.Repeat(map[string]func(*rapid.T){
		"": func(t *rapid.T) {},
		"operation": func(t *rapid.T) {
			op := d.Op(t)
			if err := p.step(op); err != nil {
				t.Fatalf("%v: %v: %v", p.spec[0], op, err)
			}
		},
	})
}

func newPair(s model.Spec) (*pair, error) {
	p := &pair{spec: [2]model.Spec{s, s}}
	p.spec[0].Early = true
	p.spec[1].CPUs = rtlib.PossibleCPU()
	var err error
	if p.kernel, err = New(p.spec[0]); err != nil {
		return nil, err
	}
	if p.native, err = drive.New(p.spec[1]); err != nil {
		return nil, err
	}
	for k, s := range p.spec {
		p.models[k] = model.New(s)
	}
	for k := range s.CPUs {
		slot, err := p.native.Slot(k)
		if err != nil {
			return nil, err
		}
		p.slots = append(p.slots, slot)
	}
	return p, nil
}

// step does an operation on both maps.
func (p *pair) step(op model.Op) error {
	inKernel, err := p.kernel.Do(op)
	if err != nil {
		return fmt.Errorf("kernel: %w", err)
	}
	if err := p.models[0].Step(op, inKernel); err != nil {
		return fmt.Errorf("kernel: %w", err)
	}
	other := p.translate(op)
	got, err := p.native.Do(&other)
	if err != nil {
		return err
	}
	if err := p.models[1].Step(other, got); err != nil {
		return err
	}
	if inKernel.Errno != 0 && got.Errno != 0 && op.Flags != 0 {
		return nil // the models have seen that one of the faults was found
	}
	if p.spec[0].LRU() || p.spec[0].Bloom() || op.Code == model.NextKey && !p.spec[0].Array() {
		return nil
	}
	if got = p.back(got); op.Code == model.Walk || op.Code == model.LookupBatch || op.Code == model.TakeBatch {
		got, inKernel = sorted(got), sorted(inKernel)
	}
	if err := model.Differs(inKernel, got); err != nil {
		return fmt.Errorf("unlike the kernel: %w", err)
	}
	return nil
}

// translate is the operation for the runtime library, which has another number
// of CPUs.
func (p *pair) translate(op model.Op) model.Op {
	s := p.spec[1]
	if !s.PerCPU() {
		return op
	}
	wide := func(value []byte) []byte {
		v := make([]byte, s.HostSize())
		for k, slot := range p.slots {
			copy(v[slot*s.Step():], value[k*s.Step():][:s.Step()])
		}
		return v
	}
	if op.Code == model.Update {
		op.Value = wide(op.Value)
	}
	op.Values = slices.Clone(op.Values)
	for i, v := range op.Values {
		op.Values[i] = wide(v)
	}
	if op.Code == model.ProgLookupAt {
		if op.At < uint64(len(p.slots)) {
			op.At = uint64(p.slots[op.At])
		} else {
			op.At = 1<<32 - 1
		}
	}
	return op
}

// back is translate of a result.
func (p *pair) back(r model.Result) model.Result {
	s := p.spec[1]
	short := func(v []byte) []byte {
		if !s.PerCPU() || len(v) != s.HostSize() || v == nil {
			return v
		}
		var out []byte
		for _, slot := range p.slots {
			out = append(out, v[slot*s.Step():][:s.Step()]...)
		}
		return out
	}
	r.Value = short(r.Value)
	r.Values = slices.Clone(r.Values)
	for i, v := range r.Values {
		r.Values[i] = short(v)
	}
	return r
}

// sorted is a walk in the order of keys.
func sorted(r model.Result) model.Result {
	order := make([]int, len(r.Keys))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return bytes.Compare(r.Keys[a], r.Keys[b]) })
	out := r
	out.Keys, out.Values = nil, nil
	for _, i := range order {
		out.Keys, out.Values = append(out.Keys, r.Keys[i]), append(out.Values, r.Values[i])
	}
	return out
}
