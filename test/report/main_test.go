package main

import (
	"bytes"
	"io"
	"strings"
	"testing"
)

func TestReport(t *testing.T) {
	const pass = `{"Action":"pass","Package":"p","Test":"A"}` + "\n"
	const skip = `{"Action":"output","Package":"p","Test":"B","Output":"    x_test.go:3: no clang-19 on this machine\n"}` + "\n" +
		`{"Action":"skip","Package":"p","Test":"B"}` + "\n"
	const vectors = `{"Action":"output","Package":"p","Test":"V","Output":"    x_test.go:3: BPF_CONFORMANCE_DIR is not set: no vectors\n"}` + "\n" +
		`{"Action":"skip","Package":"p","Test":"V"}` + "\n"
	const fail = `{"Action":"output","Package":"p","Test":"C","Output":"got 1, want 2\n"}` + "\n" +
		`{"Action":"fail","Package":"p","Test":"C"}` + "\n"
	const build = `{"Action":"build-output","ImportPath":"q","Output":"syntax error\n"}` + "\n" +
		`{"Action":"build-fail","ImportPath":"q"}` + "\n"
	for _, c := range []struct {
		name, in string
		ci       bool
		status   int
		want     []string
	}{
		{"pass", pass, true, 0, []string{"1 passed, 0 failed, 0 skipped"}},
		{"skip on a user's machine", pass + skip, false, 0, []string{"no clang-19", "1 passed, 0 failed, 1 skipped"}},
		{"skip in CI", pass + skip, true, 1, []string{"no clang-19", "1 passed, 1 failed, 1 skipped"}},
		{"skip of what is no part of the project", pass + vectors, true, 0, []string{"1 passed, 0 failed, 1 skipped"}},
		{"both skips", pass + vectors + skip, true, 1, []string{"1 passed, 1 failed, 2 skipped"}},
		{"fail", pass + fail, false, 1, []string{"got 1, want 2", "1 passed, 1 failed, 0 skipped"}},
		{"build", pass + build, false, 1, []string{"syntax error", "1 failed"}},
		{"nothing", "", false, 1, []string{"no test ran", "0 passed, 1 failed, 0 skipped"}},
		{"not JSON", "garbage\n", false, 1, []string{"garbage", "1 failed"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := read(strings.NewReader(c.in), io.Discard)
			if err != nil {
				t.Fatal(err)
			}
			var out bytes.Buffer
			if status := r.print(&out, c.ci); status != c.status {
				t.Errorf("status %d, want %d\n%s", status, c.status, &out)
			}
			for _, w := range c.want {
				if !strings.Contains(out.String(), w) {
					t.Errorf("output lacks %q:\n%s", w, &out)
				}
			}
		})
	}
}
