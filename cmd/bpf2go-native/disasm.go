package main

import (
	"bufio"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/bpf2go-native/bpf2go-native/frontend"
)

// disasmCommand makes the command that lists the programs of an object.
func (t *tool) disasmCommand() *cobra.Command {
	var in inputFlags
	var all bool
	c := &cobra.Command{
		Use:   "disasm <object.o>",
		Short: "List the programs of an object under their C lines",
		Long: `disasm lists every program as it is after linking, subprograms behind it, in
the notation and with the numbers of llvm-objdump, each C line above the
instructions that it became. It verifies nothing.`,
		Args: oneObject,
		RunE: func(_ *cobra.Command, args []string) error {
			opt, err := in.options()
			if err != nil {
				return err
			}
			opt.Assume = true
			o, err := loadObject(args[0], opt)
			if err != nil {
				return err
			}
			if all {
				return frontend.Dump(t.stdout, o)
			}
			return t.disasm(o)
		},
	}
	c.Flags().BoolVar(&all, "all", false, "list maps, global variables and types, too, and leave out the bytes")
	in.add(c.Flags())
	return c
}

// disasm prints the programs.
func (t *tool) disasm(o *frontend.Object) error {
	w := bufio.NewWriter(t.stdout)
	for i, p := range o.Programs {
		if i > 0 {
			fmt.Fprintln(w)
		}
		if p.Err != nil {
			fmt.Fprintf(w, "program %s, section %s: %v\n", p.Name, p.Section, p.Err)
			continue
		}
		fmt.Fprintf(w, "program %s, section %s, type %s:\n\n", p.Name, p.Section, p.Hook.Name)
		if err := frontend.PrintProgram(w, o, p, true); err != nil {
			return err
		}
	}
	return w.Flush()
}

// oneObject checks the arguments of disasm.
func oneObject(c *cobra.Command, args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("%s takes one object file, got %d arguments", c.Name(), len(args))
	}
	return nil
}
