package harness

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/bpf2go-native/bpf2go-native/internal/interp"
)

// interpret runs cases on the interpreter. Stack bytes that were never written
// are 0, as in generated code.
func (o Options) interpret(ctx context.Context, cases []Case) ([]Result, error) {
	start := time.Now()
	defer func() { o.Times.Run += time.Since(start) }()
	results := make([]Result, len(cases))
	for i := range cases {
		if err := ctx.Err(); err != nil {
			return results, fmt.Errorf("interp: case %s: %w", cases[i].Name, err)
		}
		results[i] = o.interpretOne(&cases[i])
	}
	return results, nil
}

func (o Options) interpretOne(c *Case) (r Result) {
	if err := c.Object.Check(); err != nil {
		return Result{Refused: err}
	}
	m, err := interp.New(c.Object, interp.Options{ZeroStack: true, Steady: true, Helpers: o.Helpers})
	if err != nil {
		return Result{Refused: err}
	}
	for _, s := range c.Samples {
		if err := m.Map(s.Map).Produce(s.Data, s.Discard); err != nil {
			return Result{Refused: err}
		}
	}
	for _, in := range c.Inputs {
		// One backing array: metadata ends where data begins.
		packet := slices.Concat(in.Meta, in.Data)
		meta := packet[:len(in.Meta):len(in.Meta)]
		left := interp.Output{}
		got, err := m.Run(c.Object.Programs[c.Program], interp.Input{
			Data: packet[len(in.Meta):], Meta: meta, Ctx: slices.Clone(in.Ctx), Output: &left,
		})
		out := Output{R0: got.R0, Data: left.Data, Meta: left.Meta}
		if err != nil {
			out = Output{Err: err.Error()}
		}
		r.Outputs = append(r.Outputs, out)
		if err != nil {
			break
		}
	}
	for _, def := range c.Object.Maps {
		if made := m.Map(def.Name); made != nil && dumped(def) {
			r.Maps = append(r.Maps, MapDump{def.Name, made.Dump()})
		}
	}
	return r
}
