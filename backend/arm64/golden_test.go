package arm64_test

import (
	"flag"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/backend/arm64"
	"github.com/bpf2go-native/bpf2go-native/backend/targettest"
)

var update = flag.Bool("update", false, "write the golden files")

// TestGolden has the functions of amd64's goldens.
func TestGolden(t *testing.T) {
	targettest.Golden(t, arm64.Target(), "../amd64/testdata/*.ir", "testdata", *update)
}

func TestConcurrent(t *testing.T) { targettest.Concurrent(t, arm64.Target()) }

func TestErrors(t *testing.T) { targettest.Errors(t, arm64.Target()) }
