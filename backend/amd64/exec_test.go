package amd64_test

import (
	"testing"

	"github.com/bpf2go-native/bpf2go-native/backend"
	"github.com/bpf2go-native/bpf2go-native/backend/amd64"
	"github.com/bpf2go-native/bpf2go-native/backend/targettest"
)

// each runs a suite for every level.
func each(t *testing.T, run func(t *testing.T, target *backend.Target)) {
	for _, target := range []*backend.Target{amd64.Target(), amd64.TargetV3()} {
		t.Run(target.Tag(), func(t *testing.T) { run(t, target) })
	}
}

func TestOps(t *testing.T) {
	each(t, func(t *testing.T, target *backend.Target) { targettest.Run(t, target, targettest.OpCases()) })
}

func TestMemory(t *testing.T) {
	each(t, func(t *testing.T, target *backend.Target) { targettest.Run(t, target, targettest.MemoryCases()) })
}

// TestFold is for the baseline: what the level changes of it is in TestIdioms.
func TestFold(t *testing.T) { targettest.Run(t, amd64.Target(), targettest.FoldCases()) }

func TestFlow(t *testing.T) {
	each(t, func(t *testing.T, target *backend.Target) { targettest.Run(t, target, targettest.FlowCases()) })
}

func TestRandom(t *testing.T) {
	each(t, func(t *testing.T, target *backend.Target) { targettest.Run(t, target, targettest.RandomCases(1, 200)) })
}

func TestIdioms(t *testing.T) {
	each(t, func(t *testing.T, target *backend.Target) { targettest.Run(t, target, targettest.IdiomCases()) })
}

func TestAliases(t *testing.T) {
	each(t, func(t *testing.T, target *backend.Target) { targettest.Run(t, target, targettest.AliasCases()) })
}
