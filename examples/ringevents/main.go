// Command ringevents runs an XDP program inside this process that tells about
// packets in a ring buffer: an eBPF object that was verified and compiled when
// this package was generated. Four senders make a million packets while one
// reader, which is too slow, judges each event by an oracle in plain Go. Nothing
// may get lost but what the program has counted as dropped, and the events of
// each sender come in order.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
)

const (
	seed = 1
	// packets is how many each sender makes.
	packets = 250_000
)

func main() {
	if err := run(os.Stdout, packets); err != nil {
		fmt.Fprintln(os.Stderr, "ringevents:", err)
		os.Exit(1)
	}
}

// run runs all engines and prints the table and the verdict.
func run(out io.Writer, n uint64) error {
	fmt.Fprintf(out, "ringevents: %d senders with %d packets each, one reader, a ring of 256 KiB, %s/%s\n\n", senders, n, runtime.GOOS, runtime.GOARCH)
	fmt.Fprintf(out, "%-12s %10s %10s %10s %10s %10s   %s\n", "engine", "ns/packet", "received", "dropped", "discarded", "ignored", "events and counts")
	results, err := runAll(n)
	if err != nil {
		return err
	}
	wrong := 0
	for _, r := range results {
		verdict := "as the oracle"
		if r.judge.Wrong != 0 {
			verdict = fmt.Sprintf("%d wrong: %s", r.judge.Wrong, r.judge.Detail)
		}
		wrong += r.judge.Wrong
		fmt.Fprintf(out, "%-12s %10.1f %10d %10d %10d %10d   %s\n", r.name, float64(r.took.Nanoseconds())/float64(senders*n),
			r.judge.Received, r.counts.Dropped, r.counts.Discarded, r.counts.Ignored, verdict)
	}
	fmt.Fprintf(out, "\nreceived + dropped + discarded + ignored = %d packets for each engine; time of all senders together\n", senders*n)
	if wrong != 0 {
		fmt.Fprintln(out, "FAIL")
		return fmt.Errorf("%d events or counts differ from the oracle", wrong)
	}
	fmt.Fprintln(out, "PASS")
	return nil
}

// runAll runs the machine code, the Go body, and Go written by hand.
func runAll(n uint64) ([]*result, error) {
	var results []*result
	for _, load := range []func() (*object, error){loadNative, loadBody} {
		o, err := load()
		if err != nil {
			return nil, err
		}
		r, err := o.run(seed, n)
		if err := errors.Join(err, o.Close()); err != nil {
			return nil, fmt.Errorf("%s: %w", o.name, err)
		}
		results = append(results, r)
	}
	r, err := runChannel(seed, n)
	return append(results, r), err
}
