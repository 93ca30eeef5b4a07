package traffic

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/bpf2go-native/bpf2go-native/examples/xdpfirewall/oracle"
)

// TestGenerateIsStable pins the bytes of a seed: other tests and measurements
// compare results across machines.
func TestGenerateIsStable(t *testing.T) {
	h := sha256.New()
	m := Generate(1, 5000)
	if err := WritePcap(h, m.Packets); err != nil {
		t.Fatal(err)
	}
	fmt.Fprintln(h, m.Lists)
	const want = "9c19f52e1bd501c42b864ff8fddfb5d5"
	if got := hex.EncodeToString(h.Sum(nil)[:16]); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestGenerateSeedsDiffer(t *testing.T) {
	a, b := Generate(1, 10), Generate(2, 10)
	if slices.Equal(a.Lists.Block, b.Lists.Block) || bytes.Equal(a.Packets[0], b.Packets[0]) {
		t.Error("two seeds give the same data")
	}
	longer := Generate(1, 20)
	if !slices.Equal(a.Lists.Block, longer.Lists.Block) || !bytes.Equal(a.Packets[9], longer.Packets[9]) {
		t.Error("the number of packets changes what comes first")
	}
}

// TestMix checks that every rule decides a share of the packets, and that sizes
// are within what the kernel's test run takes.
func TestMix(t *testing.T) {
	m := Generate(1, 50_000)
	v4, v6 := families(&m.Lists)
	if len(v4) != Networks || len(v6) != Networks || len(m.Lists.Allow) < Networks/4 {
		t.Fatalf("%d and %d networks, %d of them exceptions", len(v4), len(v6), len(m.Lists.Allow))
	}
	o := oracle.New(m.Lists.Block, m.Lists.Allow, m.Lists.TCP, m.Lists.UDP)
	total := 0
	for i, p := range m.Packets {
		if len(p) < MinLength || len(p) > 1518 || cap(p) != len(p) {
			t.Fatalf("packet %d: length %d, capacity %d", i, len(p), cap(p))
		}
		total += len(p)
		o.Run(p)
	}
	for rule, n := range o.Counters {
		t.Logf("%-10v %6.2f %%", oracle.Rule(rule), 100*float64(n)/float64(len(m.Packets)))
		if n < 200 {
			t.Errorf("%v decides only %d packets", oracle.Rule(rule), n)
		}
	}
	t.Logf("mean length %d bytes", total/len(m.Packets))
}

func TestPcapRoundTrip(t *testing.T) {
	packets := append(Generate(3, 500).Packets, []byte{}, make([]byte, snapLen))
	var file bytes.Buffer
	if err := WritePcap(&file, packets); err != nil {
		t.Fatal(err)
	}
	got, err := ReadPcap(iotest.OneByteReader(&file))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.EqualFunc(got, packets, bytes.Equal) {
		t.Error("packets differ after reading them back")
	}
}

func TestReadPcapBigEndianNano(t *testing.T) {
	be := binary.BigEndian
	var f []byte
	for _, x := range []uint32{magicNano, 2<<16 | 4, 0, 0, 65535, linkEthernet, 1, 2, 3, 60} {
		f = be.AppendUint32(f, x)
	}
	got, err := ReadPcap(bytes.NewReader(append(f, 7, 8, 9)))
	if err != nil || len(got) != 1 || !bytes.Equal(got[0], []byte{7, 8, 9}) {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestReadPcapErrors(t *testing.T) {
	var file bytes.Buffer
	if err := WritePcap(&file, [][]byte{{1, 2, 3}}); err != nil {
		t.Fatal(err)
	}
	good := file.Bytes()
	change := func(at int, b byte) []byte {
		f := bytes.Clone(good)
		f[at] = b
		return f
	}
	for _, tc := range []struct {
		name, want string
		file       []byte
	}{
		{"empty", "offset 0: file header is cut short", nil},
		{"file header", "offset 0: file header is cut short", good[:23]},
		{"packet header", "offset 24: packet header is cut short", good[:39]},
		{"packet data", "offset 40: packet data is cut short", good[:42]},
		{"no packet data", "offset 40: packet data is cut short", good[:40]},
		{"magic", "offset 0: unknown magic", change(0, 0)},
		{"link type", "offset 20: link type 113", change(20, 113)},
		{"size", "offset 32: packet of 4278190083 bytes", change(35, 0xff)},
	} {
		_, err := ReadPcap(bytes.NewReader(tc.file))
		if !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: got %v, want %q", tc.name, err, tc.want)
		}
	}
	broken := errors.New("disk on fire")
	if _, err := ReadPcap(iotest.ErrReader(broken)); !errors.Is(err, broken) || errors.Is(err, ErrFormat) {
		t.Errorf("reader's error: got %v", err)
	}
}

func TestWritePcapErrors(t *testing.T) {
	if err := WritePcap(io.Discard, [][]byte{make([]byte, snapLen+1)}); err == nil {
		t.Error("a packet above the limit is written")
	}
	r, w := io.Pipe()
	r.Close()
	if err := WritePcap(w, nil); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("got %v, want %v", err, io.ErrClosedPipe)
	}
}

func FuzzReadPcap(f *testing.F) {
	var file bytes.Buffer
	if err := WritePcap(&file, [][]byte{{1, 2, 3}, {}}); err != nil {
		f.Fatal(err)
	}
	f.Add(file.Bytes())
	f.Fuzz(func(t *testing.T, data []byte) {
		packets, err := ReadPcap(bytes.NewReader(data))
		if err != nil && packets != nil {
			t.Error("packets and an error")
		}
	})
}
