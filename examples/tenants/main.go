// Command tenants decides the packets of 64 tenants inside this process, each by a
// policy of its own that is replaced as a whole while eight goroutines run. Every
// packet carries the version of the policy that it saw; an oracle in plain Go says
// what had to become of it.
package main

import (
	"fmt"
	"io"
	"os"
	"runtime"
)

func main() {
	if err := report(os.Stdout, newWorld(1, 20_000, 200), 8, 2); err != nil {
		fmt.Fprintln(os.Stderr, "tenants:", err)
		os.Exit(1)
	}
}

// report runs all engines and prints the table and the verdict.
func report(out io.Writer, w *world, goroutines, rounds int) error {
	engines, err := newEngines()
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "tenants: %d tenants, %d goroutines × %d frames or more, policies replaced meanwhile, %s/%s\n\n",
		tenantCount, goroutines, rounds*len(w.frames), runtime.GOOS, runtime.GOARCH)
	fmt.Fprintf(out, "%-18s %12s %22s %10s   %s\n", "engine", "ns/frame", "ns/frame, replacing", "replaced", "old or new policy, never a mix")
	var bad int64
	for _, e := range engines {
		o, err := stress(e, w, goroutines, rounds)
		if err != nil {
			return fmt.Errorf("%s: %w", e.name, err)
		}
		ns, err := quiet(e, w)
		if err != nil {
			return fmt.Errorf("%s: %w", e.name, err)
		}
		verdict := "as the oracle"
		if o.bad() != 0 {
			verdict = fmt.Sprintf("%d mixed, %d stale, %d wrong, %d miscounted", o.mixed, o.stale, o.wrong, o.counted)
		}
		bad += o.bad()
		fmt.Fprintf(out, "%-18s %12.1f %22.1f %10d   %s\n", e.name, ns, o.ns, o.replaced, verdict)
		if err := e.close(); err != nil {
			return fmt.Errorf("%s: %w", e.name, err)
		}
	}
	fmt.Fprintln(out, "\nns/frame: one goroutine; replacing: wall time of all goroutines, with the oracle's work")
	if bad != 0 {
		fmt.Fprintln(out, "FAIL")
		return fmt.Errorf("%d frames or counters differ from the oracle", bad)
	}
	fmt.Fprintln(out, "PASS")
	return nil
}
