package main

import (
	"errors"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/ringbuf"

	"github.com/bpf2go-native/bpf2go-native/examples/ringevents/oracle"
	"github.com/bpf2go-native/bpf2go-native/internal/enginetest"
)

// TestKernel: the object in the kernel gives the oracle's events for the packets
// of a sender.
func TestKernel(t *testing.T) {
	if runtime.GOOS != "linux" || os.Geteuid() != 0 {
		enginetest.Missing(t, "needs root on Linux to load programs")
	}
	spec, err := ebpf.LoadCollectionSpec("ringevents.o")
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
	rd, err := ringbuf.NewReader(coll.Maps["events"])
	if err != nil {
		t.Fatal(err)
	}
	defer rd.Close()
	rd.SetDeadline(time.Unix(1, 0)) // nothing to wait for
	s := newSender(seed, 0)
	for i := range uint64(4 * templates) {
		packet := s.packet(i)
		if len(packet) < 14 { // the kernel wants an Ethernet header
			continue
		}
		if verdict, _, err := coll.Programs["ringevents"].Test(packet); err != nil || verdict != xdpPass {
			t.Fatalf("packet %d: verdict %d, %v", i, verdict, err)
		}
		want, outcome := oracle.Of(packet)
		rec, err := rd.Read()
		if outcome != oracle.Submitted {
			if !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("packet %d: event %x, %v, want none", i, rec.RawSample, err)
			}
			continue
		}
		if err != nil {
			t.Fatalf("packet %d: %v", i, err)
		}
		if got, err := oracle.Decode(rec.RawSample); err != nil || got != want {
			t.Errorf("packet %d: event %+v, %v, want %+v", i, got, err, want)
		}
	}
}
