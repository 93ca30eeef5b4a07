package broken

import (
	"flag"
	"fmt"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bpf2go-native/bpf2go-native/frontend/elf"
	"github.com/bpf2go-native/bpf2go-native/verifier"
)

var update = flag.Bool("update", false, "rewrite golden files")

// TestMessages compares the messages with goldens.
func TestMessages(t *testing.T) {
	for _, name := range []string{"unchecked", "notvalue"} {
		t.Run(name, func(t *testing.T) {
			data, err := os.ReadFile(name + ".o")
			if err != nil {
				t.Fatal(err)
			}
			obj, err := elf.Load(data, name+".o", elf.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if _, err = verifier.Verify(obj, obj.Programs[0], verifier.Options{}); err == nil {
				t.Fatal("the program is accepted")
			}
			got := fmt.Sprintf("%+v", err)
			if *update {
				if err := os.WriteFile(name+".txt", []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(name + ".txt")
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}
