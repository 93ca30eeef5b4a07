package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"regexp"
	"runtime/pprof"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/bpf2go-native/bpf2go-native/frontend"
	"github.com/bpf2go-native/bpf2go-native/verifier"
)

func main() {
	root := flag.String("root", "../..", "folder of the repository")
	rounds := flag.Int("rounds", 5, "how often each program is verified by each side; the least time counts")
	rows := flag.String("rows", "", "measure the rows that match this regular expression")
	cpu := flag.String("cpuprofile", "", "write a profile of the run to this file")
	flag.Parse()
	if *cpu != "" {
		f, err := os.Create(*cpu)
		if err == nil {
			err = pprof.StartCPUProfile(f)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, "verify:", err)
			os.Exit(2)
		}
		defer pprof.StopCPUProfile()
	}
	if err := run(os.Stdout, *root, *rounds, *rows); err != nil {
		fmt.Fprintln(os.Stderr, "verify:", err)
		os.Exit(1)
	}
}

// row is what was measured of one program.
type row struct {
	program
	verdict string // "" when accepted
	insns   int    // slots
	stats   verifier.Stats
	ours    time.Duration
	kernel  kernelResult
}

// kernelResult is what the kernel's verifier says of its work.
type kernelResult struct {
	time              time.Duration
	processed, states int
	why               string // why there is nothing
}

func run(w io.Writer, root string, rounds int, pattern string) error {
	match, err := regexp.Compile(pattern)
	if err != nil {
		return err
	}
	if rounds < 1 {
		return errors.New("at least one round")
	}
	var rows []row
	for _, p := range programs() {
		if !match.MatchString(p.name) {
			continue
		}
		obj, err := p.object(root)
		if errors.Is(err, os.ErrNotExist) {
			continue
		} else if err != nil {
			return err
		}
		for _, prog := range obj.Programs {
			q := p
			if p.file != "" && len(obj.Programs) > 1 {
				q.name += " " + prog.Name
			}
			rows = append(rows, measure(q, obj, prog, rounds, root))
		}
	}
	printTable(w, rows)
	return nil
}

// measure takes turns: ours, the kernel, ours, …
func measure(p program, obj *frontend.Object, prog *frontend.Program, rounds int, root string) row {
	r := row{program: p, insns: len(prog.Insns)}
	var ours, theirs []time.Duration
	for range rounds {
		start := processTime()
		_, err := verifier.Verify(obj, prog, verifier.Options{Stats: &r.stats})
		ours = append(ours, processTime()-start)
		if err != nil {
			r.verdict = err.Error()
		}
		r.kernel = askKernel(p, obj, prog, root)
		if r.kernel.why == "" {
			theirs = append(theirs, r.kernel.time)
		}
		if ours[0] > 2*time.Second {
			break // one round says it
		}
	}
	r.ours = slices.Min(ours)
	if len(theirs) > 0 {
		r.kernel.time = slices.Min(theirs)
	}
	return r
}

func micros(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1e3 }

func printTable(w io.Writer, rows []row) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "program\tslots\tprocessed\tstates\tpeak KB\tms\tµs/insn\tkernel processed\tkernel states\tkernel ms\tkernel µs/insn\tours/kernel\t")
	why := map[string]bool{}
	for _, r := range rows {
		n := r.stats.Processed
		fmt.Fprintf(t, "%s\t%d\t%d\t%d\t%d\t%.2f\t%.3f\t", r.name, r.insns, n, r.stats.States, r.stats.Bytes/1000, micros(r.ours)/1e3, micros(r.ours)/float64(max(n, 1)))
		if k := r.kernel; k.why != "" {
			why[k.why] = true
			fmt.Fprint(t, "-\t-\t-\t-\t-\t\n")
		} else {
			fmt.Fprintf(t, "%d\t%d\t%.2f\t%.3f\t%.2f\t\n", k.processed, k.states, micros(k.time)/1e3, micros(k.time)/float64(max(k.processed, 1)), float64(r.ours)/float64(max(k.time, 1)))
		}
	}
	_ = t.Flush()
	printGrowth(w, rows)
	for s := range why {
		fmt.Fprintf(w, "kernel: %s\n", s)
	}
	for _, r := range rows {
		if r.verdict != "" {
			fmt.Fprintf(w, "refused: %s: %s\n", r.name, r.verdict)
		}
	}
}

// printGrowth prints the slopes of logarithms over those of processed
// instructions within each family: 1 is linear.
func printGrowth(w io.Writer, rows []row) {
	families := map[string][]row{}
	var order []string
	for _, r := range rows {
		if r.family == "" || r.verdict != "" {
			continue
		}
		if families[r.family] == nil {
			order = append(order, r.family)
		}
		families[r.family] = append(families[r.family], r)
	}
	for _, name := range order {
		l := families[name]
		if len(l) < 2 {
			continue
		}
		fmt.Fprintf(w, "growth of %s with slots or turns: time %.2f, memory %.2f", name,
			slope(l, func(r row) float64 { return float64(r.ours) }), slope(l, func(r row) float64 { return float64(r.stats.Bytes) }))
		if l[0].kernel.why == "" && l[len(l)-1].kernel.why == "" {
			fmt.Fprintf(w, ", kernel's time %.2f", slope(l, func(r row) float64 { return float64(r.kernel.time) }))
		}
		fmt.Fprintf(w, " (processed %d to %d)\n", l[0].stats.Processed, l[len(l)-1].stats.Processed)
	}
}

// slope fits log(y) = a + slope * log(processed) by least squares.
func slope(rows []row, y func(row) float64) float64 {
	var sx, sy, sxx, sxy float64
	n := float64(len(rows))
	for _, r := range rows {
		a, b := math.Log(float64(max(r.stats.Processed, 1))), math.Log(max(y(r), 1))
		sx, sy, sxx, sxy = sx+a, sy+b, sxx+a*a, sxy+a*b
	}
	return (n*sxy - sx*sy) / (n*sxx - sx*sx)
}
