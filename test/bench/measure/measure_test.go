package measure

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"
)

func TestMedian(t *testing.T) {
	for _, tc := range []struct {
		list []float64
		want float64
	}{
		{[]float64{7}, 7},
		{[]float64{9, 1, 5}, 5},
		{[]float64{4, 1, 3, 2}, 2.5},
	} {
		if got := Median(tc.list); got != tc.want {
			t.Errorf("Median(%v) = %v, want %v", tc.list, got, tc.want)
		}
	}
	if got := Median(nil); !math.IsNaN(got) {
		t.Errorf("Median of nothing = %v, want NaN", got)
	}
	list := []float64{3, 1, 2}
	Median(list)
	if list[0] != 3 {
		t.Errorf("Median sorted its argument: %v", list)
	}
}

func TestRatio(t *testing.T) {
	for _, tc := range []struct {
		name string
		a, b []float64
		want float64
	}{
		{"median of the ratios, not ratio of the medians", []float64{10, 4, 90}, []float64{10, 2, 30}, 2},
		{"too small to divide by", []float64{1, 1, 1}, []float64{0.1, 0.1, 0.1}, math.NaN()},
		{"negative by noise", []float64{-0.1}, []float64{1}, math.NaN()},
		{"different lengths", []float64{1}, []float64{1, 2}, math.NaN()},
		{"nothing", nil, nil, math.NaN()},
	} {
		got := Ratio(tc.a, tc.b)
		if got != tc.want && !(math.IsNaN(got) && math.IsNaN(tc.want)) {
			t.Errorf("%s: Ratio(%v, %v) = %v, want %v", tc.name, tc.a, tc.b, got, tc.want)
		}
	}
}

func TestGeomean(t *testing.T) {
	if got := Geomean([]float64{1, 2, 4}); math.Abs(got-2) > 1e-12 {
		t.Errorf("Geomean(1, 2, 4) = %v, want 2", got)
	}
	if got := Geomean(nil); !math.IsNaN(got) {
		t.Errorf("Geomean of nothing = %v, want NaN", got)
	}
}

// fixed pretends that a call takes d.
func fixed(d time.Duration) Timer {
	return func(n int) (time.Duration, error) { return time.Duration(n) * d, nil }
}

func digest(x uint32) func() (uint32, error) {
	return func() (uint32, error) { return x, nil }
}

var short = Options{Rounds: 5, Slice: time.Millisecond}

func TestMeasure(t *testing.T) {
	r := Row{
		Name: "row", Ops: 10,
		Goals: []Goal{
			{Max: 1.4, Against: []string{"slow", "fast", "absent"}, Label: "C"},
			{Max: 1, Against: []string{"slow"}, Label: "slow"},
			{Max: 1, Against: []string{"absent"}, Label: "absent"},
		},
		Engines: []Engine{
			{Name: "native", Run: fixed(1300), Base: fixed(300)},
			{Name: "slow", Run: fixed(1000)},
			{Name: "fast", Run: fixed(500)},
			{Name: "absent", Missing: "it is not there"},
		},
	}
	res, err := r.Measure(short)
	if err != nil {
		t.Fatal(err)
	}
	if got := res.NS["native"]; got != 100 {
		t.Errorf("native: %v ns an operation, want 100", got)
	}
	if got := res.Gross["native"]; got != 130 {
		t.Errorf("native: %v ns with its base, want 130", got)
	}
	if got := res.Ratio["slow"]; got != 1 {
		t.Errorf("ratio to slow: %v, want 1", got)
	}
	if res.Score != 2 {
		t.Errorf("score: %v, want 2, the ratio to the faster peer", res.Score)
	}
	for i, want := range []struct{ met, measured bool }{{false, true}, {true, true}, {false, false}} {
		if v := res.Verdicts()[i]; v.Met != want.met || v.Measured != want.measured {
			t.Errorf("goal %d: met %v, measured %v, want %v", i, v.Met, v.Measured, want)
		}
	}
}

