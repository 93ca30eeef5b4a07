package tables

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
)

var update = flag.Bool("update", false, "rewrite docs/tables.md")

var platforms = []bpf.Platform{bpf.Linux, bpf.Windows}

// TestDocs compares docs/tables.md with the rows and with what the engines do;
// -update writes it. A stage that misses a row that the tables support fails.
func TestDocs(t *testing.T) {
	const file = "../../docs/tables.md"
	e := gather(t)
	for op := bpf.OpInvalid + 1; int(op) < bpf.NumOps; op++ {
		requireStages(t, op.String(), table.OpOf(op).Status, e.op(op))
	}
	for _, p := range platforms {
		for _, h := range append(append(table.Helpers(p), table.Variants(p)...), table.Kfuncs()...) {
			requireStages(t, "helper "+h.Name, h.Status, e.helper(&h))
		}
	}
	for _, m := range table.MapTypes() {
		requireVector(t, "map type "+m.Name, m.Status, e.maps[m.Name])
	}
	for _, h := range table.Hooks(bpf.Linux) {
		requireVector(t, "hook "+h.Name, h.Status, e.hooks[h.Name])
	}
	got := document(e)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s is stale: run go test ./test/tables -update", file)
	}
}

// requireStages compares what stages take with what a row says.
func requireStages(t *testing.T, what string, s table.Status, by taken) {
	t.Helper()
	for stage, want := range all(s) {
		if by[stage] != want {
			t.Errorf("%s: %s: %v, the row says %v", what, stageNames[stage], by[stage], want)
		}
	}
}

// requireVector asks for a vector that every stage takes, of a row that is
// supported.
func requireVector(t *testing.T, what string, s table.Status, by *taken) {
	t.Helper()
	if s == table.Supported && (by == nil || *by != all(s)) {
		t.Errorf("%s: no vector runs on every engine", what)
	}
}

func mark(s table.Status) string {
	return [...]string{"–", "verified", "yes"}[s]
}

func document(e *evidence) string {
	var b strings.Builder
	b.WriteString(`# Tables

Generated from the rows of bpf/table, and from what each stage does with the
vectors of test/vectors, by "go test ./test/tables -update". Every stage reads
the same rows: what is not supported here is refused with an error that says
so. What the verifier has and amd64, arm64 and Go have not is refused by
generate; verify knows it.

amd64 and arm64 are machine code, Go is generated Go source. An operation is
there when every width of it with every kind of operand is. Map types and hooks
that are "verified" are those of the interpreter and the verifier only; a vector
runs on every engine for each that is there.
`)
	documentOps(&b, e)
	documentMapTypes(&b)
	for _, p := range platforms {
		documentHooks(&b, p)
	}
	for _, p := range platforms {
		documentHelpers(&b, e, p)
	}
	return b.String()
}

func documentOps(b *strings.Builder, e *evidence) {
	b.WriteString("\n## Operations\n\nVersion is the instruction set version of clang's -mcpu that has it.\n\n")
	b.WriteString("| operation | class | widths in bytes | operand | version | interpreter | verifier | amd64 | arm64 | Go |\n|---|---|---|---|---|---|---|---|---|---|\n")
	for op := bpf.OpInvalid + 1; int(op) < bpf.NumOps; op++ {
		row := table.OpOf(op)
		var sizes, operands []string
		for _, w := range []uint8{1, 2, 4, 8} {
			if row.Widths.Has(w) {
				sizes = append(sizes, fmt.Sprint(w))
			}
		}
		if row.Reg {
			operands = append(operands, "register")
		}
		if row.Imm {
			operands = append(operands, "immediate")
		}
		version := "–"
		if row.Version > 0 {
			version = fmt.Sprintf("v%d", row.Version)
		}
		fmt.Fprintf(b, "| %v | %v | %s | %s | %s |%s\n", op, row.Class, strings.Join(sizes, " "), strings.Join(operands, ", "), version, e.op(op).cells())
	}
}

