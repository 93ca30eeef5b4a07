package harness

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/frontend"
	"github.com/bpf2go-native/bpf2go-native/internal/enginetest"
	"github.com/bpf2go-native/bpf2go-native/internal/isatest"
	"github.com/bpf2go-native/bpf2go-native/verifier"
)

// object reads a program in the form of isatest.ParseCase.
func object(t *testing.T, text string) *frontend.Object {
	t.Helper()
	c, err := isatest.ParseCase("test", text+"\n-- result\n0\n")
	if err != nil {
		t.Fatal(err)
	}
	return c.Object
}

// xdpText adds metadata and context fields, and writes to packet and
// metadata. r0 has bits above 32.
const xdpText = `
-- hook xdp
-- asm
ldxw %r2, [%r1]
ldxw %r3, [%r1+4]
ldxw %r4, [%r1+8]
ldxw %r0, [%r1+12]
ldxw %r5, [%r1+16]
lsh %r5, 32
add %r0, %r5
mov %r5, %r4
add %r5, 4
jgt %r5, %r2, exit
ldxw %r5, [%r4]
add %r0, %r5
stw [%r4], 0x04030201
mov %r5, %r2
add %r5, 1
jgt %r5, %r3, exit
stb [%r2], 0x7f
exit
`

// mapText counts runs in an array and in a hash, whose key is the length of
// memory.
const mapText = `
-- map counts array 4 8 2
-- map lengths hash 8 8 4
-- asm
stxdw [%r10-16], %r2
stw [%r10-4], 1
lddw %r1, map counts
mov %r2, %r10
add %r2, -4
call map_lookup_elem
jeq %r0, 0, exit
ldxdw %r6, [%r0]
add %r6, 1
stxdw [%r0], %r6
stxdw [%r10-24], %r6
lddw %r1, map lengths
mov %r2, %r10
add %r2, -16
mov %r3, %r10
add %r3, -24
mov %r4, 0
call map_update_elem
mov %r0, %r6
exit
`

func cases(t *testing.T) []Case {
	return []Case{
		{Name: "xdp", Object: object(t, xdpText), Inputs: []Input{
			{Data: []byte{1, 2}, Meta: []byte{5, 0, 0, 0}, Ctx: []uint64{7, 1}},
			{Data: []byte{1}, Meta: []byte{5, 0, 0, 0}},
			{Data: []byte{1}},
		}},
		{Name: "refused", Object: object(t, "-- asm\nldxb %r0, [%r1]\nexit"), Inputs: []Input{{Data: []byte{1}}}},
		{Name: "maps", Object: object(t, mapText), Inputs: []Input{{Data: make([]byte, 3)}, {}, {Data: make([]byte, 3)}}},
		{Name: "no inputs", Object: object(t, "-- asm\nmov %r0, 0\nexit")},
		{Name: "maps again", Object: object(t, mapText), Inputs: []Input{{}}},
	}
}

func le64(n uint64) []byte { return []byte{byte(n), byte(n >> 8), 0, 0, 0, 0, 0, 0} }

func le32(n uint32) []byte { return []byte{byte(n), 0, 0, 0} }

// want is what cases give.
func want() []Result {
	none := []byte{}
	return []Result{
		{Outputs: []Output{
			{R0: 1<<32 + 12, Data: []byte{0x7f, 2}, Meta: []byte{1, 2, 3, 4}},
			{R0: 5, Data: []byte{0x7f}, Meta: []byte{1, 2, 3, 4}},
			{R0: 0, Data: []byte{1}, Meta: none},
		}},
		{Refused: errors.New("refused")},
		{Outputs: []Output{{R0: 1, Data: []byte{0, 0, 0}}, {R0: 2}, {R0: 3, Data: []byte{0, 0, 0}}}, Maps: []MapDump{
			{"counts", [][2][]byte{{le32(0), le64(0)}, {le32(1), le64(3)}}},
			{"lengths", [][2][]byte{{le64(0), le64(2)}, {le64(3), le64(3)}}},
		}},
		{},
		{Outputs: []Output{{R0: 1}}, Maps: []MapDump{
			{"counts", [][2][]byte{{le32(0), le64(0)}, {le32(1), le64(1)}}},
			{"lengths", [][2][]byte{{le64(0), le64(1)}}},
		}},
	}
}

