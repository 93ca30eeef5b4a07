package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// environment turns the form of os.Environ into a map. Of two values of a
// name the last counts, as for os/exec.
func environment(environ []string) map[string]string {
	m := make(map[string]string, len(environ))
	for _, kv := range environ {
		if name, value, ok := strings.Cut(kv, "="); ok {
			m[name] = value
		}
	}
	return m
}

// splitCFlags cuts the arguments at the first "--": C flags stand behind it.
func splitCFlags(args []string) (own, cflags []string) {
	for i, a := range args {
		if a == "--" {
			return args[:i], args[i+1:]
		}
	}
	return args, nil
}

// normalise writes long flags with two dashes: users of bpf2go write one, as
// package flag reads it, which cobra takes for a row of one-letter flags. The
// argument after a flag that takes a value is left as it is ("-cflags -O2").
func normalise(args []string, root *cobra.Command) []string {
	out := make([]string, 0, len(args))
	for i := 0; i < len(args); i++ {
		a := args[i]
		if strings.HasPrefix(a, "-") && !strings.HasPrefix(a, "--") && len(a) > 2 {
			a = "-" + a
		}
		out = append(out, a)
		name, _, valued := strings.Cut(strings.TrimPrefix(a, "--"), "=")
		if f := findFlag(root, name); strings.HasPrefix(a, "--") && f != nil && f.NoOptDefVal == "" && !valued && i+1 < len(args) {
			i++
			out = append(out, args[i])
		}
	}
	return out
}

// findFlag looks a flag up in the root command and its subcommands. Flags of
// one name take a value everywhere or nowhere.
func findFlag(root *cobra.Command, name string) *pflag.Flag {
	if f := root.Flags().Lookup(name); f != nil {
		return f
	}
	for _, c := range root.Commands() {
		if f := c.Flags().Lookup(name); f != nil {
			return f
		}
	}
	return nil
}

// splitWords splits a string of C flags at spaces. Quotation marks of both
// kinds keep spaces, a backslash keeps the character behind it.
func splitWords(s string) ([]string, error) {
	var words []string
	var word strings.Builder
	open, inWord := rune(0), false
	escaped := false
	for _, r := range s {
		switch {
		case escaped:
			word.WriteRune(r)
			escaped = false
		case r == '\\':
			escaped, inWord = true, true
		case open != 0 && r == open:
			open = 0
		case open == 0 && (r == '"' || r == '\''):
			open, inWord = r, true
		case open == 0 && (r == ' ' || r == '\t' || r == '\n'):
			if inWord {
				words = append(words, word.String())
			}
			word.Reset()
			inWord = false
		default:
			word.WriteRune(r)
			inWord = true
		}
	}
	switch {
	case open != 0:
		return nil, fmt.Errorf("the quotation mark %c in %q is not closed", open, s)
	case escaped:
		return nil, fmt.Errorf("%q ends with a backslash", s)
	case inWord:
		words = append(words, word.String())
	}
	return words, nil
}
