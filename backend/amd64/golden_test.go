package amd64_test

import (
	"flag"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/backend/amd64"
	"github.com/bpf2go-native/bpf2go-native/backend/targettest"
)

var update = flag.Bool("update", false, "write the golden files")

func TestGolden(t *testing.T) {
	targettest.Golden(t, amd64.Target(), "testdata/*.ir", "testdata", *update)
}

// TestGoldenV3 has the functions in which the level makes a difference.
func TestGoldenV3(t *testing.T) {
	targettest.Golden(t, amd64.TargetV3(), "testdata/v3/*.ir", "testdata/v3", *update)
}

func TestConcurrent(t *testing.T) { each(t, targettest.Concurrent) }

func TestErrors(t *testing.T) { each(t, targettest.Errors) }
