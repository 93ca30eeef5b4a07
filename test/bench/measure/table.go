package measure

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
)

// Table writes the results as one table a group, with a column for each engine
// of the group, in the order of columns. A cell is ns per operation, and in
// brackets the first engine's time divided by this one's: below 1 the first is
// faster. Reasons for empty cells follow.
func Table(w io.Writer, columns []string, all []Result) error {
	results := all
	var text bytes.Buffer
	tw := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	for len(results) > 0 {
		n := 1
		for n < len(results) && results[n].Group == results[0].Group {
			n++
		}
		writeGroup(tw, columns, results[:n])
		if results = results[n:]; len(results) > 0 {
			// The end of a column's block, so that groups have widths of their own.
			fmt.Fprintln(tw)
		}
	}
	if err := flush(w, tw, &text); err != nil {
		return err
	}
	return writeMissing(w, all)
}

// flush writes what the table's writer made of the text, and no space at the
// end of a line.
func flush(w io.Writer, tw *tabwriter.Writer, text *bytes.Buffer) error {
	if err := tw.Flush(); err != nil {
		return err
	}
	for line := range strings.Lines(text.String()) {
		if _, err := fmt.Fprintln(w, strings.TrimRight(line, " \n")); err != nil {
			return err
		}
	}
	return nil
}

// writeGroup writes the rows of one heading.
func writeGroup(w io.Writer, columns []string, group []Result) {
	var used []string
	for _, c := range columns {
		if slices.ContainsFunc(group, func(r Result) bool { return r.has(c) }) {
			used = append(used, c)
		}
	}
	fmt.Fprintf(w, "%s\t%s\tgoal\n", group[0].Group, strings.Join(used, "\t"))
	for i := range group {
		r := &group[i]
		fmt.Fprintf(w, "%s\t", r.Name)
		for _, c := range used {
			fmt.Fprintf(w, "%s\t", r.cell(c))
		}
		fmt.Fprintf(w, "%s\n", r.verdict())
	}
}

// has reports whether the row has an engine of the name.
func (r *Result) has(name string) bool {
	return slices.ContainsFunc(r.Engines, func(e Engine) bool { return e.Name == name })
}

// cell formats the figure of one engine.
func (r *Result) cell(name string) string {
	ns, timed := r.NS[name]
	q, divided := r.Ratio[name]
	divided = divided && len(r.Engines) > 0 && name != r.Engines[0].Name
	switch {
	case timed && divided:
		return fmt.Sprintf("%s (%.2f)", digits(ns), q)
	case timed:
		return digits(ns)
	case divided:
		return fmt.Sprintf("(%.2f)", q)
	}
	if slices.ContainsFunc(r.Engines, func(e Engine) bool { return e.Name == name && e.Missing != "" }) {
		return "*"
	}
	return "-"
}

// digits gives three figures: more are noise.
func digits(ns float64) string {
	switch {
	case ns < 10:
		return fmt.Sprintf("%.2f", ns)
	case ns < 100:
		return fmt.Sprintf("%.1f", ns)
	}
	return fmt.Sprintf("%.0f", ns)
}

// verdict formats the goals and whether they were reached.
func (r *Result) verdict() string {
	var list []string
	for _, v := range r.Verdicts() {
		switch goal := v.Goal.text(r.Unit); {
		case !v.Measured:
			list = append(list, goal+": not measured")
		case v.Met:
			list = append(list, fmt.Sprintf("%s: %.2f", goal, v.Score))
		default:
			list = append(list, fmt.Sprintf("%s: %.2f MISSED", goal, v.Score))
		}
	}
	return strings.Join(list, "; ")
}

// text is the goal as the table names it.
func (g *Goal) text(unit string) string {
	switch {
	case len(g.Against) > 0:
		unit = "x " + g.Label
	case unit == "":
		unit = "ns"
	}
	return fmt.Sprintf("<= %g %s", g.Max, unit)
}

// Goals writes one line a goal: PASS, MISS or, with no peer to compare with,
// "not measured". It returns the number of goals that were missed.
func Goals(w io.Writer, results []Result) (missed int, err error) {
	var text bytes.Buffer
	tw := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	for i := range results {
		r := &results[i]
		for _, v := range r.Verdicts() {
			word, score := "PASS", fmt.Sprintf("%.2f", v.Score)
			switch {
			case !v.Measured:
				word, score = "not measured", "-"
			case !v.Met:
				word = "MISS"
				missed++
			}
			fmt.Fprintf(tw, "%s\t%s\t%s\t%s\t%s\n", word, r.Group, r.Name, v.Goal.text(r.Unit), score)
		}
	}
	return missed, flush(w, tw, &text)
}

// writeMissing lists the reasons for empty cells, each once.
func writeMissing(w io.Writer, results []Result) error {
	type reason struct{ engine, text string }
	var order []reason
	rows := map[reason][]string{}
	for _, r := range results {
		for _, e := range r.Engines {
			if e.Missing == "" || r.Ops == 0 && r.Figures == nil {
				continue
			}
			k := reason{e.Name, e.Missing}
			if rows[k] == nil {
				order = append(order, k)
			}
			if !slices.Contains(rows[k], r.Name) {
				rows[k] = append(rows[k], r.Name)
			}
		}
	}
	for i, k := range order {
		lead := ""
		if i == 0 {
			lead = "\n"
		}
		where := strings.Join(rows[k], "; ")
		if n := len(rows[k]); n > 4 {
			where = fmt.Sprintf("%d rows", n)
		}
		if _, err := fmt.Fprintf(w, "%s* %s: %s (%s)\n", lead, k.engine, k.text, where); err != nil {
			return err
		}
	}
	return nil
}
