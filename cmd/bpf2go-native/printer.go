package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
)

// printer writes verdicts: as text or as JSON.
type printer interface {
	object(file string, verdicts []verdict) error // the programs of an object
	unread(file string, err error) error          // an object that cannot be read
	end() error                                   // after the last
}

// textPrinter writes for people.
type textPrinter struct {
	w       io.Writer
	several bool // more than one object
}

func (p *textPrinter) object(file string, verdicts []verdict) error {
	w := bufio.NewWriter(p.w)
	if p.several {
		fmt.Fprintf(w, "%s:\n", file)
	}
	for _, v := range verdicts {
		if v.Verdict != accept {
			fmt.Fprintf(w, "%s (%s, section %s): %s\n%s\n", v.Name, v.kind(), v.Section, v.Verdict, v.report)
			continue
		}
		fmt.Fprintf(w, "%s (%s, section %s): accepted: %d slots, %d instructions processed, %d states\n",
			v.Name, v.kind(), v.Section, v.Insns, v.Processed, v.States)
		for _, text := range v.warnings {
			fmt.Fprintf(w, "\twarning: %s\n", text)
		}
	}
	return w.Flush()
}

// kind is the type of the program for people.
func (v *verdict) kind() string {
	if v.Type == "" {
		return "type not known"
	}
	return v.Type
}

// unread leaves the error to the end of the command.
func (p *textPrinter) unread(string, error) error { return nil }

func (p *textPrinter) end() error { return nil }

// jsonPrinter writes an array, each element as soon as it is known.
type jsonPrinter struct {
	w io.Writer
	n int // elements written
}

func (p *jsonPrinter) object(_ string, verdicts []verdict) error {
	for i := range verdicts {
		if err := p.element(&verdicts[i]); err != nil {
			return err
		}
	}
	return nil
}

func (p *jsonPrinter) unread(file string, err error) error {
	v := unreadVerdict(file, err)
	return p.element(&v)
}

func (p *jsonPrinter) element(v *verdict) error {
	before := ",\n  "
	if p.n == 0 {
		before = "[\n  "
	}
	p.n++
	var b bytes.Buffer
	b.WriteString(before)
	e := json.NewEncoder(&b)
	e.SetIndent("  ", "  ")
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return err
	}
	_, err := p.w.Write(bytes.TrimRight(b.Bytes(), "\n"))
	return err
}

func (p *jsonPrinter) end() error {
	text := "\n]\n"
	if p.n == 0 {
		text = "[]\n"
	}
	_, err := io.WriteString(p.w, text)
	return err
}
