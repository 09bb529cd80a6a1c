// The charts of the failures: Figures 2, 3 and 4.

package paper

import (
	"fmt"

	"github.com/kithmesh/kith/sim/report"
)

// curves collects the points of the charts.
type curves struct {
	still, repaired, rest, meeting, paper report.Line
	messages                              []report.Line
	rounds, roundsMeeting, roundsPaper    report.Line
}

func newCurves() *curves {
	return &curves{
		still:         report.Line{Name: "no repair"},
		repaired:      report.Line{Name: "with repair"},
		rest:          report.Line{Name: "repair come to rest"},
		meeting:       report.Line{Name: "with the meeting place"},
		paper:         report.Line{Name: "paper, with repair", Marks: true},
		rounds:        report.Line{Name: "no meeting place"},
		roundsMeeting: report.Line{Name: "with the meeting place"},
		roundsPaper:   report.Line{Name: "paper", Marks: true},
	}
}

// firstShown is the failure from which on single messages are drawn: up to there
// each reaches everybody.
const firstShown = 60

func (c *curves) add(f failure, meeting bool, o outcome) {
	put := func(l *report.Line, y float64) {
		l.Points = append(l.Points, [2]float64{float64(f.percent), y})
	}
	if meeting {
		put(&c.meeting, mean(o.each))
		put(&c.roundsMeeting, float64(o.rounds))
		return
	}
	put(&c.still, o.still)
	put(&c.repaired, mean(o.each))
	put(&c.rest, o.rest)
	put(&c.paper, f.paper)
	if o.rounds <= mostRounds {
		put(&c.rounds, float64(o.rounds))
	}
	if f.rounds > 0 {
		put(&c.roundsPaper, f.rounds)
	}
	if f.percent >= firstShown {
		c.messages = append(c.messages, firstMessages(f, o.each))
	}
}

// firstMessages is the line of Figure 3 for one failure.
func firstMessages(f failure, each []float64) report.Line {
	const shown = 50
	line := report.Line{Name: fmt.Sprintf("%d %% failed", f.percent)}
	for i, v := range each[:min(shown, len(each))] {
		line.Points = append(line.Points, [2]float64{float64(i + 1), v})
	}
	return line
}

func (c *curves) charts() []report.Chart {
	const failed = "% of nodes failed"
	return []report.Chart{
		{
			Name: "reliability", Title: "Share of the survivors that a message reaches (Figure 2)",
			X: failed, Y: "reliability, %",
			Lines: []report.Line{c.still, c.repaired, c.rest, c.meeting, c.paper},
		},
		{
			Name: "messages", Title: "Reliability of each message after the failure (Figure 3)",
			X: "message", Y: "reliability, %", Lines: c.messages,
		},
		{
			Name: "healing", Title: "Rounds of shuffles until every message reaches everybody (Figure 4)",
			X: failed, Y: "rounds", Lines: []report.Line{c.rounds, c.roundsMeeting, c.roundsPaper},
		},
	}
}
