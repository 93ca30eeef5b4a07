package elf

import (
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bpf2go-native/bpf2go-native/bpf"
)

// clang compiles C text for the tests that need an object nobody commits.
func clang(t *testing.T, source string, flags ...string) []byte {
	t.Helper()
	cc, err := exec.LookPath("clang-19")
	if err != nil {
		if cc, err = exec.LookPath("clang"); err != nil {
			if os.Getenv("CI") == "true" {
				t.Fatal("neither clang-19 nor clang is installed")
			}
			t.Skip("neither clang-19 nor clang is installed")
		}
	}
	dir := t.TempDir()
	c, o := filepath.Join(dir, "t.bpf.c"), filepath.Join(dir, "t.o")
	if err := os.WriteFile(c, []byte(source), 0o644); err != nil {
		t.Fatal(err)
	}
	args := append([]string{"-O2", "-g", "-mcpu=v3", "-target", "bpf", "-Wno-everything"}, flags...)
	cmd := exec.Command(cc, append(args, "-c", "t.bpf.c", "-o", o)...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s %v: %v\n%s", cc, cmd.Args, err, out)
	}
	return read(t, o)
}

// prelude is what the C texts below need of the usual headers.
const prelude = `
#define SEC(x) __attribute__((section(x), used))
#define __uint(name, val) int (*name)[val]
#define __type(name, val) typeof(val) *name
typedef unsigned int u32;
typedef unsigned long long u64;
struct xdp_md { u32 data, data_end, data_meta, i, q, e; };
static void *(*lookup)(void *, const void *) = (void *)1;
`

const counter = prelude + `
struct { __uint(type, 2); __uint(max_entries, 4); __type(key, u32); __type(value, u64); } counts SEC(".maps");
SEC("xdp") int count(struct xdp_md *ctx) {
	u32 k = 0; u64 *v = lookup(&counts, &k);
	return v ? *v : 2;
}
`

// wrong is C whose object is refused: the message, or that of its program,
// says what is wrong, where, and what to do.
type wrong struct {
	name, source string
	flags        []string
	opt          Options
	want         []string
	unsupported  bool
}

const pass = `SEC("xdp") int prog(struct xdp_md *ctx) { return 2; }`

var wrongs = []wrong{
	{name: "no programs", source: prelude + `int x SEC(".data") = 1;`, want: []string{"no program", "SEC("}},
	{name: "text only", source: `int prog(char *p, long n) { return n; }`, want: []string{"program prog", "--prog-type .text=TYPE"}, unsupported: true},
	{name: "unknown section", source: prelude + `SEC("nonsense/x") int prog(void) { return 2; }`,
		want: []string{"section nonsense/x", "--prog-type nonsense/x=TYPE", "xdp"}, unsupported: true},
	{name: "unknown hook", source: prelude + pass, opt: Options{ProgTypes: map[string]string{"xdp": "nonsense"}},
		want: []string{"section xdp", `"nonsense"`, "known are"}},
	{name: "prog-type without section", source: prelude + pass, opt: Options{ProgTypes: map[string]string{"tc": "xdp"}},
		want: []string{`"tc"`, "the object has xdp"}},
	{name: "no BTF", source: counter, flags: []string{"-g0"},
		want: []string{"section xdp", "program count", "instruction 4", "map counts", "compile with -g"}},
	{name: "unresolved function", source: prelude + `extern int other(int); SEC("xdp") int prog(struct xdp_md *c) { return other(c->data); }`,
		want: []string{"section xdp", "program prog", "instruction 1", "symbol other"}},
	{name: "kconfig", source: prelude + `extern int CONFIG_HZ SEC(".kconfig"); SEC("xdp") int prog(struct xdp_md *c) { return CONFIG_HZ; }`,
		want: []string{"program prog", "CONFIG_HZ", "-set CONFIG_HZ=VALUE"}},
	{name: "unknown map type", source: strings.Replace(counter, "type, 2", "type, 999", 1), want: []string{"map counts", "map type 999"}, unsupported: true},
	{name: "no map type", source: strings.Replace(counter, "__uint(type, 2);", "", 1), want: []string{"map counts", "type is 0"}},
	{name: "unknown field", source: strings.Replace(counter, "max_entries", "entries", 1), want: []string{"counts", "entries"}},
	{name: "unknown type", source: prelude + pass, opt: Options{Types: []string{"nonsense"}}, want: []string{`type "nonsense"`}},
	{name: "type is a function", source: prelude + pass, opt: Options{Types: []string{"prog"}}, want: []string{`type "prog"`, "function"}},
}

// TestCompiledErrors checks messages for objects that clang makes: what is
// wrong, where, and what to do.
func TestCompiledErrors(t *testing.T) {
	for _, c := range wrongs {
		t.Run(c.name, func(t *testing.T) {
			o, err := Load(clang(t, c.source, c.flags...), "dir/t.o", c.opt)
			if err == nil {
				err = o.Check()
			} else {
				c.want = append(c.want, "dir/t.o: ")
			}
			if err == nil {
				t.Fatalf("loaded:\n%s", dump(t, o))
			}
			checkMessage(t, err, c.want)
			if got := errors.Is(err, bpf.ErrUnsupported); got != c.unsupported {
				t.Errorf("%q wraps bpf.ErrUnsupported: %v, want %v", err, got, c.unsupported)
			}
		})
	}
}

