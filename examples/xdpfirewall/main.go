// Command xdpfirewall runs an XDP firewall inside this process: an eBPF object
// that was verified and compiled when this package was generated. It makes
// 200,000 packets, decides each of them with every engine while it reads the ring
// of drops, compares verdicts, counters and events with an oracle written in plain
// Go, and measures.
package main

import (
	"fmt"
	"io"
	"os"
	"runtime"

	"github.com/bpf2go-native/bpf2go-native/examples/xdpfirewall/traffic"
)

const seed = 1

func main() {
	if err := run(os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "xdpfirewall:", err)
		os.Exit(1)
	}
}

func run(out io.Writer) error {
	in, err := load(seed, traffic.Packets)
	if err != nil {
		return err
	}
	engines, err := newEngines(in)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "xdpfirewall: %d packets, %d + %d networks, %d of them exceptions, %d + %d blocked ports, %s/%s\n\n",
		len(in.mix.Packets), traffic.Networks, traffic.Networks, len(in.mix.Lists.Allow),
		len(in.mix.Lists.TCP), len(in.mix.Lists.UDP), runtime.GOOS, runtime.GOARCH)
	for _, e := range engines {
		e.result, err = check(e, in)
		if err != nil {
			return fmt.Errorf("%s: %w", e.name, err)
		}
	}
	if err := measure(engines, in); err != nil {
		return err
	}
	return report(out, engines, in)
}

// report prints the table and the verdict.
func report(out io.Writer, engines []*engine, in *input) error {
	base := engines[len(engines)-1].median()
	fmt.Fprintf(out, "%-22s %12s %14s %12s + %-8s %s\n", "engine", "ns/packet", "/ hand-written", "drops read", "lost", "verdicts, counters, events")
	wrong := 0
	for _, e := range engines {
		verdict := "as the oracle"
		if e.result.wrong != 0 {
			verdict = fmt.Sprintf("%d differ from the oracle", e.result.wrong)
		}
		wrong += e.result.wrong
		fmt.Fprintf(out, "%-22s %12.1f %14.2f %12d + %-8d %s\n", e.name, e.median(), e.median()/base, e.result.received, e.result.lost, verdict)
	}
	dropped := len(in.drops)
	fmt.Fprintf(out, "\n%d passed, %d dropped; median of %d rounds\n", len(in.verdicts)-dropped, dropped, rounds)
	if wrong != 0 {
		fmt.Fprintln(out, "FAIL")
		return fmt.Errorf("%d verdicts, counters or events differ from the oracle", wrong)
	}
	fmt.Fprintln(out, "PASS")
	return nil
}
