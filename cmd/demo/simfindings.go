// What the runs of an experiment came to, judged, and as JSON.

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	simreport "github.com/kithmesh/kith/sim/report"
)

// findings is what an experiment came to over its seeds.
type findings struct {
	experiment string
	options    *simOptions
	results    []*simreport.Result // of the seeds that ended well, in their order
	faults     []seedFault
	rows       []simreport.Row
	charts     []string // the files written
	elapsed    time.Duration
}

// write prints what there is.
func (f *findings) write(std stdio) error {
	switch {
	case f.options.json && len(f.results)+len(f.faults) > 0:
		return writeJSON(std.out, f)
	case f.options.json || len(f.results) == 0:
		return nil
	}
	width := 0
	if isTerminal(std.out) {
		width, _ = terminalSize(std.out)
	}
	return f.writeText(std.out, width, ink(colorful(std.out, std.env)))
}

// fault says what is not as it should be, nil when all is well.
func (f *findings) fault() error {
	const most = 5
	var faults []error
	for _, run := range f.faults[:min(len(f.faults), most)] {
		faults = append(faults, fmt.Errorf("seed %d: %w", run.seed, run.err))
		if replay := f.replay(run.seed); !strings.Contains(run.err.Error(), replay) {
			faults = append(faults, errors.New("replay with: "+replay))
		}
	}
	if more := len(f.faults) - most; more > 0 {
		faults = append(faults, fmt.Errorf("%s more failed", plural(more, "seed")))
	}
	if ended := len(f.results) + len(f.faults); ended < f.options.seeds {
		faults = append(faults, fmt.Errorf("interrupted when %d of %s had ended", ended, plural(f.options.seeds, "seed")))
	}
	for i := range f.rows {
		if row := &f.rows[i]; !row.Met() {
			faults = append(faults, fmt.Errorf("%s is %v, want %s", row.Name, row.Ours.Mean, wanted(row.Bound)))
		}
	}
	return errors.Join(faults...)
}

// replay is the command that repeats the run of one seed.
func (f *findings) replay(seed uint64) string {
	var b strings.Builder
	fmt.Fprintf(&b, "demo sim %s --nodes %d --seed %d", f.experiment, f.options.nodes, seed)
	for _, s := range f.options.settings {
		b.WriteString(" --set " + s)
	}
	if f.options.check {
		b.WriteString(" --check")
	}
	return b.String()
}

// MarshalJSON implements json.Marshaler. The measures are in their order.
func (f *findings) MarshalJSON() ([]byte, error) {
	type failedRun struct {
		Seed  uint64 `json:"seed"`
		Error string `json:"error"`
	}
	object := struct {
		Experiment string      `json:"experiment"`
		Nodes      int         `json:"nodes"`
		Settings   []string    `json:"set,omitempty"`
		Seeds      []uint64    `json:"seeds"`
		Digests    []string    `json:"digests"`
		Measures   measures    `json:"measures"`
		Charts     []string    `json:"charts,omitempty"`
		Failed     []failedRun `json:"failed,omitempty"`
		Met        bool        `json:"met"`
		ElapsedMS  float64     `json:"elapsed_ms"`
	}{
		Experiment: f.experiment, Nodes: f.options.nodes, Settings: f.options.settings,
		Seeds: []uint64{}, Digests: []string{}, Measures: f.rows, Charts: f.charts,
		Met: f.fault() == nil, ElapsedMS: milliseconds(f.elapsed),
	}
	for _, r := range f.results {
		object.Seeds = append(object.Seeds, r.Seed)
		object.Digests = append(object.Digests, digest(r))
	}
	for _, run := range f.faults {
		object.Failed = append(object.Failed, failedRun{run.seed, run.err.Error()})
	}
	return json.Marshal(object)
}

// digest is shown in hexadecimal.
func digest(r *simreport.Result) string { return fmt.Sprintf("%016x", r.Digest) }

// measures are the rows as one object, with the names as keys.
type measures []simreport.Row

// MarshalJSON implements json.Marshaler.
func (m measures) MarshalJSON() ([]byte, error) {
	out := []byte{'{'}
	for i := range m {
		name, err := json.Marshal(m[i].Name)
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(newMeasureJSON(&m[i]))
		if err != nil {
			return nil, err
		}
		if i > 0 {
			out = append(out, ',')
		}
		out = append(append(append(out, name...), ':'), value...)
	}
	return append(out, '}'), nil
}

// measureJSON is one measure. What there is not, or is no number, is left out.
type measureJSON struct {
	Ours struct {
		Mean *float64 `json:"mean,omitempty"`
		Min  *float64 `json:"min,omitempty"`
		Max  *float64 `json:"max,omitempty"`
		SD   *float64 `json:"sd,omitempty"`
		N    int      `json:"n"`
	} `json:"ours"`
	Paper   *float64  `json:"paper,omitempty"`
	Regular *float64  `json:"regular_graph,omitempty"`
	Want    *wantJSON `json:"want,omitempty"`
	Met     *bool     `json:"met,omitempty"`
	About   string    `json:"about,omitempty"`
}

// wantJSON is a range, open where an end is left out.
type wantJSON struct {
	Low  *float64 `json:"low,omitempty"`
	High *float64 `json:"high,omitempty"`
}

func newMeasureJSON(row *simreport.Row) measureJSON {
	m := measureJSON{Paper: number(row.Paper), Regular: number(row.Regular), About: row.About}
	o := &row.Ours
	m.Ours.Mean, m.Ours.Min, m.Ours.Max = number(&o.Mean), number(&o.Min), number(&o.Max)
	m.Ours.SD, m.Ours.N = number(&o.SD), o.N
	if row.Bound != nil {
		met := row.Met()
		m.Want, m.Met = &wantJSON{Low: number(&row.Bound.Low), High: number(&row.Bound.High)}, &met
	}
	return m
}

// number returns v if it is one, and not the open end of a range.
func number(v *float64) *float64 {
	if v == nil || !finite(*v) {
		return nil
	}
	return v
}

func finite(v float64) bool { return math.Abs(v) < math.MaxFloat64 } // false for NaN too
