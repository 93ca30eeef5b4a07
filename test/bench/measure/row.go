package measure

import (
	"fmt"
	"math"
)

// Goal is what a row has to reach.
type Goal struct {
	Max float64 // largest ratio, or figure of the row's unit when Against is empty
	// Against names the peers; the best of those present counts.
	Against []string
	Label   string // name of the peers in the table: "C"
}

// Row is one line of the table: the same work done by several engines.
type Row struct {
	Group string // heading
	Name  string
	Ops   int // operations of one call; costs are per operation
	Goals []Goal
	// Against names the peers of a row without a goal that has a score.
	Against []string
	// Engines in the order of the table. The first is the measured one.
	Engines []Engine
	// Unit of the figures; empty is ns.
	Unit string
	// Figures, when not nil, gives a figure for each engine in place of a
	// measurement in rounds: what is counted and not timed.
	Figures func() (map[string]float64, error)
}

// Result is a measured Row.
type Result struct {
	Row
	NS    map[string]float64 // median ns per operation by engine, or Figures
	Gross map[string]float64 // the same with the base
	Ratio map[string]float64 // subject divided by the engine, median of rounds
	// Scores are what the goals are about, in their order: a ratio or a
	// figure. NaN when a peer is missing.
	Scores []float64
	// Score is the first of them, or the score of a row without a goal.
	Score float64
}

// Measure runs the row.
func (r Row) Measure(o Options) (Result, error) {
	res := Result{Row: r, NS: map[string]float64{}, Gross: map[string]float64{}, Ratio: map[string]float64{}}
	var err error
	if r.Figures != nil {
		err = res.count()
	} else {
		err = res.time(o)
	}
	if err != nil {
		return Result{}, fmt.Errorf("%s: %w", r.Name, err)
	}
	for _, g := range r.Goals {
		res.Scores = append(res.Scores, res.score(g.Against))
	}
	if len(r.Goals) > 0 {
		res.Score = res.Scores[0]
	} else {
		res.Score = res.score(r.Against)
	}
	return res, nil
}

// time measures the engines in rounds.
func (r *Result) time(o Options) error {
	series, err := Interleave(r.Engines, r.Ops, o)
	if err != nil {
		return err
	}
	subject := series[r.Engines[0].Name]
	for _, e := range r.Engines {
		s, ok := series[e.Name]
		if !ok {
			continue
		}
		r.NS[e.Name] = Median(s.Net)
		r.Gross[e.Name] = s.Gross
		if q := Ratio(subject.Net, s.Net); !math.IsNaN(q) {
			r.Ratio[e.Name] = q
		}
	}
	return nil
}

// count takes the figures of a row that is not timed.
func (r *Result) count() error {
	figures, err := r.Figures()
	if err != nil {
		return err
	}
	subject, ok := figures[r.Engines[0].Name]
	for name, x := range figures {
		r.NS[name] = x
		if ok && x > 0 {
			r.Ratio[name] = subject / x
		}
	}
	return nil
}

// score returns the number that a goal bounds. The best peer is the one with
// the smallest median.
func (r *Result) score(against []string) float64 {
	if len(against) == 0 {
		if ns, ok := r.NS[r.Engines[0].Name]; ok {
			return ns
		}
		return math.NaN()
	}
	best, score := math.Inf(1), math.NaN()
	for _, name := range against {
		ns, ok := r.NS[name]
		if q, divided := r.Ratio[name]; ok && divided && ns < best {
			best, score = ns, q
		}
	}
	return score
}

// Geometric returns a row that sums up others: the geometric mean of their
// scores. Rows without a score are left out.
func Geometric(group, name string, goal Goal, rows []Result) Result {
	var scores []float64
	engines := []Engine{}
	ratio := map[string]float64{}
	for _, r := range rows {
		if !math.IsNaN(r.Score) {
			scores = append(scores, r.Score)
		}
	}
	if len(rows) > 0 {
		engines = rows[0].Engines
	}
	for _, e := range engines {
		var list []float64
		for _, r := range rows {
			if q, ok := r.Ratio[e.Name]; ok {
				list = append(list, q)
			}
		}
		if len(list) == len(rows) {
			ratio[e.Name] = Geomean(list)
		}
	}
	mean := Geomean(scores)
	return Result{
		Row:    Row{Group: group, Name: name, Goals: []Goal{goal}, Engines: engines},
		Ratio:  ratio,
		Scores: []float64{mean},
		Score:  mean,
	}
}

// Verdict is how a goal of a row was met.
type Verdict struct {
	Goal  Goal
	Score float64
	// Measured is false when there was nothing to compare with; Met then is,
	// too.
	Measured, Met bool
}

// Verdicts says of each goal of the row whether it is reached.
func (r *Result) Verdicts() []Verdict {
	list := make([]Verdict, len(r.Goals))
	for i, g := range r.Goals {
		list[i] = Verdict{Goal: g, Score: r.Scores[i], Measured: !math.IsNaN(r.Scores[i])}
		list[i].Met = list[i].Measured && r.Scores[i] <= g.Max
	}
	return list
}