func checkMessage(t *testing.T, err error, want []string) {
	t.Helper()
	for _, w := range want {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("message %q does not say %q", err, w)
		}
	}
	if strings.Contains(err.Error(), "\n") {
		t.Errorf("message %q has several lines", err)
	}
}

// TestHeaderErrors changes one field of a good object's header.
func TestHeaderErrors(t *testing.T) {
	good := read(t, filepath.Join(objects, "globals_xdp.o"))
	change := func(off int, b ...byte) []byte {
		bad := append([]byte(nil), good...)
		copy(bad[off:], b)
		return bad
	}
	for _, c := range []struct {
		name string
		data []byte
		want string
	}{
		{"empty", nil, "not an ELF file"},
		{"C source", []byte("int main(void) { return 0; }"), "not an ELF file"},
		{"archive", []byte("!<arch>\n"), "not an ELF file"},
		{"magic only", good[:4], "truncated"},
		{"half a header", good[:40], "truncated"},
		{"32 bits", change(elf.EI_CLASS, byte(elf.ELFCLASS32)), "32-bit"},
		{"no byte order", change(elf.EI_DATA, 7), "byte order 7"},
		{"amd64", change(18, byte(elf.EM_X86_64), 0), "EM_X86_64"},
		{"executable", change(16, byte(elf.ET_EXEC), 0), "ET_EXEC"},
		{"no sections", change(60, 0, 0), "no sections"},
		{"section headers", change(58, 1, 0), "section headers of 1 bytes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Load(c.data, "t.o", Options{})
			if err == nil {
				t.Fatal("loaded")
			}
			checkMessage(t, err, []string{c.want, "t.o: "})
		})
	}
}

// TestTruncated cuts objects at the boundaries of every section and at random
// places. The section headers stand last, so every cut is an error.
func TestTruncated(t *testing.T) {
	for _, file := range committed(t) {
		data := read(t, file)
		f, err := elf.NewFile(strings.NewReader(string(data)))
		if err != nil {
			t.Fatal(err)
		}
		cuts := make(map[uint64]bool)
		for _, s := range f.Sections {
			for _, at := range []uint64{s.Offset, s.Offset + 1, s.Offset + s.FileSize - 1, s.Offset + s.FileSize} {
				cuts[at] = true
			}
		}
		r := rand.New(rand.NewPCG(1, uint64(len(data))))
		for range 50 {
			cuts[r.Uint64N(uint64(len(data)))] = true
		}
		for at := range cuts {
			if at >= uint64(len(data)) {
				continue
			}
			_, err := Load(data[:at], "t.o", Options{})
			if err == nil {
				t.Errorf("%s: the first %d of %d bytes load", file, at, len(data))
				continue
			}
			if at >= 4 {
				checkMessage(t, err, []string{"truncated"})
			}
		}
	}
}

// TestTruncatedSections lets the header of each section reach behind the end
// of the file, and makes it empty. The first is an error, the second may load.
func TestTruncatedSections(t *testing.T) {
	for _, file := range committed(t) {
		data := read(t, file)
		head := binary.LittleEndian.Uint64(data[40:])
		num := binary.LittleEndian.Uint16(data[60:])
		for i := range int(num) {
			at := head + uint64(i)*sectionSize
			typ := elf.SectionType(binary.LittleEndian.Uint32(data[at+4:]))
			size := binary.LittleEndian.Uint64(data[at+32:])
			for _, s := range []uint64{0, size / 2, size - 1, size + uint64(len(data)), 1 << 40, 1<<64 - 1} {
				bad := append([]byte(nil), data...)
				binary.LittleEndian.PutUint64(bad[at+32:], s)
				err := loadSafely(t, fmt.Sprintf("%s: section %d with size %d", file, i, s), bad)
				if err == nil && s > size && typ != elf.SHT_NULL && (typ != elf.SHT_NOBITS || s > maxSection) {
					t.Errorf("%s: section %d with size %d loads", file, i, s)
				}
			}
		}
	}
}

// TestByteFlips changes random bytes: the result is an Object or an error.
func TestByteFlips(t *testing.T) {
	for _, file := range committed(t) {
		data := read(t, file)
		r := rand.New(rand.NewPCG(2, uint64(len(data))))
		for n := range 100 {
			bad := append([]byte(nil), data...)
			for range 1 + r.IntN(4) {
				bad[r.IntN(len(bad))] ^= byte(1 << r.IntN(8))
			}
			_ = loadSafely(t, fmt.Sprintf("%s: flip %d", file, n), bad)
		}
	}
}

// loadSafely loads and reports a panic or a second of work as a failure.
func loadSafely(t testing.TB, what string, data []byte) error {
	t.Helper()
	defer func() {
		if r := recover(); r != nil {
			t.Fatalf("%s: panic: %v", what, r)
		}
	}()
	start := time.Now()
	_, err := Load(data, "t.o", Options{})
	if d := time.Since(start); d > 5*time.Second {
		t.Errorf("%s: loading took %v", what, d)
	}
	return err
}
