// How figures grow with the number of nodes.

package main

import (
	"fmt"
	"math"

	"github.com/kithmesh/kith/bench/row"
)

// point is a figure of a cluster of x nodes.
type point struct{ x, y float64 }

// line is the best straight line through points, by least squares.
type line struct {
	slope, offset float64
	// fit is R²: the share of the variance that the line explains. It is 1 where there is none.
	fit float64
}

// through fits y = offset + slope·scale(x).
func through(points []point, scale func(float64) float64) line {
	n := float64(len(points))
	var mx, my float64
	for _, p := range points {
		mx += scale(p.x) / n
		my += p.y / n
	}
	var xx, xy, yy float64
	for _, p := range points {
		dx, dy := scale(p.x)-mx, p.y-my
		xx, xy, yy = xx+dx*dx, xy+dx*dy, yy+dy*dy
	}
	if xx == 0 {
		return line{offset: my, fit: 1}
	}
	l := line{slope: xy / xx, fit: 1}
	l.offset = my - l.slope*mx
	if yy > 0 {
		l.fit = xy * xy / (xx * yy)
	}
	return l
}

// flatness is by how much of its mean a figure may change for ten times the nodes and still count
// as flat.
const flatness = 0.1

// law says how a figure grows.
type law struct {
	name string
	// perDecade is how much is added for ten times the nodes, share the same as a part of the mean.
	perDecade, share float64
	fit              float64
}

// lawOf decides between the laws: of the logarithm and of the number of nodes, whichever fits
// better, unless hardly anything changes.
func lawOf(points []point) law {
	mean := 0.0
	for _, p := range points {
		mean += p.y / float64(len(points))
	}
	logarithm := through(points, math.Log10)
	l := law{name: "logarithmic", perDecade: logarithm.slope, fit: logarithm.fit}
	if mean != 0 {
		l.share = l.perDecade / mean
	}
	switch linear := through(points, func(x float64) float64 { return x }); {
	case math.Abs(l.share) <= flatness:
		l.name = "flat"
	case l.perDecade < 0:
		l.name = "falling"
	case linear.fit > logarithm.fit:
		l.name = "linear, or worse than logarithmic"
	}
	return l
}

// smallest is the least cluster of which a law is made: in smaller ones everybody is everybody's
// neighbor, or nearly.
const smallest = 25

// laws makes a row for each quantity: what is added for ten times the nodes.
func laws(form string, measured map[string][]point) []row.Row {
	var rows []row.Row
	for _, q := range quantities {
		points := from(measured[q.measure], smallest)
		if len(points) < 3 {
			continue
		}
		l := lawOf(points)
		rows = append(rows, row.Row{
			Group: group, Measure: q.measure + ", added for ten times the nodes", Unit: q.unit, Form: form, Kith: row.NewFigure(l.perDecade),
			Note: fmt.Sprintf("%s: %+.0f %% of the mean, R² of the logarithm %.2f, from %.0f to %.0f nodes",
				l.name, 100*l.share, l.fit, points[0].x, points[len(points)-1].x),
		})
	}
	return append(rows, joins(form, measured[joinBytes])...)
}

// from leaves out the clusters below a size.
func from(points []point, least float64) []point {
	for i, p := range points {
		if p.x >= least {
			return points[i:]
		}
	}
	return nil
}

// joins holds what joining costs against what it costs in a small cluster: it must not grow.
func joins(form string, points []point) []row.Row {
	base, far := 25.0, 100.0
	if form == simulatedNodes {
		base, far = 1000, 10_000
	}
	var at, of float64
	for _, p := range points {
		switch p.x {
		case far:
			at = p.y
		case base:
			of = p.y
		}
	}
	if at == 0 || of == 0 {
		return nil
	}
	return []row.Row{{
		Group: group, Measure: fmt.Sprintf("%s, by that of %.0f nodes", joinBytes, base), Nodes: int(far), Form: form,
		Kith: row.NewFigure(at / of), Goal: row.AtMost(1.25).OfOwn(), Note: "flat is 1",
	}}
}
