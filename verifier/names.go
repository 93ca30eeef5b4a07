package verifier

import (
	"regexp"
	"strings"
)

// variable is the C variable that a line of the program gives a value as the
// expression says.
func (v *verification) variable(re *regexp.Regexp, otherwise string) string {
	for i := range v.p.Lines {
		if m := re.FindStringSubmatch(v.p.Lines[i].Text); m != nil {
			return m[1]
		}
	}
	return otherwise
}

// The variables of data and data_end, read directly or by a macro.
func dataVariable() *regexp.Regexp {
	return regexp.MustCompile(`(\w+)\s*=\s*[^,;=]*(?:->data\b|_DATA\()`)
}
func endVariable() *regexp.Regexp {
	return regexp.MustCompile(`(\w+)\s*=\s*[^,;=]*(?:->data_end\b|_END\()`)
}

// element matches an element of an array: its name and the index.
func element() *regexp.Regexp { return regexp.MustCompile(`(\w+(?:(?:->|\.)\w+)*)\[([^\[\]]+)\]`) }

// arrow matches a member that is reached by a pointer.
func arrow() *regexp.Regexp { return regexp.MustCompile(`(\w+)->(\w+)`) }

func identifier() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z_]\w*$`) }

// assignedAt is the variable that the line of m gives its value: of several
// the last one before the column.
func assignedAt(m *Made) string {
	name := ""
	for _, at := range regexp.MustCompile(`(\w+)\s*=[^=]`).FindAllStringSubmatchIndex(m.Source, -1) {
		if name == "" || at[0] < m.Pos.Col {
			name = m.Source[at[2]:at[3]]
		}
	}
	return name
}

// arguments splits the arguments of the first call of a bpf function in a
// line.
func arguments(source string) []string {
	at := strings.Index(source, "bpf_")
	if at < 0 {
		return nil
	}
	open := strings.IndexByte(source[at:], '(')
	if open < 0 {
		return nil
	}
	var l []string
	depth, from := 0, at+open+1
	for i := from; i < len(source); i++ {
		switch c := source[i]; {
		case c == '(':
			depth++
		case c == ')' && depth == 0:
			return append(l, strings.TrimSpace(source[from:i]))
		case c == ')':
			depth--
		case c == ',' && depth == 0:
			l = append(l, strings.TrimSpace(source[from:i]))
			from = i + 1
		}
	}
	return nil
}
