// Command ratelimit runs an XDP rate limiter inside this process: an eBPF object
// that was verified and compiled when this package was generated. It makes 300,000
// packets of 1,500 sources and a flood of addresses that are made up, decides each
// with every engine on a clock of its own, compares the verdicts and the counts
// with an oracle written in plain Go, and measures.
package main

import (
	"fmt"
	"io"
	"os"
	"runtime"

	"github.com/bpf2go-native/bpf2go-native/examples/ratelimit/oracle"
)

const seed = 1

func main() {
	if err := run(os.Stdout, packets); err != nil {
		fmt.Fprintln(os.Stderr, "ratelimit:", err)
		os.Exit(1)
	}
}

func run(out io.Writer, n int) error {
	in := load(seed, n)
	fmt.Fprintf(out, "ratelimit: %d packets, %d sources and a flood, %d buckets of %d tokens, %d tokens a second, %s/%s\n\n",
		n, sources, entries, burst, 1_000_000_000/cost, runtime.GOOS, runtime.GOARCH)
	fmt.Fprintf(out, "%-14s %10s   %s\n", "engine", "ns/packet", "verdicts and counts")
	took, err := measure(in)
	if err != nil {
		return err
	}
	wrong := 0
	for i, newEngine := range makers {
		e, err := newEngine()
		if err != nil {
			return err
		}
		n, err := e.check(in)
		if err != nil {
			return fmt.Errorf("%s: %w", e.name, err)
		}
		if err := e.Close(); err != nil {
			return err
		}
		verdict := "as the oracle"
		if n != 0 {
			verdict = fmt.Sprintf("%d differ from the oracle", n)
		}
		wrong += n
		fmt.Fprintf(out, "%-14s %10.1f   %s\n", e.name, took[i], verdict)
	}
	c := in.counts
	fmt.Fprintf(out, "\n%d of new sources, %d passed, %d limited, %d without a source; median of %d rounds\n",
		c[oracle.First], c[oracle.Passed], c[oracle.Limited], c[oracle.Other]+c[oracle.Short], rounds)
	if wrong != 0 {
		fmt.Fprintln(out, "FAIL")
		return fmt.Errorf("%d verdicts or counts differ from the oracle", wrong)
	}
	fmt.Fprintln(out, "PASS")
	return nil
}
