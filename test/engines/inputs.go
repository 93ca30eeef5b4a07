package engines

import (
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/examples/xdpfirewall/traffic"
	"github.com/bpf2go-native/bpf2go-native/internal/enginetest"
)

// Runs reads the vectors of the object's algorithm; testdata is the path of
// that folder. A program that takes packets gives 32 bits.
func (o *Object) Runs(tb testing.TB, testdata string) []enginetest.Vector {
	tb.Helper()
	if o.Vectors == "" {
		return nil
	}
	runs := enginetest.Vectors(tb, filepath.Join(testdata, "vectors", o.Vectors+".txt"))
	for i := range runs {
		if o.XDP() {
			runs[i].Want = uint64(uint32(runs[i].Want))
		}
	}
	return runs
}

// MaxInput is the longest input in bytes: an Ethernet frame's payload and two
// more, because algorithms stop at 1,500.
const MaxInput = 1502

// edges are lengths at which an algorithm or a word ends.
var edges = [...]int{0, 1, 2, 3, 7, 8, 13, 14, 15, 16, 17, 20, 33, 34, 39, 40, 41, 53, 54, 63, 64, 65, 79, 80, 81, 255, 256, 1498, 1499, 1500, 1501, MaxInput}

// Inputs makes n inputs besides those of the vectors and of the edges: random
// bytes of every length, and inputs of the vectors with a few bytes changed or
// cut, which get further into the programs.
func (o *Object) Inputs(tb testing.TB, testdata string, seed uint64, n int) [][]byte {
	tb.Helper()
	rng := rand.New(rand.NewPCG(seed, uint64(len(o.File))))
	var given [][]byte
	for _, run := range o.Runs(tb, testdata) {
		given = append(given, run.Input)
	}
	if o.Vectors == "" {
		given = traffic.Generate(seed, n).Packets
	}
	all := slices.Clone(given)
	for _, size := range edges {
		all = append(all, random(rng, size))
	}
	for i := range n {
		if i%3 == 0 {
			all = append(all, random(rng, rng.IntN(MaxInput+1)))
			continue
		}
		data := slices.Clone(given[rng.IntN(len(given))])
		for range rng.IntN(4) {
			if len(data) > 0 {
				data[rng.IntN(len(data))] = byte(rng.Uint32())
			}
		}
		if rng.IntN(4) == 0 {
			data = data[:rng.IntN(len(data)+1)]
		}
		all = append(all, data)
	}
	return all
}

// Fill puts entries into the maps that a program only reads, so that lookups
// find something: the addresses of the blocked networks and the ports of the
// traffic that Inputs has for the seed.
func (o *Object) Fill(seed uint64, to Instance) error {
	if o.Vectors != "" {
		return nil
	}
	lists := traffic.Generate(seed, 0).Lists // they do not depend on the number of packets
	one := []byte{1, 0, 0, 0}
	for _, network := range lists.Block {
		name := "blocked_v6"
		if network.Addr().Is4() {
			name = "blocked_v4"
		}
		if err := to.Update(name, network.Addr().AsSlice(), one); err != nil {
			return err
		}
	}
	flags := map[uint16]byte{}
	for _, p := range lists.TCP {
		flags[p] |= 1
	}
	for _, p := range lists.UDP {
		flags[p] |= 2
	}
	for port, flag := range flags {
		if err := to.Update("blocked_ports", []byte{byte(port), byte(port >> 8), 0, 0}, []byte{flag}); err != nil {
			return err
		}
	}
	return nil
}

func random(rng *rand.Rand, size int) []byte {
	data := make([]byte, size)
	for i := range data {
		data[i] = byte(rng.Uint32())
	}
	return data
}
