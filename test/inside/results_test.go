package inside

import (
	"errors"
	"os"
	"runtime"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/internal/enginetest"
	"github.com/bpf2go-native/bpf2go-native/rtlib"
)

// TestResults runs every program once, and proves what runs.
func TestResults(t *testing.T) {
	spoken := 0
	inst := load(t, func() { spoken++ })
	f, mem := newFrame(t, inst), memory(3)
	mustRun(t, f, inst.Program("spin"), mem, spinResult(mem, 200_000))
	mustRun(t, f, inst.Program("spin_long"), mem, spinResult(mem, 400_000))
	for seed := range byte(32) {
		for _, s := range spokenPrograms() {
			mustRun(t, f, inst.Program(s.name), memory(seed), s.result(memory(seed)))
		}
	}
	runHops(t, f, inst.Program("hop"), &spoken)
	mustRun(t, f, inst.Program("look"), []byte{1, 0, 0, 0, 0, 0, 0, 0}, 1)
	mustRun(t, f, inst.Program("look"), []byte{2, 0, 0, 0, 0, 0, 0, 0}, 0)
	mustRun(t, f, inst.Program("churn"), mem, 1)
	if r0, err := f.RunXDP(inst.Program("sum"), &rtlib.XDP{Data: []byte{1, 2}}); r0 != 2 || err != nil {
		t.Errorf("sum: got %d, %v, want 2", r0, err)
	}
	if runtime.GOARCH != "amd64" && runtime.GOARCH != "arm64" {
		t.Logf("Go bodies run on %s", runtime.GOARCH)
		return
	}
	for _, spec := range insideObject.Programs {
		enginetest.RequireText(t, inst.Program(spec.Name).Entry(), "inside.bpf.c", ".inside_"+spec.Name)
	}
	if err := inst.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := f.RunRaw(inst.Program("spin"), mem); !errors.Is(err, os.ErrClosed) {
		t.Errorf("run of a closed instance: %v, want one that wraps os.ErrClosed", err)
	}
}

// runHops runs hop in every way; lines is what the writer counts.
func runHops(t *testing.T, f *rtlib.Frame, hop *rtlib.Program, lines *int) {
	t.Helper()
	for _, ctx := range hops() {
		*lines = 0
		verdict, want := hopResult(&ctx)
		if r0, err := f.RunXDP(hop, &ctx); r0 != verdict || *lines != want || err != nil {
			t.Errorf("hop to slot %d: got %d, %d lines, %v, want %d, %d lines", ctx.RxQueueIndex, r0, *lines, err, verdict, want)
		}
	}
}
