package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bpf2go-native/bpf2go-native/codegen"
)

// output is everything that a run changes in one directory.
type output struct {
	dir   string
	files []codegen.File
	stale []string // names of files to remove
}

// add puts files into the output and finds those of the same stem that an
// earlier run wrote and this one does not.
func (o *output) add(stem, suffix string, files []codegen.File) error {
	o.files = append(o.files, files...)
	entries, err := os.ReadDir(o.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("output directory: %w", err)
	}
	for _, e := range entries {
		if !belongs(e.Name(), stem, suffix) || slices.ContainsFunc(files, func(f codegen.File) bool { return f.Name == e.Name() }) {
			continue
		}
		old, err := os.ReadFile(filepath.Join(o.dir, e.Name()))
		if err != nil {
			return err
		}
		if ours.Match(head(old)) {
			o.stale = append(o.stale, e.Name())
		}
	}
	return nil
}

// belongs reports whether a file name is one that codegen makes of the stem
// and the suffix: the stem, perhaps _ and a word (or the two of a level), the
// suffix, .go or .s.
func belongs(name, stem, suffix string) bool {
	ext := filepath.Ext(name)
	rest, ok := strings.CutPrefix(strings.TrimSuffix(name, ext), stem)
	if !ok || ext != ".go" && ext != ".s" {
		return false
	}
	if rest, ok = strings.CutSuffix(rest, suffix); !ok {
		return false
	}
	return rest == "" || rest == "_amd64_v3" || rest[0] == '_' && rest != "_test" && !strings.Contains(rest[1:], "_")
}

// differences lists what write would change, for -check.
func (o *output) differences() ([]string, error) {
	var list []string
	for _, f := range o.files {
		old, err := os.ReadFile(filepath.Join(o.dir, f.Name))
		switch {
		case errors.Is(err, fs.ErrNotExist):
			list = append(list, f.Name+" is missing")
		case err != nil:
			return nil, err
		case !bytes.Equal(old, f.Data):
			list = append(list, fmt.Sprintf("%s differs from line %d on", f.Name, differentLine(old, f.Data)))
		}
	}
	for _, name := range o.stale {
		list = append(list, name+" is no longer generated")
	}
	return list, nil
}

// differentLine is the number of the first line in which a and b differ.
func differentLine(a, b []byte) int {
	line := 1
	for i := 0; i < len(a) && i < len(b) && a[i] == b[i]; i++ {
		if a[i] == '\n' {
			line++
		}
	}
	return line
}

// write replaces the files: all or none. New contents stand complete beside
// the old files before the first is renamed; when a rename fails, those done
// before it are undone. Stale files are removed last.
func (o *output) write() (err error) {
	if err := os.MkdirAll(o.dir, 0o777); err != nil {
		return fmt.Errorf("output directory: %w", err)
	}
	var staged []string // temporary names, by file
	defer func() {
		for _, temp := range staged {
			_ = os.Remove(temp) // gone when it was renamed
		}
	}()
	for _, f := range o.files {
		temp := filepath.Join(o.dir, fmt.Sprintf(".%s.%d.tmp", f.Name, os.Getpid()))
		staged = append(staged, temp)
		if err := os.WriteFile(temp, f.Data, 0o666); err != nil {
			return fmt.Errorf("output directory cannot be written: %w", err)
		}
	}
	var undo []func() error
	for i, f := range o.files {
		path := filepath.Join(o.dir, f.Name)
		back, err := restore(path)
		if err == nil {
			err = os.Rename(staged[i], path)
		}
		if err != nil {
			for _, u := range slices.Backward(undo) {
				err = errors.Join(err, u())
			}
			return fmt.Errorf("output cannot be replaced: %w", err)
		}
		undo = append(undo, back)
	}
	for _, name := range o.stale {
		if err := os.Remove(filepath.Join(o.dir, name)); err != nil {
			return fmt.Errorf("stale output: %w", err)
		}
	}
	return nil
}

// restore returns a function that makes the file what it is now.
func restore(path string) (func() error, error) {
	old, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return func() error { return os.Remove(path) }, nil
	}
	if err != nil {
		return nil, err
	}
	return func() error { return os.WriteFile(path, old, 0o666) }, nil
}
