// Package row is what a measurement ends in: one line of the table of results.
package row

import (
	"encoding/json"
	"fmt"
	"io"
)

// Row is one thing that was measured on both sides, in turns, and how they compare.
type Row struct {
	// Group is the part of the table that the row belongs to, and Measure what was measured,
	// with the unit of Kith and Peer: "ms", "messages/s", "KiB".
	Group   string `json:"group"`
	Measure string `json:"measure"`
	Unit    string `json:"unit,omitempty"`
	// Nodes and Bytes are the size of the cluster and of the payload; 0 where they mean nothing.
	Nodes int `json:"nodes,omitempty"`
	Bytes int `json:"bytes,omitempty"`
	// Form says how Kith was used: "callback", "bridge", "linker"; empty when there is one way only.
	Form string `json:"form,omitempty"`
	Kith Figure `json:"kith"`
	// Versus names the other side. It is empty for a row that has none: then the goal is about Kith itself.
	Versus string `json:"versus,omitempty"`
	Peer   Figure `json:"peer"`
	// Ratio is Kith by Peer, taken within each round.
	Ratio Figure `json:"ratio"`
	Goal  *Goal  `json:"goal,omitempty"`
	// Note says what one must know to read the row: that the peer did not form, what is not alike.
	Note string `json:"note,omitempty"`
	// Fault says why there are no figures: the measurement has failed.
	Fault string `json:"fault,omitempty"`
}

// Goal is a bound on the median of the ratio, or of Kith's own figure where Own is set.
type Goal struct {
	Least *float64 `json:"least,omitempty"`
	Most  *float64 `json:"most,omitempty"`
	Own   bool     `json:"own,omitempty"`
}

// AtLeast is a goal that the ratio must reach.
func AtLeast(x float64) *Goal { return &Goal{Least: &x} }

// AtMost is a goal that the ratio must not exceed.
func AtMost(x float64) *Goal { return &Goal{Most: &x} }

// OfOwn makes it a goal for Kith's own figure.
func (g *Goal) OfOwn() *Goal {
	own := *g
	own.Own = true
	return &own
}

// Met says whether the row reaches its goal. It is false where there is none, and where the
// measurement has failed.
func (r *Row) Met() bool {
	if r.Goal == nil || r.Fault != "" {
		return false
	}
	judged := r.Ratio
	if r.Goal.Own {
		judged = r.Kith
	}
	if judged.Rounds == 0 {
		return false
	}
	return (r.Goal.Least == nil || judged.Median >= *r.Goal.Least) && (r.Goal.Most == nil || judged.Median <= *r.Goal.Most)
}

// Open says that the goal cannot be judged: the other side has no figure, as where it did not form.
func (r *Row) Open() bool {
	return r.Goal != nil && r.Fault == "" && !r.Goal.Own && r.Kith.Rounds > 0 && r.Ratio.Rounds == 0
}

// Report is what one command measured.
type Report struct {
	// Command is what was run, with its flags.
	Command string `json:"command"`
	// Rounds is how often each side was measured.
	Rounds int `json:"rounds"`
	// Foreign is how many processors other processes kept busy meanwhile, on average: when it
	// is not close to 0, measure again.
	Foreign float64 `json:"foreign_processors"`
	// Versions are those of the modules that were measured.
	Versions map[string]string `json:"versions,omitempty"`
	Rows     []Row             `json:"rows"`
}

// WriteJSON writes the report as one indented object.
func (r *Report) WriteJSON(w io.Writer) error {
	data, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("row: encoding the report: %w", err)
	}
	_, err = w.Write(append(data, '\n'))
	return err
}
