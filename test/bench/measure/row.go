package measure

import (
	"fmt"
	"math"
)

// Goal is what a row has to reach. The zero Goal is none.
type Goal struct {
	Max float64 // largest ratio, or ns when Against is empty
	// Against names the peers; the best of those present counts.
	Against []string
	Label   string // name of the peers in the table: "C"
}

// Row is one line of the table: the same work done by several engines.
type Row struct {
	Group string // heading
	Name  string
	Ops   int // operations of one call; costs are per operation
	Goal  Goal
	// Against names the peers of a row without a goal that has a score.
	Against []string
	// Engines in the order of the table. The first is the measured one.
	Engines []Engine
}

// Result is a measured Row.
type Result struct {
	Row
	NS    map[string]float64 // median ns per operation by engine
	Gross map[string]float64 // the same with the base
	Ratio map[string]float64 // subject divided by the engine, median of rounds
	// Score is what the goal is about: a ratio or ns. NaN when a peer is
	// missing.
	Score float64
}

// Measure runs the row.
func (r Row) Measure(o Options) (Result, error) {
	series, err := Interleave(r.Engines, r.Ops, o)
	if err != nil {
		return Result{}, fmt.Errorf("%s: %w", r.Name, err)
	}
	res := Result{Row: r, NS: map[string]float64{}, Gross: map[string]float64{}, Ratio: map[string]float64{}}
	subject := series[r.Engines[0].Name]
	for _, e := range r.Engines {
		s, ok := series[e.Name]
		if !ok {
			continue
		}
		res.NS[e.Name] = Median(s.Net)
		res.Gross[e.Name] = s.Gross
		if q := Ratio(subject.Net, s.Net); !math.IsNaN(q) {
			res.Ratio[e.Name] = q
		}
	}
	res.Score = res.score()
	return res, nil
}

// score returns the number that the goal bounds. The best peer is the one with
// the smallest median.
func (r *Result) score() float64 {
	subject, against := r.Engines[0].Name, r.Goal.Against
	if r.Goal.Max == 0 {
		against = r.Against
	}
	if len(against) == 0 {
		if ns, ok := r.NS[subject]; ok {
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
	return Result{
		Row:   Row{Group: group, Name: name, Goal: goal, Engines: engines},
		Ratio: ratio,
		Score: Geomean(scores),
	}
}

// Met says whether the goal is reached; measured is false when there is no goal
// or nothing to compare with.
func (r *Result) Met() (met, measured bool) {
	if r.Goal.Max == 0 || math.IsNaN(r.Score) {
		return false, false
	}
	return r.Score <= r.Goal.Max, true
}
