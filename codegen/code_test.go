package codegen

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bpf2go-native/bpf2go-native/rtlib"
)

// TestGenerateCode: what is generated alone is what Generate has, and the entry
// has the name that EntryName says.
func TestGenerateCode(t *testing.T) {
	for _, c := range []struct {
		backend Backend
		goarch  string
		want    []string
	}{
		{BackendNative, "amd64", []string{"length_bpfel_amd64.s", "length_bpfel_arm64.s", "length_bpfel_native.go"}},
		{BackendNative, "riscv64", []string{"length_bpfel_body.go"}},
		{BackendGo, "amd64", []string{"length_bpfel_body.go"}},
	} {
		in := lengthInput(t)
		in.Backend = c.backend
		if c.backend == BackendGo {
			in.Programs[0].Code = nil
		}
		all := map[string][]byte{}
		for _, f := range generate(t, in) {
			all[f.Name] = f.Data
		}
		files, err := GenerateCode(in, c.goarch)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, f := range files {
			names = append(names, f.Name)
			if !bytes.Equal(f.Data, all[f.Name]) {
				t.Errorf("%s for %s is not what Generate has", f.Name, c.goarch)
			}
			if entry := EntryName(in.Ident, "length"); !strings.Contains(string(f.Data), entry+"(") {
				t.Errorf("%s does not have %s", f.Name, entry)
			}
		}
		if diff := cmp.Diff(c.want, names); diff != "" {
			t.Errorf("files for %s (-want +got):\n%s", c.goarch, diff)
		}
	}
	if _, err := GenerateCode(lengthInput(t), "s390x"); err == nil || !strings.Contains(err.Error(), "no code for GOARCH s390x") || Serves("s390x") || !Serves("mipsle") {
		t.Errorf("s390x: %v", err)
	}
}

// TestSpec: the value says what the proofs rely on. That Generate prints it is
// in the goldens.
func TestSpec(t *testing.T) {
	spec, err := Spec(lengthInput(t))
	if err != nil {
		t.Fatal(err)
	}
	rules, rodata := spec.Maps[0], spec.Maps[2]
	if rules.MinEntries != 10 || rules.ReliedBy != "length" || !rodata.Section || !rodata.Frozen || len(rodata.Data) != 8 {
		t.Errorf("maps: %+v, %+v", rules, rodata)
	}
	if diff := cmp.Diff([]string{"length", ""}, []string{spec.Vars[0].ReliedBy, spec.Vars[1].ReliedBy}); diff != "" {
		t.Errorf("variables are relied on by (-want +got):\n%s", diff)
	}
	p := spec.Programs[0]
	if p.Name != "length" || p.Hook != "raw" || p.Insns != 6 || p.Hash == (rtlib.ProgramSpec{}).Hash || p.Entry != nil || p.Engine != "" {
		t.Errorf("program: %+v", p)
	}
	in := lengthInput(t)
	in.Programs = nil
	if _, err := Spec(in); err == nil {
		t.Error("an object without its program has a spec")
	}
}
