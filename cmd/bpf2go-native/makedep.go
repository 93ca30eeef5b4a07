package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// depExt ends the names of dependency files: foo_bpfel.go.d.
const depExt = ".d"

// makedep turns clang's dependency file into one for make: the target is the
// generated file, and all paths are relative to base.
func makedep(deps []byte, base, generated string) ([]byte, error) {
	text := strings.ReplaceAll(string(deps), "\\\r\n", " ")
	text = strings.ReplaceAll(text, "\\\n", " ")
	var out strings.Builder
	for n, line := range strings.Split(strings.TrimSpace(text), "\n") {
		if strings.TrimSpace(line) == "" {
			continue
		}
		// The first colon that ends a word, since C:\ has one as well.
		made, from, ok := strings.Cut(line+" ", ": ")
		if !ok {
			return nil, fmt.Errorf("dependency file of the C compiler: no colon in %q", line)
		}
		if n == 0 {
			made = generated
		}
		words := append([]string{made}, strings.Fields(from)...)
		for i, word := range words {
			rel, err := relative(base, word)
			if err != nil {
				return nil, err
			}
			words[i] = rel
		}
		fmt.Fprintf(&out, "%s:", words[0])
		for _, word := range words[1:] {
			fmt.Fprintf(&out, " \\\n %s", word)
		}
		out.WriteString("\n\n")
	}
	if out.Len() == 0 {
		return nil, fmt.Errorf("dependency file of the C compiler is empty")
	}
	return []byte(out.String()), nil
}

// relative is the path of file, relative or absolute, from base.
func relative(base, file string) (string, error) {
	wd, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for _, p := range []*string{&base, &file} {
		if !filepath.IsAbs(*p) {
			*p = filepath.Join(wd, *p)
		}
	}
	rel, err := filepath.Rel(base, file)
	if err != nil {
		return "", fmt.Errorf("-makebase: %w", err)
	}
	return rel, nil
}