// TestEngines: one batch, the same results on every engine.
func TestEngines(t *testing.T) {
	enginetest.Need(t, "go")
	times := &Times{}
	batch, err := Options{Times: times, Proven: true, chunk: 2}.Prepare(cases(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range []Engine{Interp(), Native("amd64"), Native("amd64.v3"), Native("arm64"), Host(), Body("arm")} {
		t.Run(e.String(), func(t *testing.T) {
			if why := e.Missing(); why != "" {
				enginetest.Missing(t, why)
			}
			got, err := batch.Run(t.Context(), e)
			if err != nil {
				t.Fatal(err)
			}
			expected := want()
			if e == Interp() {
				// It goes on where the verifier does not.
				expected[1] = Result{Outputs: []Output{{R0: 1, Data: []byte{1}}}}
			}
			sameError := cmp.Comparer(func(a, b error) bool { return (a == nil) == (b == nil) })
			if diff := cmp.Diff(expected, got, cmpopts.EquateEmpty(), sameError); diff != "" {
				t.Errorf("results differ (-want +got):\n%s", diff)
			}
		})
	}
	if times.Verify == 0 || times.Backend == 0 || times.Build == 0 || times.Run == 0 {
		t.Errorf("times are missing: %v", times)
	}
}

// ownText calls helper 9 of the hook.
const ownText = "-- asm\nmov %%r1, %d\ncall 9\nexit"

// ownSource is that helper: its argument says how the run ends.
const ownSource = `package own

import (
	"os"
	"time"
	"unsafe"

	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
)

//go:linkname TestHelper bpf2go/rtlib/v1.TestHelper
func TestHelper(_ *abi.Frame, r1 uint64) uint64 {
	switch r1 {
	case 1:
		panic("a helper panics")
	case 2:
		return *(*uint64)(unsafe.Add(unsafe.Pointer(nil), 4*int(r1)))
	case 3:
		os.Stderr.WriteString("a helper exits\n")
		os.Exit(3)
	case 4:
		time.Sleep(time.Hour)
	}
	return r1 + 100
}
`

func ownCase(t *testing.T, r1 int) Case {
	t.Helper()
	text := fmt.Sprintf(ownText, r1)
	c, err := isatest.Assemble(strings.TrimPrefix(text, "-- asm\n"))
	if err != nil {
		t.Fatal(err)
	}
	obj := isatest.NewObject("own", c, 0)
	hook := *table.HookByName(bpf.Linux, "raw")
	hook.Helpers = []table.Helper{{ID: 9, Name: "test", Status: table.Supported, Args: []table.ArgKind{table.ArgAny}, Symbol: "TestHelper"}}
	obj.Programs[0].Hook = &hook
	return Case{Name: fmt.Sprintf("helper(%d)", r1), Object: obj, Inputs: []Input{{}, {}}}
}

// TestPanic: what goes wrong inside Go's world is a result, and the next case
// runs.
func TestPanic(t *testing.T) {
	o := Options{Files: map[string]string{"helper.go": ownSource}}
	for _, e := range []Engine{Native("amd64"), Native("arm64"), Host()} {
		t.Run(e.String(), func(t *testing.T) {
			if why := e.Missing(); why != "" {
				enginetest.Missing(t, why)
			}
			got, err := o.Run(t.Context(), e, []Case{ownCase(t, 7), ownCase(t, 1), ownCase(t, 2), ownCase(t, 8)})
			if err != nil {
				t.Fatal(err)
			}
			for i, want := range []string{"", "a helper panics", "nil pointer dereference", ""} {
				outputs := got[i].Outputs
				switch {
				case want == "" && (len(outputs) != 2 || outputs[1].R0 != uint64(107+i/3)):
					t.Errorf("case %d: got %+v, want %d", i, outputs, 107+i/3)
				case want != "" && (len(outputs) != 1 || !strings.Contains(outputs[0].Err, want)):
					t.Errorf("case %d: got %+v, want one output with %q", i, outputs, want)
				}
			}
		})
	}
}

// TestDied: a run that ends the process is an error with the case's name; the
// cases before it have their results.
func TestDied(t *testing.T) {
	for _, c := range []struct {
		e    Engine
		how  int
		want string
		late bool
	}{
		{Native("amd64"), 3, "exit status 3\na helper exits", false},
		{Native("arm64"), 3, "exit status 3\na helper exits", false},
		{Host(), 4, "deadline exceeded", true},
	} {
		t.Run(c.e.String(), func(t *testing.T) {
			if why := c.e.Missing(); why != "" {
				enginetest.Missing(t, why)
			}
			o := Options{Files: map[string]string{"helper.go": ownSource}, Timeout: 5 * time.Second}
			got, err := o.Run(t.Context(), c.e, []Case{ownCase(t, 7), ownCase(t, c.how), ownCase(t, 8)})
			var died *Died
			if !errors.As(err, &died) || died.Index != 1 || died.Case != fmt.Sprintf("helper(%d)", c.how) ||
				!strings.Contains(err.Error(), c.want) || errors.Is(err, context.DeadlineExceeded) != c.late {
				t.Errorf("got %v, want the name of the case and %q", err, c.want)
			}
			if len(got) != 3 || len(got[0].Outputs) != 2 || got[0].Outputs[1].R0 != 107 || got[2].Outputs != nil {
				t.Errorf("got %+v, want results of the first case only", got)
			}
		})
	}
}

// TestFuel: the options of the proof reach the run, of a program that is not
// the first of its object.
func TestFuel(t *testing.T) {
	obj := object(t, "-- asm\nmov %r0, 1\nexit\n-- asm loop\nmov %r0, 0\nagain:\nadd %r0, 1\njlt %r0, %r2, again\nexit")
	c := Case{Name: "loop", Object: obj, Program: 1, Inputs: []Input{{Data: make([]byte, 9)}, {Data: make([]byte, 90)}, {}}}
	for _, e := range []Engine{Native("amd64"), Native("arm64"), Host()} {
		t.Run(e.String(), func(t *testing.T) {
			if why := e.Missing(); why != "" {
				enginetest.Missing(t, why)
			}
			got, err := Options{Verifier: verifier.Options{Fuel: 50}}.Run(t.Context(), e, []Case{c})
			if err != nil || got[0].Refused != nil {
				t.Fatal(got, err)
			}
			out := got[0].Outputs
			if len(out) != 2 || out[0].R0 != 9 || out[0].Err != "" || !strings.Contains(out[1].Err, `program "loop"`) {
				t.Errorf("got %+v, want 9, then an error that names the program", out)
			}
		})
	}
}

// TestRefusedLate: a program that codegen refuses stops no other of its
// package.
func TestRefusedLate(t *testing.T) {
	enginetest.Need(t, "go")
	work := strings.Repeat("mul %r1, 3\nxor %r1, 5\n", 60)
	obj := object(t, "-- asm\nmov %r1, 1\ncall local f\nmov %r1, %r0\ncall local f\nmov %r1, %r0\ncall local f\nexit\nf:\n"+work+"mov %r0, %r1\nexit")
	for k := range obj.Programs[0].Funcs {
		obj.Programs[0].Funcs[k].Name = "twins"
	}
	one := object(t, "-- asm\nmov %r0, 1\nexit")
	got, err := Run(t.Context(), Host(), []Case{{Name: "before", Object: one, Inputs: []Input{{}}}, {Name: "twins", Object: obj, Inputs: []Input{{}}}, {Name: "behind", Object: one, Inputs: []Input{{}}}})
	if err != nil {
		t.Fatal(err)
	}
	if got[1].Refused == nil || !strings.Contains(got[1].Refused.Error(), "two functions twins") {
		t.Errorf("got %+v, want a refusal for the names of its functions", got[1])
	}
	for _, i := range []int{0, 2} {
		if got[i].Refused != nil || len(got[i].Outputs) != 1 || got[i].Outputs[0].R0 != 1 {
			t.Errorf("case %d: got %+v, want 1", i, got[i])
		}
	}
}

// TestBroken: what is wrong with a call is an error, and no folder stays.
func TestBroken(t *testing.T) {
	enginetest.Need(t, "go")
	t.Setenv("TMPDIR", t.TempDir())
	one := []Case{{Name: "one", Object: object(t, "-- asm\nmov %r0, 1\nexit"), Inputs: []Input{{}}}}
	for _, c := range []struct {
		o    Options
		e    Engine
		c    []Case
		want string
	}{
		{Options{}, Native("riscv64"), one, "native/riscv64: there is no such code"},
		{Options{}, Native("arm64.v3"), one, "native/arm64.v3: there is no such code"},
		{Options{}, Body("s390x"), one, "go/s390x: there is no such code"},
		{Options{Files: map[string]string{"x.go": "package own\n\nvar x int = \"\"\n"}}, Host(), one, "go build"},
		{Options{}, Host(), []Case{{Name: "none"}}, "case none has no program 0"},
		{Options{}, Interp(), []Case{{Name: "none", Object: one[0].Object, Program: 1}}, "case none has no program 1"},
	} {
		if _, err := c.o.Run(t.Context(), c.e, c.c); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: got %v, want %q", c.e, err, c.want)
		}
	}
	left, err := os.ReadDir(os.Getenv("TMPDIR"))
	for _, entry := range left {
		if strings.HasPrefix(entry.Name(), "bpf2go-harness-") {
			t.Errorf("%s was left behind", entry.Name())
		}
	}
	if err != nil {
		t.Error(err)
	}
}
