package main

import (
	"runtime"
	"strings"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/examples/tenants/oracle"
	"github.com/bpf2go-native/bpf2go-native/internal/enginetest"
)

// small is a world for tests; -race makes everything slow.
func small() *world {
	if testing.Short() {
		return newWorld(2, 1_000, 100)
	}
	return newWorld(2, 10_000, 200)
}

// TestStress: eight goroutines run while policies are replaced; every frame saw one
// policy, which was its tenant's while it ran, and got that policy's verdict.
func TestStress(t *testing.T) {
	engines, err := newEngines()
	if err != nil {
		t.Fatal(err)
	}
	w := small()
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			o, err := stress(e, w, 8, 1)
			if err != nil {
				t.Fatal(err)
			}
			if o.bad() != 0 {
				t.Errorf("of %d frames %d saw a mix or none, %d another policy, %d had a wrong verdict; counters are off by %d", o.frames, o.mixed, o.stale, o.wrong, o.counted)
			}
			if o.replaced < tenantCount {
				t.Errorf("%d policies were replaced", o.replaced)
			}
			if err := e.close(); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestStressFinds: engines that mix two policies, that keep the first one, that
// give the wrong verdict or that lose frames are found out.
func TestStressFinds(t *testing.T) {
	none := func(o *outcome) int64 { return -1 }
	for _, c := range []struct {
		name  string
		keeps bool // installs the first policy only
		spoil func(frame []byte, v *uint32)
		found func(o *outcome) int64
		other func(o *outcome) int64
	}{
		{"mix", false, func(f []byte, _ *uint32) { f[8] ^= 1 }, func(o *outcome) int64 { return o.mixed }, none},
		{"none", false, func(f []byte, _ *uint32) { clear(f[6:12]) }, func(o *outcome) int64 { return o.mixed }, none},
		{"stale", true, func([]byte, *uint32) {}, func(o *outcome) int64 { return o.stale }, none},
		{"verdict", false, func(_ []byte, v *uint32) { *v = 3 - *v }, func(o *outcome) int64 { return o.wrong }, func(o *outcome) int64 { return o.mixed }},
	} {
		e := byHand()
		install, newRun := e.install, e.newRun
		e.install = func(tenant uint32, p *oracle.Policy) error {
			if c.keeps && p.Version != 1 {
				return nil
			}
			return install(tenant, p)
		}
		e.newRun = func() (run, func() error, error) {
			r, end, err := newRun()
			return func(frame []byte) (uint32, error) {
				v, err := r(frame)
				if p, mine := oracle.Parse(frame); mine && p.Tenant < tenantCount {
					c.spoil(frame, &v)
				}
				return v, err
			}, end, err
		}
		o, err := stress(e, newWorld(4, 500, 50), 2, 2)
		if err != nil {
			t.Fatal(err)
		}
		if c.found(o) == 0 || c.other(o) > 0 {
			t.Errorf("%s: %+v", c.name, *o)
		}
	}
}

// TestReport: the command's table says PASS.
func TestReport(t *testing.T) {
	var out strings.Builder
	if err := report(&out, newWorld(3, 500, 20), 2, 1); err != nil || !strings.Contains(out.String(), "PASS") {
		t.Errorf("%v\n%s", err, out.String())
	}
}

// TestNativeEntry proves that the native engine runs the generated TEXT.
func TestNativeEntry(t *testing.T) {
	if runtime.GOARCH != "amd64" && runtime.GOARCH != "arm64" {
		t.Skipf("machine code exists for amd64 and arm64, this is %s", runtime.GOARCH)
	}
	var native tenantsObjects
	if err := loadTenantsObjects(&native, nil); err != nil {
		t.Fatal(err)
	}
	defer native.Close()
	p := native.Tenants.Runtime()
	if p.Engine() != "native" {
		t.Fatalf("engine %q, want native", p.Engine())
	}
	enginetest.RequireText(t, p.Entry(), "tenants.bpf.c", ".tenants_tenants")
}

// TestNoInterpreter shows that the interpreter is not in this test binary, so it
// cannot stand in for the engines.
func TestNoInterpreter(t *testing.T) {
	enginetest.RequireUnlinked(t, "/internal/interp")
}

// TestRace builds the tests with the race detector and runs the stress.
func TestRace(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the tests again; run without -short")
	}
	enginetest.GoTest(t, nil, "-race", "-short", "-run", "^TestStress$", ".")
}

// TestARM64 runs the machine code of the other architecture under QEMU.
func TestARM64(t *testing.T) {
	if runtime.GOARCH == "arm64" {
		t.Skip("this is arm64: the other tests have run its machine code")
	}
	enginetest.GoTestOn(t, "arm64", "-short", "-run", "^(TestStress|TestNativeEntry)$", ".")
}
