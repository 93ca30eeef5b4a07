package main

import (
	"testing"

	"github.com/bpf2go-native/bpf2go-native/test/broken"
)

// TestBroken: two mistakes that are easily made, and what the tool says about
// them.
func TestBroken(t *testing.T) { broken.Check(t, "broken", "inserted", "bounds") }
