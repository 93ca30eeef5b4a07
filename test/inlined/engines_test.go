package inlined_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/internal/enginetest"
	"github.com/bpf2go-native/bpf2go-native/test/harness"
	"github.com/bpf2go-native/bpf2go-native/test/inlined"
	"github.com/bpf2go-native/bpf2go-native/verifier"
)

// engines calls do with every compiled engine of this machine and arm64.
func engines(t *testing.T, do func(t *testing.T, e harness.Engine)) {
	for _, goarch := range []string{"amd64", "arm64", ""} {
		e := harness.Host()
		if goarch != "" {
			e = harness.Native(goarch)
		}
		t.Run(e.String(), func(t *testing.T) {
			if emulator := enginetest.Emulator(goarch); goarch != "" && emulator != "" {
				enginetest.Need(t, emulator)
			}
			do(t, e)
		})
	}
}

// TestEngines compares the compiled engines with the interpreter.
func TestEngines(t *testing.T) {
	list, err := inlined.Cases()
	if err != nil {
		t.Fatal(err)
	}
	for _, words := range []string{"0", "1", "2", "4", "512"} {
		obj, err := inlined.Object(bits(words))
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, inlined.Case{Name: "bits of " + words + " words", Object: obj})
	}
	var cases []harness.Case
	for _, c := range list {
		h := harness.Case{Name: c.Name, Object: c.Object}
		for _, data := range inlined.Inputs() {
			h.Inputs = append(h.Inputs, harness.Input{Data: data})
		}
		cases = append(cases, h)
	}
	want, err := harness.Run(t.Context(), harness.Interp(), cases)
	if err != nil {
		t.Fatal(err)
	}
	engines(t, func(t *testing.T, e harness.Engine) {
		got, err := harness.Run(t.Context(), e, cases)
		if err != nil {
			t.Fatal(err)
		}
		for i, c := range cases {
			if err := differ(got[i], want[i]); err != nil {
				t.Errorf("%s: %v", c.Name, err)
			}
		}
	})
}

// bits is a loop over the bits of words on the stack, which rtlib makes: the
// elements lie in the iterator, on the stack.
func bits(words string) string {
	return `
	stxdw [%r10-16], %r2
	lddw %r3, 0x8000000000000001
	stxdw [%r10-24], %r3
	stdw [%r10-32], 0
	stxdw [%r10-40], %r3
	mov %r7, 0
	mov %r1, %r10
	add %r1, -56
	mov %r2, %r10
	add %r2, -40
	mov %r3, ` + words + `
	call bpf_iter_bits_new
	mov %r8, %r0
loop:
	mov %r1, %r10
	add %r1, -56
	call bpf_iter_bits_next
	jeq %r0, 0, done
	mov %r6, %r0
	ldxw %r1, [%r0]
	mul %r7, 31
	add %r7, %r1
	ldxw %r1, [%r6]
	xor %r7, %r1
	ja loop
done:
	mov %r1, %r10
	add %r1, -56
	call bpf_iter_bits_destroy
	mov %r0, %r7
	add %r0, %r8
	exit`
}

// differ says what is not as the interpreter has it.
func differ(got, want harness.Result) error {
	if got.Refused != nil || len(got.Outputs) != len(want.Outputs) {
		return fmt.Errorf("%d outputs of %d: %w", len(got.Outputs), len(want.Outputs), got.Refused)
	}
	for k, w := range want.Outputs {
		if g := got.Outputs[k]; g.R0 != w.R0 || g.Err != w.Err || !bytes.Equal(g.Data, w.Data) {
			return fmt.Errorf("run %d: got %#x, %q, %x, want %#x, %q, %x", k, g.R0, g.Err, g.Data, w.R0, w.Err, w.Data)
		}
	}
	return nil
}

// TestFuel: endless programs end with the error that names the program and the
// budget; one that ends in time is not disturbed.
func TestFuel(t *testing.T) {
	const budget = 100_000
	endless := fmt.Sprintf("program \"main\": the run was ended before it executed more than %d instructions (-fuel): budget of instructions used up", budget)
	var cases []harness.Case
	var want []string
	for _, c := range []struct{ name, text, err string }{
		{"alone", "l:\nja l", endless},
		{"counting", "mov %r0, 0\nl:\nadd %r0, 1\nja l", endless},
		{"in a function", "mov %r1, %r2\ncall local f\nmov %r6, %r0\nmov %r1, 5\ncall local f\nexit\nf:\nmov %r0, %r1\n.rep 45 add %r0, 3\nl:\nadd %r1, 1\njne %r1, 0, l\nexit", endless},
		{"in a function in a loop", "mov %r6, %r2\nm:\nmov %r1, %r6\ncall local f\nadd %r6, 1\njne %r6, %r0, m\nexit\nf:\nmov %r0, %r1\n.rep 45 add %r0, 3\nexit", endless},
		{"in a callback", "mov %r1, 0x800000\nlddw %r2, func f\nmov %r3, 0\nmov %r4, 0\ncall loop\nexit\nf:\nmov %r0, 0\nexit", endless},
		{"iterator", inlined.Numbers("0", "0x700000", "add %r7, %r1"), endless},
		{"may_goto", "mov %r0, 0\nl:\nadd %r0, 1\nmay_goto out\nja l\nout:\nexit", endless},
		{"in time", "mov %r0, 0\nl:\nadd %r0, 1\njne %r0, %r2, l\nexit", ""},
		{"in time in a function", "mov %r6, %r2\nmov %r7, 0\nm:\nmov %r1, %r6\ncall local f\nadd %r7, %r0\nsub %r6, 1\njne %r6, 0, m\nmov %r0, %r7\nexit\nf:\nmov %r0, 0\n.rep 45 add %r0, 3\nl:\nadd %r0, 1\nsub %r1, 1\njne %r1, 0, l\nexit", ""},
	} {
		obj, err := inlined.Object(c.text)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		h := harness.Case{Name: c.name, Object: obj, Inputs: []harness.Input{{Data: []byte{1}}}}
		if c.err == "" {
			h.Inputs = append(h.Inputs, harness.Input{Data: make([]byte, 40)}, harness.Input{Data: make([]byte, 2)})
		}
		cases, want = append(cases, h), append(want, c.err)
	}
	numbers, err := harness.Run(t.Context(), harness.Interp(), cases)
	if err != nil {
		t.Fatal(err)
	}
	engines(t, func(t *testing.T, e harness.Engine) {
		opt := harness.Options{Verifier: verifier.Options{MaxProcessed: 50_000, Fuel: budget}}
		got, err := opt.Run(t.Context(), e, cases)
		if err != nil {
			t.Fatal(err)
		}
		for i, c := range cases {
			switch g := got[i]; {
			case g.Refused != nil:
				t.Errorf("%s: %v", c.Name, g.Refused)
			case want[i] == "":
				if err := differ(g, numbers[i]); err != nil {
					t.Errorf("%s: %v", c.Name, err)
				}
			case len(g.Outputs) != 1 || !strings.Contains(g.Outputs[0].Err, want[i]):
				t.Errorf("%s: got %+v, want the error %q", c.Name, g.Outputs, want[i])
			}
		}
	})
}
