package engines

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// ident is how the names that are not exported begin for the identifier that
// generate.go gives an object: checksumXdp13 for clang13/checksum_xdp.o.
func ident(o *Object) string {
	var b strings.Builder
	upper := false
	for _, r := range strings.TrimSuffix(filepath.Base(o.File), ".o") {
		switch {
		case r == '_':
			upper = true
			continue
		case upper:
			r = unicode.ToUpper(r)
		}
		upper = false
		b.WriteRune(r)
	}
	if strings.HasPrefix(o.File, "clang13/") {
		b.WriteString("13")
	}
	return b.String()
}

// stem is the first part of the names of its files.
func stem(o *Object) string { return strings.ToLower(ident(o)) }

// TestObjects compares the rows with testdata: none is forgotten.
func TestObjects(t *testing.T) {
	var want, got []string
	for _, dir := range []string{"", "clang13"} {
		files, err := filepath.Glob(filepath.Join(testdata, dir, "*.o"))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			want = append(want, filepath.ToSlash(filepath.Join(dir, filepath.Base(f))))
		}
	}
	for _, o := range Objects() {
		got = append(got, o.File)
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("rows %q, want one for each of %q", got, want)
	}
}
