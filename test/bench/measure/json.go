package measure

import (
	"encoding/json"
	"io"
	"math"
)

// jsonCell is one engine of a row.
type jsonCell struct {
	Engine  string   `json:"engine"`
	NS      *float64 `json:"ns,omitempty"`       // per operation, base subtracted
	GrossNS *float64 `json:"gross_ns,omitempty"` // the base included
	Ratio   *float64 `json:"ratio,omitempty"`    // first engine divided by this one
	Missing string   `json:"missing,omitempty"`
}

type jsonGoal struct {
	Max     float64  `json:"max"`
	Against []string `json:"against,omitempty"` // empty: a figure
	Score   *float64 `json:"score,omitempty"`
	Met     *bool    `json:"met,omitempty"`
}

type jsonRow struct {
	Group   string     `json:"group"`
	Name    string     `json:"name"`
	Ops     int        `json:"ops,omitempty"`
	Engines []jsonCell `json:"engines"`
	Unit    string     `json:"unit,omitempty"` // of the figures; empty is ns
	Goals   []jsonGoal `json:"goals,omitempty"`
}

// JSON writes the facts of the machine and the results as one object.
func JSON(w io.Writer, machine map[string]string, results []Result) error {
	rows := make([]jsonRow, len(results))
	for i := range results {
		rows[i] = results[i].json()
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(struct {
		Machine map[string]string `json:"machine"`
		Rows    []jsonRow         `json:"rows"`
	}{machine, rows})
}

func (r *Result) json() jsonRow {
	row := jsonRow{Group: r.Group, Name: r.Name, Ops: r.Ops, Unit: r.Unit, Engines: []jsonCell{}}
	for _, e := range r.Engines {
		row.Engines = append(row.Engines, jsonCell{
			Engine: e.Name, NS: entry(r.NS, e.Name), GrossNS: entry(r.Gross, e.Name),
			Ratio: entry(r.Ratio, e.Name), Missing: e.Missing,
		})
	}
	for _, v := range r.Verdicts() {
		g := jsonGoal{Max: v.Goal.Max, Against: v.Goal.Against}
		if v.Measured {
			g.Met, g.Score = &v.Met, &v.Score
		}
		row.Goals = append(row.Goals, g)
	}
	return row
}

// entry returns a pointer to a number that JSON can hold, else nil.
func entry(m map[string]float64, name string) *float64 {
	x, ok := m[name]
	if !ok || math.IsNaN(x) || math.IsInf(x, 0) {
		return nil
	}
	return &x
}
