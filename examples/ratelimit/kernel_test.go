package main

import (
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/cilium/ebpf"

	"github.com/bpf2go-native/bpf2go-native/examples/ratelimit/oracle"
	"github.com/bpf2go-native/bpf2go-native/internal/enginetest"
)

// TestKernel runs the object in the kernel, whose clock cannot be set: as many
// packets of a source pass as it had tokens, and those that came back meanwhile.
func TestKernel(t *testing.T) {
	if runtime.GOOS != "linux" || os.Geteuid() != 0 {
		enginetest.Missing(t, "needs root on Linux to load programs")
	}
	spec, err := ebpf.LoadCollectionSpec("ratelimit.o")
	if err != nil {
		t.Fatal(err)
	}
	coll, err := ebpf.NewCollection(spec)
	if errors.Is(err, ebpf.ErrNotSupported) || errors.Is(err, os.ErrPermission) {
		enginetest.Missing(t, "needs bpf(2), which this system refuses: "+err.Error())
	}
	if err != nil {
		t.Fatalf("%+v", err)
	}
	defer coll.Close()
	rng := rand.New(rand.NewPCG(seed, 0))
	var want [oracle.Outcomes]uint64
	for kind := range byte(20) {
		packet := datagram(rng, address(rng, kind%2))
		passed, start := 0, time.Now()
		const sent = 200
		for range sent {
			verdict, _, err := coll.Programs["ratelimit"].Test(packet)
			if err != nil {
				t.Fatal(err)
			}
			if verdict == xdpPass {
				passed++
			}
		}
		if back := int(time.Since(start) / cost); passed < min(burst, sent) || passed > min(burst+back+1, sent) {
			t.Errorf("source %d: %d packets passed, want %d to %d", kind, passed, burst, burst+back+1)
		}
		want[oracle.First]++
		want[oracle.Passed] += uint64(passed - 1)
		want[oracle.Limited] += uint64(sent - passed)
	}
	for what, want := range want {
		values, err := coll.Maps["counts"].LookupBytes(uint32(what))
		if err != nil {
			t.Fatal(err)
		}
		got := uint64(0)
		for i := 0; i < len(values); i += 8 {
			got += binary.NativeEndian.Uint64(values[i:])
		}
		if got != want {
			t.Errorf("%v: %d packets, want %d", oracle.Outcome(what), got, want)
		}
	}
}
