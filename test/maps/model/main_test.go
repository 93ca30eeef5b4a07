package model_test

import (
	"flag"
	"fmt"
	"os"
	"testing"
)

// TestMain keeps rapid from writing files: its seed is enough to run a failure
// again.
func TestMain(m *testing.M) {
	if err := flag.Set("rapid.nofailfile", "true"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}
