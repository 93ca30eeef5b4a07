// Command summary runs the vectors of $BPF_CONFORMANCE_DIR on the interpreter,
// as machine code for amd64 and arm64, and as Go bodies on this machine. It
// prints one line:
//
//	conformance: interp 313/313, amd64 313/313, arm64 313/313, go 313/313
//
// and, on stderr, what failed. It exits with 1 when something did, or when
// there are no vectors. Machine code of another architecture runs under QEMU's
// user emulator.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/bpf2go-native/bpf2go-native/test/conformance"
	"github.com/bpf2go-native/bpf2go-native/test/harness"
)

func main() {
	if err := run(context.Background(), os.Getenv("BPF_CONFORMANCE_DIR"), os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "conformance:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, dir string, out, details io.Writer) error {
	if dir == "" {
		return fmt.Errorf("BPF_CONFORMANCE_DIR is not set; set it to the folder with the suite's .data files")
	}
	vectors, err := conformance.Read(dir)
	if err != nil {
		return err
	}
	var counts []string
	failed := 0
	for _, row := range []struct {
		name   string
		engine harness.Engine
	}{
		{"interp", harness.Interp()},
		{"amd64", harness.Native("amd64")},
		{"arm64", harness.Native("arm64")},
		{"go", harness.Host()},
	} {
		failures, err := conformance.Check(ctx, row.engine, vectors)
		if err != nil {
			fmt.Fprintf(details, "%s: %v\n", row.name, err)
		}
		for i := range failures {
			if err == nil || failures[i].Got.Err == nil {
				fmt.Fprintf(details, "%s: %v\n", row.name, &failures[i])
			}
		}
		failed += len(failures)
		counts = append(counts, fmt.Sprintf("%s %d/%d", row.name, len(vectors)-len(failures), len(vectors)))
	}
	fmt.Fprintf(out, "conformance: %s\n", strings.Join(counts, ", "))
	if failed > 0 {
		return fmt.Errorf("%d of %d runs failed", failed, len(counts)*len(vectors))
	}
	return nil
}
