package measure

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
)

// Table writes the results as one table with a column for each engine. A cell
// is ns per operation, and in brackets the first engine's time divided by this
// one's: below 1 the first is faster. Reasons for empty cells follow.
func Table(w io.Writer, columns []string, results []Result) error {
	var text bytes.Buffer
	tw := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	group := ""
	for i := range results {
		r := &results[i]
		if r.Group != group {
			if group = r.Group; i > 0 {
				fmt.Fprintln(tw, strings.Repeat("\t", len(columns)+1))
			}
			fmt.Fprintf(tw, "%s\t%s\tgoal\n", group, strings.Join(columns, "\t"))
		}
		fmt.Fprintf(tw, "%s\t", r.Name)
		for _, c := range columns {
			fmt.Fprintf(tw, "%s\t", r.cell(c))
		}
		fmt.Fprintf(tw, "%s\n", r.verdict())
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	for line := range strings.Lines(text.String()) {
		if _, err := fmt.Fprintln(w, strings.TrimRight(line, " \n")); err != nil {
			return err
		}
	}
	return writeMissing(w, results)
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

// verdict formats the goal and whether it was reached.
func (r *Result) verdict() string {
	if r.Goal.Max == 0 {
		return ""
	}
	what := "ns"
	if len(r.Goal.Against) > 0 {
		what = "x " + r.Goal.Label
	}
	goal := fmt.Sprintf("<= %g %s", r.Goal.Max, what)
	met, measured := r.Met()
	switch {
	case !measured:
		return goal + ": not measured"
	case met:
		return fmt.Sprintf("%s: %.2f", goal, r.Score)
	}
	return fmt.Sprintf("%s: %.2f MISSED", goal, r.Score)
}

// writeMissing lists the reasons for empty cells, each once.
func writeMissing(w io.Writer, results []Result) error {
	type reason struct{ engine, text string }
	var order []reason
	rows := map[reason][]string{}
	for _, r := range results {
		for _, e := range r.Engines {
			if e.Missing == "" || r.Ops == 0 {
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
