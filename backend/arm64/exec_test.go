package arm64_test

import (
	"testing"

	"github.com/bpf2go-native/bpf2go-native/backend/arm64"
	"github.com/bpf2go-native/bpf2go-native/backend/targettest"
)

func TestOps(t *testing.T) { targettest.Run(t, arm64.Target(), targettest.OpCases()) }

func TestMemory(t *testing.T) { targettest.Run(t, arm64.Target(), targettest.MemoryCases()) }

func TestFold(t *testing.T) { targettest.Run(t, arm64.Target(), targettest.FoldCases()) }

func TestFlow(t *testing.T) { targettest.Run(t, arm64.Target(), targettest.FlowCases()) }

func TestRandom(t *testing.T) { targettest.Run(t, arm64.Target(), targettest.RandomCases(1, 200)) }

func TestIdioms(t *testing.T) { targettest.Run(t, arm64.Target(), targettest.IdiomCases()) }

func TestAliases(t *testing.T) { targettest.Run(t, arm64.Target(), targettest.AliasCases()) }
