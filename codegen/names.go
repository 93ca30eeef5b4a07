package codegen

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/bpf2go-native/bpf2go-native/frontend"
)

// names holds every Go name of the output, decided before anything is
// printed, so that all files agree and a collision is found early.
type names struct {
	programs  []string // exported field names, by program
	maps      []string // by map of the object; "" for data sections
	variables []string // by global
	// funcs are the Go names of a program's functions: C name to Go name.
	funcs []map[string]string
	bound []boundNames // types of bound runs, by program
}

// resolveNames converts all names and refuses two that become one.
func resolveNames(in *Input) (*names, error) {
	n := &names{}
	var err error
	if n.programs, err = fields("program", len(in.Programs), func(i int) string { return in.Programs[i].Source.Name }); err != nil {
		return nil, err
	}
	n.maps, err = fields("map", len(in.Object.Maps), func(i int) string {
		if isSection(in.Object.Maps[i]) {
			return ""
		}
		return in.Object.Maps[i].Name
	})
	if err != nil {
		return nil, err
	}
	if n.variables, err = fields("variable", len(in.Object.Globals), func(i int) string { return in.Object.Globals[i].Name }); err != nil {
		return nil, err
	}
	used := map[string]bool{}
	for _, p := range in.Programs {
		funcs := map[string]string{}
		stem := lowerFirst(in.Ident) + "_" + symbolPart(p.Source.Name)
		for i, f := range p.IR.Funcs {
			if funcs[f.Name] != "" {
				return nil, fmt.Errorf("program %s has two functions %s", p.Source.Name, f.Name)
			}
			name := stem
			if i > 0 {
				name += "_" + symbolPart(f.Name)
			}
			for base, k := name, 2; used[name]; k++ {
				name = fmt.Sprintf("%s_%d", base, k)
			}
			used[name] = true
			funcs[f.Name] = name
		}
		n.funcs = append(n.funcs, funcs)
	}
	return n, nil
}

// closeMethod is the method of the structs of programs and of maps, which no
// field of theirs can be named. Variables have nothing to close.
const closeMethod = "Close"

// fields converts n C names to field names; an empty C name stays empty.
func fields(kind string, n int, name func(int) string) ([]string, error) {
	list := make([]string, n)
	from := map[string]string{}
	for i := range list {
		c := name(i)
		if c == "" {
			continue
		}
		goName := identifier(c)
		if goName == "" {
			return nil, fmt.Errorf("%s %q has no letter that Go could use as a name; rename it", kind, c)
		}
		if goName == closeMethod && kind != "variable" {
			return nil, fmt.Errorf("%s %q becomes %s, which is a method of the generated struct; rename it", kind, c, goName)
		}
		if other, ok := from[goName]; ok {
			return nil, fmt.Errorf("%ss %q and %q both become %s; rename one", kind, other, c, goName)
		}
		from[goName], list[i] = c, goName
	}
	return list, nil
}

// isSection reports whether the map is a data section, which has no field of
// its own: its variables have.
func isSection(m *frontend.Map) bool { return m.Data != nil || strings.HasPrefix(m.Name, ".") }

// identifier converts a C name to an exported Go name as bpf2go does: the
// first letter becomes upper case, an underscore behind a lower-case letter
// or a digit goes and the next letter becomes upper case, everything that is
// not a letter, digit or underscore goes.
func identifier(c string) string {
	var b strings.Builder
	var last rune // last rune kept, 0 when the next letter is to be raised
	for _, r := range c {
		switch {
		case unicode.IsLetter(r):
			if last == 0 {
				r = unicode.ToUpper(r)
			}
		case r == '_':
			if last == 0 || unicode.IsDigit(last) || unicode.IsLower(last) {
				last = 0
				continue
			}
		case unicode.IsDigit(r):
			if b.Len() == 0 {
				continue
			}
		default:
			continue
		}
		last = r
		b.WriteRune(r)
	}
	return b.String()
}

// symbolPart makes a C symbol part of a Go and assembler symbol: what is no
// letter, digit or underscore of ASCII (clang's f.1, say) becomes '_'.
func symbolPart(c string) string {
	return strings.Map(func(r rune) rune {
		if r == '_' || r < utf8.RuneSelf && (unicode.IsLetter(r) || unicode.IsDigit(r)) {
			return r
		}
		return '_'
	}, c)
}

func upperFirst(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[n:]
}

func lowerFirst(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToLower(r)) + s[n:]
}

// exported gives name the case of the ident: loadFoo for foo, LoadFoo for Foo.
func (in *Input) exported(name string) string {
	if r, _ := utf8.DecodeRuneInString(in.Ident); unicode.IsUpper(r) {
		return upperFirst(name)
	}
	return name
}

// oneLine makes text safe for a line comment: no line ends, no control
// characters, valid UTF-8.
func oneLine(s string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == utf8.RuneError || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, s))
}
