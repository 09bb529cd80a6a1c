// Package report holds what a simulation found, in a form that a command can print
// and draw without knowing the experiment, and that sums up over several seeds.
package report

import (
	"github.com/kithmesh/kith/sim/overlay"
)

// Result is what one run of an experiment found.
type Result struct {
	// Seed is the seed of the run, Digest the hash of everything that happened in it.
	Seed   uint64 `json:"seed"`
	Digest uint64 `json:"digest"`
	// Measures are in the order in which they are to be read. No name is there twice.
	Measures []Measure `json:"measures"`
	Charts   []Chart   `json:"charts"`
}

// Measure is one figure.
type Measure struct {
	// Name is lower_snake, with the unit at its end where it is not obvious, such as
	// detection_p99_ms.
	Name string `json:"name"`
	// About says in a few words what is measured.
	About string  `json:"about"`
	Value float64 `json:"value"`
	// Bound, if not nil, is what the value should be.
	Bound *Bound `json:"bound,omitempty"`
	// Paper and Regular, if not nil, are what the paper has, and what a random regular
	// graph of the same size and degree has.
	Paper   *float64 `json:"paper,omitempty"`
	Regular *float64 `json:"regular_graph,omitempty"`
}

// Bound is the range in which a value is as it should be, both ends included.
type Bound struct {
	Low  float64 `json:"low"`
	High float64 `json:"high"`
}

// Holds reports whether the value is in the range.
func (b *Bound) Holds(v float64) bool { return b == nil || v >= b.Low && v <= b.High }

// Chart is one picture: lines over a common axis.
type Chart struct {
	// Name is lower_snake, and part of a file's name.
	Name  string `json:"name"`
	Title string `json:"title"`
	X     string `json:"x"` // what the axis shows, and its unit
	Y     string `json:"y"`
	// LogX and LogY ask for logarithmic axes; the lines then have no point at 0 there.
	LogX  bool   `json:"log_x,omitempty"`
	LogY  bool   `json:"log_y,omitempty"`
	Bars  bool   `json:"bars,omitempty"` // a histogram
	Lines []Line `json:"lines"`
}

// Line is one line of a chart.
type Line struct {
	Name string `json:"name"`
	// Marks draws points without a line between them: somebody else's figures.
	Marks  bool         `json:"marks,omitempty"`
	Points [][2]float64 `json:"points"`
}

// Add appends a measure and returns it, for its Bound and what it compares with. The
// pointer is valid until the next Add.
func (r *Result) Add(name, about string, value float64) *Measure {
	r.Measures = append(r.Measures, Measure{Name: name, About: about, Value: value})
	return &r.Measures[len(r.Measures)-1]
}

// Within sets what the value should be.
func (m *Measure) Within(low, high float64) *Measure {
	m.Bound = &Bound{low, high}
	return m
}

// Against sets the paper's value.
func (m *Measure) Against(paper float64) *Measure {
	m.Paper = &paper
	return m
}

// Ideal sets the value of a random regular graph.
func (m *Measure) Ideal(regular float64) *Measure {
	m.Regular = &regular
	return m
}

// Get returns the value of the measure with that name.
func (r *Result) Get(name string) (float64, bool) {
	for i := range r.Measures {
		if r.Measures[i].Name == name {
			return r.Measures[i].Value, true
		}
	}
	return 0, false
}

// Row sums up one measure over the seeds.
type Row struct {
	Measure
	Ours overlay.Summary `json:"ours"`
}

// Met reports whether the mean is in the bound.
func (r *Row) Met() bool { return r.Bound.Holds(r.Ours.Mean) }

// Rows sums up the runs of one experiment over several seeds: a row for each measure
// of the first, in its order. A run that lacks a measure does not count in its row.
func Rows(results []*Result) []Row {
	if len(results) == 0 {
		return nil
	}
	rows := make([]Row, 0, len(results[0].Measures))
	for _, m := range results[0].Measures {
		var values []float64
		for _, r := range results {
			if v, ok := r.Get(m.Name); ok {
				values = append(values, v)
			}
		}
		rows = append(rows, Row{Measure: m, Ours: overlay.Summarize(values)})
	}
	return rows
}
