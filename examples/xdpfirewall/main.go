// Command xdpfirewall runs an XDP firewall inside this process: an eBPF object
// that was verified and compiled when this package was generated. It makes
// 200,000 packets, decides each of them with every engine, compares the
// verdicts and the counters with an oracle written in plain Go, and measures.
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
	fmt.Fprintf(out, "xdpfirewall: %d packets, %d + %d blocked sources, %d + %d blocked ports, %s/%s\n\n",
		len(in.mix.Packets), len(in.mix.Lists.SourcesV4), len(in.mix.Lists.SourcesV6),
		len(in.mix.Lists.TCP), len(in.mix.Lists.UDP), runtime.GOOS, runtime.GOARCH)
	for _, e := range engines {
		e.wrong, err = check(e, in)
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
	fmt.Fprintf(out, "%-22s %12s %14s   %s\n", "engine", "ns/packet", "/ hand-written", "verdicts and counters")
	wrong := 0
	for _, e := range engines {
		verdict := "as the oracle"
		if e.wrong != 0 {
			verdict = fmt.Sprintf("%d differ from the oracle", e.wrong)
		}
		wrong += e.wrong
		fmt.Fprintf(out, "%-22s %12.1f %14.2f   %s\n", e.name, e.median(), e.median()/base, verdict)
	}
	dropped := 0
	for _, v := range in.verdicts {
		if v == 1 {
			dropped++
		}
	}
	fmt.Fprintf(out, "\n%d passed, %d dropped; median of %d rounds\n", len(in.verdicts)-dropped, dropped, rounds)
	if wrong != 0 {
		fmt.Fprintln(out, "FAIL")
		return fmt.Errorf("%d verdicts or counters differ from the oracle", wrong)
	}
	fmt.Fprintln(out, "PASS")
	return nil
}
