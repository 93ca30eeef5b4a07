package verifier_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/frontend"
	"github.com/bpf2go-native/bpf2go-native/verifier"
)

// objectMaps are the maps of object cases, those of testMaps first.
var objectMaps = slices.Concat(testMaps, []*frontend.Map{
	{Name: "ring", Type: bpf.MapRingbuf, MaxEntries: 4096},
	{Name: "progs", Type: bpf.MapProgArray, KeySize: 4, ValueSize: 4, MaxEntries: 4},
	{Name: "locked", Type: bpf.MapArray, KeySize: 4, ValueSize: 24, MaxEntries: 4, Special: []frontend.Special{lockAt4}},
	{Name: "locked2", Type: bpf.MapHash, KeySize: 4, ValueSize: 24, MaxEntries: 4, Special: []frontend.Special{lockAt4}},
	{Name: "timed", Type: bpf.MapArray, KeySize: 4, ValueSize: 32, MaxEntries: 4, Special: []frontend.Special{timerAt8}},
	{Name: "timed2", Type: bpf.MapHash, KeySize: 4, ValueSize: 32, MaxEntries: 4, Special: []frontend.Special{timerAt8}},
	{Name: "socks", Type: bpf.MapSockmap, KeySize: 4, ValueSize: 4, MaxEntries: 4},
	{Name: "xsks", Type: bpf.MapXSKMap, KeySize: 4, ValueSize: 4, MaxEntries: 4},
	{Name: "storage", Type: bpf.MapSkStorage, KeySize: 4, ValueSize: 8, Flags: bpf.FlagNoPrealloc},
	{Name: "vars", Type: bpf.MapArray, KeySize: 4, ValueSize: 16, MaxEntries: 1, Data: make([]byte, 16), Special: []frontend.Special{lockAt4}},
	{Name: "outer", Type: bpf.MapArrayOfMaps, KeySize: 4, ValueSize: 4, MaxEntries: 4,
		Inner: &frontend.Map{Name: "inner", Type: bpf.MapArray, KeySize: 4, ValueSize: 24, MaxEntries: 4, Special: []frontend.Special{lockAt4}}},
	{Name: "outer_timed", Type: bpf.MapArrayOfMaps, KeySize: 4, ValueSize: 4, MaxEntries: 4,
		Inner: &frontend.Map{Name: "inner", Type: bpf.MapArray, KeySize: 4, ValueSize: 32, MaxEntries: 4, Special: []frontend.Special{timerAt8}}},
	{Name: "storage_locked", Type: bpf.MapSkStorage, KeySize: 4, ValueSize: 24, Flags: bpf.FlagNoPrealloc, Special: []frontend.Special{lockAt4}},
})

// notAsked is the objectCase.kernel of cases for which the kernel wants type
// information of functions: callbacks, tail calls from functions.
const notAsked = "not asked"

var (
	lockAt4  = frontend.Special{Kind: frontend.SpecialSpinLock, Name: "bpf_spin_lock", Off: 4, Size: 4}
	timerAt8 = frontend.Special{Kind: frontend.SpecialTimer, Name: "bpf_timer", Off: 8, Size: 16}
)

// objectCases are all cases of references, locks and objects.
func objectCases() []objectCase {
	return slices.Concat(recordCases, dynptrCases, lockCases, timerCases, sockCases, sliceCases)
}

// TestObjectCases: every case gets its verdict.
func TestObjectCases(t *testing.T) {
	for _, c := range objectCases() {
		t.Run(c.hook+"/"+c.name, func(t *testing.T) {
			obj, p := assembleWith(t, c.hook, c.text, objectMaps)
			stats := verifier.Stats{}
			_, err := verifier.Verify(obj, p, verifier.Options{Stats: &stats, MaxProcessed: 100000})
			var e *verifier.Error
			switch {
			case err == nil && c.code != "":
				t.Errorf("accepted, want %s\n%s", c.code, listing(p))
			case err == nil:
			case !errors.As(err, &e):
				t.Errorf("%T: %v", err, err)
			case string(e.Code) != c.code:
				t.Errorf("got %+v\nwant code %q\n%s", err, c.code, listing(p))
			}
			if stats.Unweakened {
				t.Errorf("the weakened certificate was refused\n%s", listing(p))
			}
		})
	}
}
