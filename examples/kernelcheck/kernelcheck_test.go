package kernelcheck

import (
	"bufio"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/cilium/ebpf"
)

const testdata = "../../testdata"

// minPacket is the shortest packet that BPF_PROG_TEST_RUN takes for XDP.
const minPacket = 14

// programs are the algorithms of testdata that have an XDP form.
var programs = [...]string{"checksum", "hash", "classifier", "memuser", "subprogs", "loops", "globals"}

// requireKernel skips the test where no program can be loaded.
func requireKernel(t *testing.T) {
	t.Helper()
	reason := ""
	switch {
	case runtime.GOOS != "linux":
		reason = "needs Linux to load programs, this is " + runtime.GOOS
	case os.Geteuid() != 0:
		reason = "needs root to load programs"
	default:
		m, err := ebpf.NewMap(&ebpf.MapSpec{Type: ebpf.Array, KeySize: 4, ValueSize: 4, MaxEntries: 1})
		if err == nil {
			m.Close()
			return
		}
		reason = "needs bpf(2), which this system refuses: " + err.Error()
	}
	if os.Getenv("CI") == "true" {
		t.Fatal(reason)
	}
	t.Skip(reason)
}

// load loads the object and returns its program of that name.
func load(t *testing.T, object, program string) (*ebpf.Program, error) {
	t.Helper()
	spec, err := ebpf.LoadCollectionSpec(object)
	if err != nil {
		t.Fatal(err)
	}
	coll, err := ebpf.NewCollection(spec)
	if err != nil {
		return nil, err
	}
	t.Cleanup(coll.Close)
	p := coll.Programs[program]
	if p == nil {
		t.Fatalf("%s has no program %q", object, program)
	}
	return p, nil
}

type vector struct {
	line  int
	input []byte
	want  uint64
}

// vectors reads the file of one algorithm; testdata/vectors.c documents it.
func vectors(t *testing.T, name string) []vector {
	t.Helper()
	f, err := os.Open(filepath.Join(testdata, "vectors", name+".txt"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var all []vector
	scan := bufio.NewScanner(f)
	for line := 1; scan.Scan(); line++ {
		v, err := parseVector(scan.Text())
		if err != nil {
			t.Fatalf("%s:%d: %v", f.Name(), line, err)
		}
		v.line = line
		all = append(all, v)
	}
	if err := scan.Err(); err != nil {
		t.Fatal(err)
	}
	if len(all) == 0 {
		t.Fatalf("%s is empty", f.Name())
	}
	return all
}

func parseVector(line string) (v vector, err error) {
	in, result, ok := strings.Cut(line, " ")
	if !ok {
		return v, fmt.Errorf("%q has no result", line)
	}
	if in != "-" {
		if v.input, err = hex.DecodeString(in); err != nil {
			return v, err
		}
	}
	v.want, err = strconv.ParseUint(result, 16, 64)
	return v, err
}

func TestAccepted(t *testing.T) {
	requireKernel(t)
	for _, dir := range []string{"", "clang13"} {
		for _, name := range programs {
			t.Run(filepath.Join(dir, name), func(t *testing.T) {
				p, err := load(t, filepath.Join(testdata, dir, name+"_xdp.o"), name+"_xdp")
				if err != nil {
					t.Fatalf("%+v", err)
				}
				runs := 0
				for _, v := range vectors(t, name) {
					if len(v.input) < minPacket {
						continue
					}
					got, err := p.Run(&ebpf.RunOptions{Data: v.input})
					if err != nil {
						t.Fatal(err)
					}
					if got != uint32(v.want) {
						t.Errorf("vector %d, %d bytes: got %#x, want %#x", v.line, len(v.input), got, uint32(v.want))
					}
					runs++
				}
				t.Logf("%d vectors", runs)
			})
		}
	}
}

// TestRawFormsAreComplete checks what a kernel cannot run: that each algorithm
// has a raw object with the program that its README names.
func TestRawFormsAreComplete(t *testing.T) {
	for _, dir := range []string{"", "clang13"} {
		for _, name := range programs {
			file := filepath.Join(testdata, dir, name+".o")
			spec, err := ebpf.LoadCollectionSpec(file)
			if err != nil {
				t.Errorf("%s: %v", file, err)
				continue
			}
			p := spec.Programs[name]
			if p == nil || p.SectionName != "raw" {
				t.Errorf("%s: no program %q in section raw", file, name)
			}
		}
	}
}

func TestBroken(t *testing.T) {
	requireKernel(t)
	for _, tc := range []struct{ name, want string }{
		{"null_check", "invalid mem access 'map_value_or_null'"},
		{"bounds", "invalid access to packet"},
		{"uninitialised", "R7 !read_ok"},
		{"unbounded", "infinite loop detected"},
		{"helper_unknown", "invalid func unknown#9999"},
		{"helper_type", "cannot use helper bpf_skb_load_bytes"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := load(t, filepath.Join(testdata, "broken", tc.name+".o"), tc.name)
			if err == nil {
				t.Fatal("the kernel accepts it")
			}
			var refused *ebpf.VerifierError
			if !errors.As(err, &refused) {
				t.Fatalf("not refused by the verifier: %v", err)
			}
			if log := fmt.Sprintf("%+v", refused); !strings.Contains(log, tc.want) {
				t.Errorf("want %q in the log:\n%s", tc.want, log)
			}
		})
	}
}
