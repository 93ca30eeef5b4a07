package main

import (
	"testing"

	"github.com/bpf2go-native/bpf2go-native/test/broken"
)

// TestBroken: the first variant forgets that a tenant may have no policy, the
// second takes an inner map for a value.
func TestBroken(t *testing.T) { broken.Check(t, "broken", "unchecked", "notvalue") }
