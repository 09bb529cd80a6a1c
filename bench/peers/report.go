// The table for a terminal.

package main

import (
	"fmt"
	"io"
	"runtime/debug"
	"slices"
	"strconv"
	"text/tabwriter"

	"github.com/kithmesh/kith/bench/row"
)

// compared are the modules whose versions are told.
var compared = []string{"github.com/hashicorp/memberlist", "github.com/hashicorp/serf", "github.com/libp2p/go-libp2p-pubsub"}

// versions are those of the modules that this command was built with.
func versions() map[string]string {
	found := make(map[string]string)
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range info.Deps {
			if slices.Contains(compared, m.Path) {
				found[m.Path] = m.Version
			}
		}
	}
	return found
}

func writeText(out io.Writer, r *row.Report) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "what\tnodes\tunit\tKith\tbeside\tits\tratio\tgoal")
	for i := range r.Rows {
		l := &r.Rows[i]
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n",
			l.Measure, some(l.Nodes), l.Unit, figure(l.Kith), l.Versus, figure(l.Peer), figure(l.Ratio), goal(l))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(out, "rounds: %d; processors kept busy by others: %.2f\n", r.Rounds, r.Foreign)
	return err
}

func some(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

func figure(f row.Figure) string {
	switch f.Rounds {
	case 0:
		return "-"
	case 1:
		return short(f.Median)
	default:
		return fmt.Sprintf("%s (%s to %s)", short(f.Median), short(f.Min), short(f.Max))
	}
}

func short(x float64) string { return strconv.FormatFloat(x, 'g', 3, 64) }

func goal(r *row.Row) string {
	if r.Goal == nil {
		return ""
	}
	text, of := "", ""
	if r.Goal.Own {
		of = "own "
	}
	if r.Goal.Least != nil {
		text = of + "≥ " + short(*r.Goal.Least)
	} else {
		text = of + "≤ " + short(*r.Goal.Most)
	}
	if r.Met() {
		return text + ": met"
	}
	return text + ": missed"
}
