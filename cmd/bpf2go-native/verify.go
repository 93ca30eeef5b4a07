package main

import (
	"bufio"
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/bpf2go-native/bpf2go-native/frontend"
)

// verdict is what verify says about one program. The names of the fields are
// an interface: scripts read them.
type verdict struct {
	Name         string `json:"name"`
	Section      string `json:"section"`
	Type         string `json:"type"`
	Verdict      string `json:"verdict"` // accept, reject or unsupported
	Reason       string `json:"reason"`  // code, "V012"; "" when accepted
	Message      string `json:"message"`
	File         string `json:"file"`
	Line         int    `json:"line"`
	Instruction  int    `json:"instruction"`  // slot; -1 when none is to blame
	Insns        int    `json:"insns"`        // slots of the program
	Processed    int    `json:"processed"`    // instructions
	States       int    `json:"states"`       // stored
	Microseconds int64  `json:"microseconds"` // of verification
	PeakBytes    int    `json:"peak_bytes"`   // 0 when not known

	report   string   // the whole message, with all its lines
	warnings []string // of an accepted program
}

// The verdicts.
const (
	accept      = "accept"
	reject      = "reject"
	unsupported = "unsupported"
)

// verifyCommand makes the command that verifies an object.
func (t *tool) verifyCommand() *cobra.Command {
	var in inputFlags
	var asJSON bool
	c := &cobra.Command{
		Use:   "verify <object.o>",
		Short: "Verify the programs of an object",
		Long: `verify decides for every program of an object whether it is safe to run, as the
generating command does before it compiles. The exit code is 0 only when every
program is accepted, 1 when one is not, 2 when the object cannot be read.`,
		Args: oneObject,
		RunE: func(_ *cobra.Command, args []string) error {
			o, err := loadObject(args[0], &in)
			if err != nil {
				return err
			}
			return t.verify(o, asJSON)
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print an array with one element for each program")
	in.add(c.Flags())
	return c
}

// verify verifies every program and prints the verdicts.
func (t *tool) verify(o *frontend.Object, asJSON bool) error {
	verdicts := make([]verdict, 0, len(o.Programs))
	bad := 0
	for _, p := range o.Programs {
		_, v := judge(o, p)
		if v.Verdict != accept {
			bad++
		}
		verdicts = append(verdicts, v)
	}
	show := t.printVerdicts
	if asJSON {
		show = t.printJSON
	}
	if err := show(verdicts); err != nil {
		return err
	}
	if bad > 0 {
		return refused("%s: %d of %d programs not accepted", o.Name, bad, len(verdicts))
	}
	return nil
}

func (t *tool) printJSON(verdicts []verdict) error {
	e := json.NewEncoder(t.stdout)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(verdicts)
}

func (t *tool) printVerdicts(verdicts []verdict) error {
	w := bufio.NewWriter(t.stdout)
	for _, v := range verdicts {
		if v.Verdict != accept {
			fmt.Fprintf(w, "%s (%s, section %s): %s\n%s\n", v.Name, v.Type, v.Section, v.Verdict, v.report)
			continue
		}
		fmt.Fprintf(w, "%s (%s, section %s): accepted: %d slots, %d instructions processed, %d states\n",
			v.Name, v.Type, v.Section, v.Insns, v.Processed, v.States)
		for _, text := range v.warnings {
			fmt.Fprintf(w, "\twarning: %s\n", text)
		}
	}
	return w.Flush()
}
