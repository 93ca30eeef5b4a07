package main

import (
	"errors"
	"path/filepath"
	"runtime"
	"sync"

	"github.com/spf13/cobra"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/frontend"
	"github.com/bpf2go-native/bpf2go-native/frontend/elf"
	"github.com/bpf2go-native/bpf2go-native/verifier/reason"
)

// verdict is what verify says about one program, or about an object that
// cannot be read: then Name is empty. The names of the fields are an
// interface: scripts read them.
type verdict struct {
	Object       string `json:"object"` // as it was given
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
	Microseconds int64  `json:"microseconds"` // of verification, by the clock
	PeakBytes    int    `json:"peak_bytes"`   // of stored states, estimated

	report   string   // the whole message, with all its lines
	warnings []string // of an accepted program
}

// The verdicts.
const (
	accept      = "accept"
	reject      = "reject"
	unsupported = "unsupported"
)

// verifyCommand makes the command that verifies objects.
func (t *tool) verifyCommand() *cobra.Command {
	var in inputFlags
	var asJSON bool
	var fuel uint64
	c := &cobra.Command{
		Use:   "verify <object.o>…",
		Short: "Verify the programs of objects",
		Long: `verify decides for every program of the objects whether it is safe to run, as
the generating command does before it compiles. What only a host can say is
assumed: LINUX_KERNEL_VERSION is 6.18, kernel configuration without a value
may be anything, and code that is only in .text is of type raw.

The exit code is 0 only when every program is accepted, 1 when one is not, 2
when an object cannot be read. With --json the output is an array with one
element for each program and for each object that cannot be read.`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return errors.New("verify takes object files, got 0 arguments")
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			opt, err := in.options()
			if err != nil {
				return err
			}
			opt.Assume = true
			var out printer = &textPrinter{w: t.stdout, several: len(args) > 1}
			if asJSON {
				out = &jsonPrinter{w: t.stdout}
			}
			return t.verify(args, opt, fuel, out)
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print an array with one element for each program")
	c.Flags().Uint64Var(&fuel, "fuel", 0, fuelUsage)
	in.add(c.Flags())
	return c
}

// verify verifies the programs of every object and prints the verdicts in
// their order.
func (t *tool) verify(files []string, opt elf.Options, fuel uint64, out printer) error {
	var unread error
	programs, bad := 0, 0
	for _, file := range files {
		o, err := loadObject(file, opt)
		if err != nil {
			if unread != nil {
				t.note("%v", unread)
			}
			unread = err
			if err := out.unread(file, err); err != nil {
				return err
			}
			continue
		}
		verdicts := judgeAll(o, fuel)
		for i := range verdicts {
			verdicts[i].Object = file
			programs++
			if verdicts[i].Verdict != accept {
				bad++
			}
		}
		if err := out.object(file, verdicts); err != nil {
			return err
		}
	}
	if err := out.end(); err != nil {
		return err
	}
	switch {
	case unread != nil:
		return unread
	case bad > 0 && len(files) == 1:
		return refused("%s: %d of %d programs not accepted", filepath.Base(files[0]), bad, programs)
	case bad > 0:
		return refused("%d of %d programs not accepted", bad, programs)
	}
	return nil
}

// judgeAll verifies the programs of an object, as many at a time as there are
// processors for.
func judgeAll(o *frontend.Object, fuel uint64) []verdict {
	verdicts := make([]verdict, len(o.Programs))
	next := make(chan int)
	var group sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(verdicts)) {
		group.Go(func() {
			for i := range next {
				_, verdicts[i] = judge(o, o.Programs[i], fuel)
			}
		})
	}
	for i := range verdicts {
		next <- i
	}
	close(next)
	group.Wait()
	return verdicts
}

// unreadVerdict is the verdict on an object that cannot be read.
func unreadVerdict(file string, err error) verdict {
	v := verdict{Object: file, Verdict: reject, Reason: string(reason.BadObject), Message: err.Error(), Instruction: -1}
	if errors.Is(err, bpf.ErrUnsupported) {
		v.Verdict, v.Reason = unsupported, string(reason.Unsupported)
	}
	return v
}

// loadObject reads the object file of verify and disasm.
func loadObject(file string, opt elf.Options) (*frontend.Object, error) {
	data, err := readObject(file)
	if err != nil {
		return nil, err
	}
	return elf.Load(data, file, opt)
}
