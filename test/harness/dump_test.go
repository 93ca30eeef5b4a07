package harness

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/frontend"
	"github.com/bpf2go-native/bpf2go-native/internal/enginetest"
)

// kindsText writes to a map of each type that can be dumped: key 1 and the
// value 7 of 8 bytes, or records and values 7 and 8.
const kindsText = `
-- map percpu_array percpu_array 4 8 2
-- map percpu_hash percpu_hash 4 8 4
-- map lru lru_hash 4 8 4
-- map lpm lpm_trie 8 8 4
-- map queue queue 0 8 4
-- map stack stack 0 8 4
-- map ring ringbuf 0 0 4096
-- map inner hash 4 8 4
-- map outer hash_of_maps 4 4 4
-- map slots array_of_maps 4 4 2
-- asm
stw [%r10-4], 1
stw [%r10-12], 9
stw [%r10-8], 0xff0a
stdw [%r10-24], 7
stdw [%r10-32], 8
lddw %r1, map percpu_array
mov %r2, %r10
add %r2, -4
call map_lookup_elem
jeq %r0, 0, exit
stdw [%r0], 7
lddw %r1, map percpu_hash
call local update
lddw %r1, map lru
call local update
lddw %r1, map lpm
mov %r2, %r10
add %r2, -12
mov %r3, %r10
add %r3, -24
mov %r4, 0
call map_update_elem
lddw %r1, map queue
call local push
lddw %r1, map stack
call local push
lddw %r1, map ring
mov %r2, %r10
add %r2, -24
mov %r3, 8
mov %r4, 0
call ringbuf_output
lddw %r1, map ring
mov %r2, %r10
add %r2, -32
mov %r3, 3
mov %r4, 0
call ringbuf_output
lddw %r1, map outer
mov %r2, %r10
add %r2, -4
call map_lookup_elem
jeq %r0, 0, exit
mov %r1, %r0
call local update
mov %r0, 0
exit
update:
stw [%r10-4], 1
stdw [%r10-16], 7
mov %r2, %r10
add %r2, -4
mov %r3, %r10
add %r3, -16
mov %r4, 0
call map_update_elem
exit
push:
mov %r6, %r1
stdw [%r10-8], 7
mov %r2, %r10
add %r2, -8
mov %r3, 0
call map_push_elem
mov %r1, %r6
stdw [%r10-8], 8
mov %r2, %r10
add %r2, -8
mov %r3, 0
call map_push_elem
exit
`

// TestDump: every engine shows the contents of all types in one form.
func TestDump(t *testing.T) {
	enginetest.Need(t, "go")
	obj := object(t, kindsText)
	byName := map[string]*frontend.Map{}
	for _, m := range obj.Maps {
		byName[m.Name] = m
	}
	byName["lpm"].Flags = bpf.FlagNoPrealloc
	byName["outer"].Inner, byName["outer"].Slots = byName["inner"], []frontend.Slot{{Index: 1, Map: 7}}
	byName["slots"].Inner, byName["slots"].Slots = byName["inner"], []frontend.Slot{{Index: 0, Map: 7}}
	pair := func(k, v []byte) [2][]byte { return [2][]byte{k, v} }
	two := append(le32(1), le32(1)...)
	expected := []MapDump{
		{"percpu_array", [][2][]byte{pair(le32(0), le64(0)), pair(le32(1), le64(7))}},
		{"percpu_hash", [][2][]byte{pair(le32(1), le64(7))}},
		{"lru", [][2][]byte{pair(le32(1), le64(7))}},
		{"lpm", [][2][]byte{pair([]byte{9, 0, 0, 0, 10, 0x80, 0, 0}, le64(7))}}, // 9 bits of 0x0aff
		{"queue", [][2][]byte{pair(nil, le64(7)), pair(nil, le64(8))}},
		{"stack", [][2][]byte{pair(nil, le64(8)), pair(nil, le64(7))}},
		{"ring", [][2][]byte{pair(nil, le64(7)), pair(nil, []byte{8, 0, 0})}},
		{"inner", [][2][]byte{pair(le32(1), le64(7))}},
		{"outer", [][2][]byte{pair(le32(1), []byte("inner")), pair(two, le64(7))}},
		{"slots", [][2][]byte{pair(le32(0), []byte("inner")), pair(append(le32(0), le32(1)...), le64(7))}},
	}
	batch, err := Options{}.Prepare([]Case{{Name: "kinds", Object: obj, Inputs: []Input{{}}}})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range []Engine{Interp(), Native("amd64"), Host()} {
		t.Run(e.String(), func(t *testing.T) {
			if why := e.Missing(); why != "" {
				enginetest.Missing(t, why)
			}
			got, err := batch.Run(t.Context(), e)
			if err != nil || got[0].Refused != nil {
				t.Fatal(err, got[0].Refused)
			}
			if diff := cmp.Diff(Result{Outputs: []Output{{}}, Maps: expected}, got[0], cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("results differ (-want +got):\n%s", diff)
			}
		})
	}
}
