package harness

import (
	"fmt"
	"testing"
	"time"

	"github.com/bpf2go-native/bpf2go-native/internal/enginetest"
	"github.com/bpf2go-native/bpf2go-native/internal/progen"
)

// BenchmarkBatch is a batch of 1,000 generated programs, 5 inputs each, on
// every engine; figures are milliseconds of each stage for the whole batch. Run
// it with -benchtime 1x.
func BenchmarkBatch(b *testing.B) {
	enginetest.Need(b, "go")
	var cases []Case
	for seed := range uint64(1000) {
		made := progen.Generate(fmt.Sprintf("p%d", seed), progen.Random(seed), progen.Options{})
		c := Case{Name: made.Name, Object: made.Object}
		for _, in := range made.Inputs {
			c.Inputs = append(c.Inputs, Input{Data: in.Data, Ctx: in.Ctx})
		}
		cases = append(cases, c)
	}
	for _, e := range []Engine{Interp(), Native("amd64"), Native("arm64"), Host(), Body("riscv64")} {
		b.Run(e.String(), func(b *testing.B) {
			if why := e.Missing(); why != "" {
				enginetest.Missing(b, why)
			}
			times := &Times{}
			for b.Loop() {
				if _, err := (Options{Times: times}).Run(b.Context(), e, cases); err != nil {
					b.Fatal(err)
				}
			}
			for _, row := range []struct {
				stage string
				time  time.Duration
			}{
				{"verify", times.Verify}, {"ir", times.IR}, {"backend", times.Backend},
				{"codegen", times.Codegen}, {"build", times.Build}, {"run", times.Run},
			} {
				b.ReportMetric(float64(row.time.Milliseconds())/float64(b.N), row.stage+"-ms")
			}
			b.ReportMetric(0, "ns/op")
		})
	}
}