func documentMapTypes(b *strings.Builder) {
	b.WriteString("\n## Map types\n\n| type | Linux | Windows | key | value | supported |\n|---|---|---|---|---|---|\n")
	for _, m := range table.MapTypes()[1:] {
		windows, key, value := "–", "any", "any"
		if m.Windows != 0 {
			windows = fmt.Sprint(m.Windows)
		}
		switch {
		case m.Keyless:
			key = "none"
		case m.Key != 0:
			key = fmt.Sprint(m.Key)
		case m.Keys != nil:
			key = fmt.Sprint(m.Keys)
		case m.KeyMin != 0:
			key = fmt.Sprintf("at least %d", m.KeyMin)
		}
		switch {
		case m.NoValue:
			value = "none"
		case m.Value != 0:
			value = fmt.Sprint(m.Value)
		case m.Values != nil:
			value = fmt.Sprint(m.Values)
		}
		if m.PerCPU {
			value += " per CPU"
		}
		fmt.Fprintf(b, "| %s | %d | %s | %s | %s | %s |\n", m.Name, m.Type, windows, key, value, mark(m.Status))
	}
}

func title(p bpf.Platform) string {
	if p == bpf.Windows {
		return "Windows"
	}
	return "Linux"
}

func documentHooks(b *strings.Builder, p bpf.Platform) {
	fmt.Fprintf(b, "\n## Hooks, %s\n\n| hook | number | sections | context | supported |\n|---|---|---|---|---|\n", title(p))
	for _, h := range table.Hooks(p) {
		context := "–"
		if h.Memory {
			context = "memory (r1) and its length (r2)"
		}
		if len(h.Fields) > 0 {
			var fields []string
			for _, f := range h.Fields {
				fields = append(fields, fmt.Sprintf("%s@%d", f.Name, f.Off))
			}
			context = strings.Join(fields, " ")
		}
		fmt.Fprintf(b, "| %s | %d | %s | %s | %s |\n", h.Name, h.Number, strings.Join(h.Sections, " "), context, mark(h.Status))
	}
}

// argNames and retNames are indexed by ArgKind and RetKind.
var (
	argNames = [table.NumArgKinds]string{
		"", "any", "any?", "ctx", "ctx or null", "map", "key", "value", "value or null", "value out", "mem", "mem or null", "mem out",
		"mem out or null", "mem in out", "size", "size or 0", "const size", "bytes", "bytes out", "bytes in out", "string",
		"spin lock", "timer", "kptr", "dynptr", "dynptr out", "ringbuf dynptr", "record", "func", "stack or null", "sock",
		"sock or null", "full sock", "task", "task or null", "iter out", "iter", "object",
	}
	retNames = [table.NumRetKinds]string{
		"number", "nothing", "0 or -error", "none on success", "map value or null", "map value", "record or null",
		"dynptr data or null", "dynptr slice or null", "element or null", "argument 1", "sock or null", "tcp_sock or null",
		"sock_common or null", "task", "object",
	}
)

func documentHelpers(b *strings.Builder, e *evidence, p bpf.Platform) {
	fmt.Fprintf(b, "\n## Helpers, %s\n\nSizes belong to the memory before them; any? may be left out.\n\n", title(p))
	b.WriteString("| id | helper | arguments | result | hooks | interpreter | verifier | amd64 | arm64 | Go |\n|---|---|---|---|---|---|---|---|---|---|\n")
	for _, h := range table.Helpers(p) {
		documentHelper(b, e, &h)
	}
	if p != bpf.Linux {
		return
	}
	b.WriteString("\n### Helpers that differ in some hooks\n\n")
	b.WriteString("| id | helper | arguments | result | hooks | interpreter | verifier | amd64 | arm64 | Go |\n|---|---|---|---|---|---|---|---|---|---|\n")
	for _, h := range table.Variants(p) {
		documentHelper(b, e, &h)
	}
	b.WriteString("\n## Functions outside of programs\n\nThose of string.h and of the kernel, by name.\n\n")
	b.WriteString("| id | function | arguments | result | hooks | interpreter | verifier | amd64 | arm64 | Go |\n|---|---|---|---|---|---|---|---|---|---|\n")
	for _, h := range table.Kfuncs() {
		documentHelper(b, e, &h)
	}
}

func documentHelper(b *strings.Builder, e *evidence, h *table.Helper) {
	var args []string
	for _, a := range h.Args {
		args = append(args, argNames[a])
	}
	hooks, id := "all", "–"
	if h.Hooks != nil {
		hooks = strings.Join(h.Hooks, " ")
	}
	if h.ID != 0 {
		id = fmt.Sprint(h.ID)
	}
	fmt.Fprintf(b, "| %s | %s | %s | %s | %s |%s\n", id, h.Name, strings.Join(args, ", "), retNames[h.Ret], hooks, e.helper(h).cells())
}