func TestMeasureRefuses(t *testing.T) {
	broken := errors.New("broken")
	for _, tc := range []struct {
		name    string
		engines []Engine
		want    string
	}{
		{"different results", []Engine{
			{Name: "a", Run: fixed(9), Check: digest(1)},
			{Name: "b", Run: fixed(9)},
			{Name: "c", Run: fixed(9), Check: digest(2)},
		}, "results differ: a gives 0x1, c gives 0x2"},
		{"an engine that breaks", []Engine{
			{Name: "a", Run: func(int) (time.Duration, error) { return 0, broken }},
		}, "a: broken"},
	} {
		_, err := Row{Name: "row", Ops: 1, Engines: tc.engines}.Measure(short)
		if err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: got error %v, want %q in it", tc.name, err, tc.want)
		}
	}
}

func TestGoalInNanoseconds(t *testing.T) {
	r := Row{Name: "row", Ops: 1, Goals: []Goal{{Max: 3.5}}, Engines: []Engine{{Name: "native", Run: fixed(3)}}}
	res, err := r.Measure(short)
	if err != nil {
		t.Fatal(err)
	}
	if v := res.Verdicts()[0]; !v.Met || !v.Measured || v.Score != 3 {
		t.Errorf("got %+v, want a goal that is met with 3", v)
	}
}

// results are two rows and their mean, as the table shows them.
func results(t *testing.T) []Result {
	t.Helper()
	var all []Result
	for _, r := range []Row{
		{Name: "one", Engines: []Engine{{Name: "native", Run: fixed(100)}, {Name: "clang", Run: fixed(50)}, {Name: "kernel", Missing: "needs root"}}},
		{Name: "two", Engines: []Engine{{Name: "native", Run: fixed(3000)}, {Name: "clang", Run: fixed(6000)}, {Name: "kernel", Missing: "needs root"}}},
	} {
		r.Group, r.Ops, r.Goals = "programs", 1, []Goal{{Max: 1.5, Against: []string{"clang"}, Label: "C"}}
		res, err := r.Measure(short)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, res)
	}
	return append(all, Geometric("programs", "geomean", Goal{Max: 1.4, Against: []string{"clang"}, Label: "C"}, all))
}

func TestTable(t *testing.T) {
	var b strings.Builder
	if err := Table(&b, []string{"native", "clang", "kernel", "other"}, results(t)); err != nil {
		t.Fatal(err)
	}
	want := `programs  native  clang        kernel  goal
one       100     50.0 (2.00)  *       <= 1.5 x C: 2.00 MISSED
two       3000    6000 (0.50)  *       <= 1.5 x C: 0.50
geomean   -       (1.00)       *       <= 1.4 x C: 1.00

* kernel: needs root (one; two)
`
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
}

func TestGoals(t *testing.T) {
	var b strings.Builder
	missed, err := Goals(&b, results(t))
	if err != nil {
		t.Fatal(err)
	}
	want := `MISS  programs  one      <= 1.5 x C  2.00
PASS  programs  two      <= 1.5 x C  0.50
PASS  programs  geomean  <= 1.4 x C  1.00
`
	if b.String() != want || missed != 1 {
		t.Errorf("%d missed, got\n%s\nwant 1 and\n%s", missed, b.String(), want)
	}
}

// TestFigures counts in place of timing.
func TestFigures(t *testing.T) {
	r := Row{
		Name: "bytes", Unit: "bytes", Goals: []Goal{{Max: 50}, {Max: 1, Against: []string{"kernel"}, Label: "kernel"}},
		Engines: []Engine{{Name: "native"}, {Name: "kernel"}, {Name: "Go"}},
		Figures: func() (map[string]float64, error) { return map[string]float64{"native": 60, "kernel": 80}, nil },
	}
	res, err := r.Measure(short)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := Table(&b, []string{"native", "kernel", "Go"}, []Result{res}); err != nil {
		t.Fatal(err)
	}
	want := "       native  kernel       Go  goal\nbytes  60.0    80.0 (0.75)  -   <= 50 bytes: 60.00 MISSED; <= 1 x kernel: 0.75\n"
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
}

func TestJSON(t *testing.T) {
	var b strings.Builder
	if err := JSON(&b, map[string]string{"goos": "plan9"}, results(t)); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`"goos": "plan9"`, `"name": "geomean"`, `"ratio": 0.5`, `"missing": "needs root"`, `"met": false`, `"score": 2`,
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %s in\n%s", want, b.String())
		}
	}
}

func TestNowAdvances(t *testing.T) {
	before := Now()
	for Now() == before {
	}
}
