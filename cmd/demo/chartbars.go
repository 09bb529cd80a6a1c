// Bars at any place of an axis; those of the plotting library are numbered.

package main

import (
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// bars is one of several sets of bars that stand side by side.
type bars struct {
	series     series
	style      style
	rank, sets int     // which of the sets, and how many there are
	gap        float64 // between the places of two bars: a distance, or a factor with logX
	logX, logY bool
}

var (
	_ plot.Plotter     = (*bars)(nil)
	_ plot.DataRanger  = (*bars)(nil)
	_ plot.Thumbnailer = (*bars)(nil)
)

// DataRange implements plot.DataRanger.
func (b *bars) DataRange() (left, right, bottom, top float64) {
	left, right, bottom, top = math.Inf(1), math.Inf(-1), math.Inf(1), math.Inf(-1)
	for _, p := range b.series.points {
		from, to := b.place(p.x)
		left, right = min(left, from), max(right, to)
		bottom, top = min(bottom, p.low), max(top, p.high)
	}
	if len(b.series.points) == 0 {
		return left, right, bottom, top
	}
	// A few bars are not to fill the whole width.
	const few = 8
	for n := (right - left) / b.gap; !b.logX && n < few; n += 2 {
		left, right = left-b.gap, right+b.gap
	}
	if !b.logY {
		return left, right, min(bottom, 0), top
	}
	if bottom >= 1 {
		bottom = 1 // a histogram counts from there
	}
	return left, right, bottom / 2, top
}

// place is the part of the axis that all bars at x share.
func (b *bars) place(x float64) (from, to float64) {
	if b.logX {
		half := math.Sqrt(b.gap)
		return x / half, x * half
	}
	return x - b.gap/2, x + b.gap/2
}

// Plot implements plot.Plotter.
func (b *bars) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	ground := c.Min.Y
	if !b.logY {
		ground = y(0)
	}
	const filled = 0.84 // of the place; the rest is air
	for _, at := range b.series.points {
		from, to := b.place(at.x)
		left, whole := x(from), x(to)-x(from)
		width := whole * filled / vg.Length(b.sets)
		left += whole*(1-filled)/2 + width*vg.Length(b.rank)
		c.FillPolygon(b.style.color, []vg.Point{
			{X: left, Y: ground}, {X: left, Y: y(at.y)}, {X: left + width, Y: y(at.y)}, {X: left + width, Y: ground},
		})
		if b.series.band && at.high > at.low {
			whisker := draw.LineStyle{Color: inkColor, Width: vg.Points(0.8)}
			c.StrokeLine2(whisker, left+width/2, y(at.low), left+width/2, y(at.high))
		}
	}
}

// Thumbnail implements plot.Thumbnailer.
func (b *bars) Thumbnail(c *draw.Canvas) {
	c.FillPolygon(b.style.color, []vg.Point{
		{X: c.Min.X, Y: c.Min.Y}, {X: c.Min.X, Y: c.Max.Y}, {X: c.Max.X, Y: c.Max.Y}, {X: c.Max.X, Y: c.Min.Y},
	})
}
