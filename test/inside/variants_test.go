package inside

import (
	"testing"

	"github.com/bpf2go-native/bpf2go-native/internal/enginetest"
)

// TestVariants runs the tests of this package again, each row in a child:
//
//	GOGC=1       a collection at nearly every allocation; clobberfree
//	             overwrites what is freed, so a use after that is seen
//	race         the race detector, which has to be built with cgo and gcc;
//	             machine code is invisible to it, rtlib is not
//	checkptr     checks of unsafe conversions in all packages, or in the
//	             generated one alone
//	without cgo  no C code anywhere: mappings are what the Go runtime makes
//	386          the same programs as Go bodies, with pointers of 4 bytes
//	arm64        the machine code of the other architecture, under QEMU
//
// Left out under QEMU: TestCPUProfile, because the user emulator delivers
// profiling signals between its blocks of translated code only; TestMappings,
// because the mappings are the emulator's; the race detector, because it maps
// shadow memory where the emulator has its own.
//
// The race detector and checkptr look at the Go bodies of test/engines, too.
func TestVariants(t *testing.T) {
	const all = "-skip=^TestVariants$"
	for _, v := range []struct {
		name string
		env  []string
		args []string
	}{
		{"GOGC=1", []string{"GOGC=1", "GODEBUG=clobberfree=1"}, []string{all}},
		{"race", []string{"CGO_ENABLED=1"}, []string{all, "-race"}},
		{"checkptr", nil, []string{all, "-gcflags=all=-d=checkptr"}},
		{"checkptr here", nil, []string{all, "-gcflags=-d=checkptr"}},
		{"without cgo", []string{"CGO_ENABLED=0"}, []string{all}},
	} {
		t.Run(v.name, func(t *testing.T) {
			if v.name == "race" {
				enginetest.Need(t, "gcc")
			}
			enginetest.GoTest(t, v.env, append(v.args, "-v", ".")...)
		})
	}
	for _, flag := range []string{"-race", "-gcflags=all=-d=checkptr"} {
		t.Run("engines "+flag, func(t *testing.T) {
			if flag == "-race" {
				enginetest.Need(t, "gcc")
			}
			enginetest.GoTest(t, nil, flag, "-short", "-run=^(TestVectors|TestEnginesAgree)$", "../engines")
		})
	}
	t.Run("386", func(t *testing.T) {
		enginetest.GoTestOn(t, "386", "-v", "-skip=^(TestVariants|TestMappings)$", ".")
	})
	const emulated = "-skip=^(TestVariants|TestCPUProfile|TestMappings)$"
	t.Run("arm64", func(t *testing.T) {
		enginetest.GoTestOn(t, "arm64", "-v", emulated, ".")
	})
	t.Run("arm64 checkptr", func(t *testing.T) {
		enginetest.GoTestOn(t, "arm64", "-gcflags=all=-d=checkptr", "-run=^(TestResults|TestPanic.*|TestMapsBesideRuns)$", ".")
	})
}
