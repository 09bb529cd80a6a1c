// Package chart draws what experiments in the simulator found, as SVG. It needs the standard
// library alone, so that it costs whoever builds the demo next to nothing.
package chart

import (
	"cmp"
	"fmt"
	"slices"

	simreport "github.com/kithmesh/kith/sim/report"
)

// Chart is a picture that can be drawn: what is said around it, and its series.
type Chart struct {
	Name string // lower_snake, and part of a file's name

	title, x, y      string
	logX, logY, bars bool
	series           []series
}

// series is one line, one set of marks, or one set of bars.
type series struct {
	name   string
	marks  bool
	band   bool // low and high say something
	points []point
}

// point is the mean over the seeds, and how far they are apart.
type point struct{ x, y, low, high float64 }

// Of makes one of what the seeds have, of which there is at least one: the charts and lines of the
// first seed.
func Of(results []*simreport.Result) []Chart {
	charts := make([]Chart, 0, len(results[0].Charts))
	for _, first := range results[0].Charts {
		c := Chart{
			Name: first.Name, title: first.Title, x: first.X, y: first.Y,
			logX: first.LogX, logY: first.LogY, bars: first.Bars,
		}
		for _, line := range first.Lines {
			lines := sameLines(results, first.Name, line.Name)
			s, merged := merge(lines, first.Bars)
			if !merged {
				s.name += fmt.Sprintf(" (seed %d)", results[0].Seed)
			}
			c.series = append(c.series, s)
		}
		charts = append(charts, c)
	}
	return charts
}

// sameLines returns a line of a chart as each seed that has it draws it.
func sameLines(results []*simreport.Result, chart, line string) []simreport.Line {
	var lines []simreport.Line
	for _, r := range results {
		c := slices.IndexFunc(r.Charts, func(c simreport.Chart) bool { return c.Name == chart })
		if c < 0 {
			continue
		}
		l := slices.IndexFunc(r.Charts[c].Lines, func(l simreport.Line) bool { return l.Name == line })
		if l >= 0 {
			lines = append(lines, r.Charts[c].Lines[l])
		}
	}
	return lines
}

// merge makes one series of the line as several seeds draw it. Seeds that hardly have
// a place on the axis in common cannot be merged: the series is then the first's.
// Somebody else's figures are the same for every seed.
func merge(lines []simreport.Line, bars bool) (s series, merged bool) {
	first := lines[0]
	s = series{name: first.Name, marks: first.Marks}
	for _, p := range first.Points {
		s.points = append(s.points, point{p[0], p[1], p[1], p[1]})
	}
	if len(lines) == 1 || first.Marks {
		return s, true
	}
	values := make(map[float64][]float64, len(first.Points))
	for _, line := range lines {
		here := make(map[float64]bool, len(line.Points))
		for _, p := range line.Points {
			if here[p[0]] {
				return s, false // a line that rises straight up is no function of x
			}
			here[p[0]] = true
			values[p[0]] = append(values[p[0]], p[1])
		}
	}
	var points []point
	for x, ys := range values {
		if bars {
			ys = append(ys, make([]float64, len(lines)-len(ys))...) // no bar is a bar of height 0
		}
		if len(ys) < len(lines) {
			continue
		}
		sum := 0.0
		for _, y := range ys { // in the order of the seeds, so that rounding is always the same
			sum += y
		}
		points = append(points, point{x, sum / float64(len(ys)), slices.Min(ys), slices.Max(ys)})
	}
	if 2*len(points) < len(first.Points) {
		return s, false
	}
	slices.SortFunc(points, func(a, b point) int { return cmp.Compare(a.x, b.x) })
	s.points, s.band = points, true
	return s, true
}
