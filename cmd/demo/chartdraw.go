// Drawing a chart as SVG.

package main

import (
	"bytes"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// The size of a picture.
const (
	chartWidth  = 18 * vg.Centimeter
	chartHeight = 12 * vg.Centimeter
	chartMargin = 0.4 * vg.Centimeter
)

// drawChart returns the chart as an SVG document, always the same for the same chart.
func drawChart(c *chart) ([]byte, error) {
	p, key := newPlot(c), newLegend()
	drawn := c.drawable()
	slices.SortStableFunc(drawn, func(a, b series) int { return order(a) - order(b) })
	sets := 0 // of bars, which stand side by side
	for _, s := range drawn {
		if c.bars && !s.marks {
			sets++
		}
	}
	gap, rank, marks := c.gap(drawn), 0, 0
	for _, s := range drawn {
		var err error
		switch {
		case s.marks:
			err = addMarks(p, key, s, markStyle(marks))
			marks++
		case c.bars:
			b := &bars{series: s, style: lineStyle(rank), rank: rank, sets: sets, gap: gap, logX: c.logX, logY: c.logY}
			p.Add(b)
			key.add(s.name, b)
			rank++
		default:
			err = addLine(p, key, s, rank)
			rank++
		}
		if err != nil {
			return nil, err
		}
	}
	settle(&p.X, c.logX)
	settle(&p.Y, c.logY)
	if !c.logY {
		roundOut(&p.Y)
	}
	return pictureOf(p, key)
}

// order puts marks on top of all else.
func order(s series) int {
	if s.marks {
		return 1
	}
	return 0
}

// pictureOf draws the plot, and its legend below it.
func pictureOf(p *plot.Plot, key *legend) ([]byte, error) {
	canvas := vgsvg.New(chartWidth, chartHeight)
	whole := draw.New(canvas)
	whole.SetColor(background)
	whole.Fill(whole.Path())
	inner := draw.Crop(whole, chartMargin, -chartMargin, chartMargin, -chartMargin)
	rows := key.rows(inner.Size().X)
	p.Draw(draw.Crop(inner, 0, 0, key.height(rows), 0))
	key.draw(inner, rows)
	var b bytes.Buffer
	if _, err := canvas.WriteTo(&b); err != nil {
		return nil, err
	}
	return withSubstituteFonts(b.Bytes()), nil
}

// drawable returns the series without the points that an axis has no place for.
func (c *chart) drawable() []series {
	all := make([]series, 0, len(c.series))
	for _, s := range c.series {
		points := make([]point, 0, len(s.points))
		for _, p := range s.points {
			fits := finite(p.x) && finite(p.y) && (!c.logX || p.x > 0) && (!c.logY || p.y > 0)
			if fits {
				if c.logY && p.low <= 0 {
					p.low = p.y // what reaches down to 0 has no end on this axis
				}
				points = append(points, p)
			}
		}
		s.points = points
		all = append(all, s)
	}
	return all
}

// whole reports whether all places on the x axis are whole numbers.
func (c *chart) whole() bool {
	for _, s := range c.series {
		for _, p := range s.points {
			if p.x != math.Trunc(p.x) {
				return false
			}
		}
	}
	return true
}

// gap is the least distance between two bars of one set, as a factor on a logarithmic
// axis.
func (c *chart) gap(all []series) float64 {
	var xs []float64
	for _, s := range all {
		for _, p := range s.points {
			x := p.x
			if c.logX {
				x = math.Log(x)
			}
			xs = append(xs, x)
		}
	}
	slices.Sort(xs)
	xs = slices.Compact(xs)
	gap := math.Inf(1)
	for i := 1; i < len(xs); i++ {
		gap = min(gap, xs[i]-xs[i-1])
	}
	if math.IsInf(gap, 1) {
		gap = 1
	}
	if c.logX {
		return math.Exp(gap)
	}
	return gap
}

// settle gives the axis a range that can be drawn, whatever the data was.
func settle(a *plot.Axis, logarithmic bool) {
	if a.Min > a.Max { // there was none
		a.Min, a.Max = 0, 1
		if logarithmic {
			a.Min, a.Max = 1, 10
		}
	}
	const same = 1e-9 // of the size of the numbers: less cannot be told apart
	switch {
	case a.Max-a.Min > same*max(math.Abs(a.Min), math.Abs(a.Max)):
	case logarithmic:
		a.Min, a.Max = a.Min/2, a.Max*2
	default:
		around := max(math.Abs(a.Min)/10, 1)
		a.Min, a.Max = a.Min-around, a.Max+around
	}
}

// roundOut lets the axis begin and end at a number, and at 0 if that is not far.
func roundOut(a *plot.Axis) {
	const far = 0.4
	if a.Min > 0 && a.Min < far*a.Max {
		a.Min = 0
	}
	step := linearTicks{}.step(a.Min, a.Max)
	a.Min, a.Max = step*math.Floor(a.Min/step), step*math.Ceil(a.Max/step)
}

// addMarks adds points without a line.
func addMarks(p *plot.Plot, key *legend, s series, look draw.GlyphStyle) error {
	marks, err := plotter.NewScatter(means(s.points))
	if err != nil {
		return err
	}
	marks.GlyphStyle = look
	p.Add(marks)
	key.add(s.name, marks)
	return nil
}

// addLine adds a line, in a band if there is one, with a few symbols on it.
func addLine(p *plot.Plot, key *legend, s series, rank int) error {
	look := lineStyle(rank)
	if s.band && len(s.points) > 0 {
		outline := make(plotter.XYs, 0, 2*len(s.points))
		for _, q := range s.points {
			outline = append(outline, plotter.XY{X: q.x, Y: q.high})
		}
		for _, q := range slices.Backward(s.points) {
			outline = append(outline, plotter.XY{X: q.x, Y: q.low})
		}
		band, err := plotter.NewPolygon(outline)
		if err != nil {
			return err
		}
		band.Color, band.Width = look.faint(), 0
		p.Add(band)
	}
	line, err := plotter.NewLine(means(s.points))
	if err != nil {
		return err
	}
	line.LineStyle = look.line()
	symbols, err := plotter.NewScatter(means(some(s.points, rank)))
	if err != nil {
		return err
	}
	symbols.GlyphStyle = look.symbolOnLine()
	p.Add(line, symbols)
	key.add(s.name, line, symbols)
	return nil
}

// some returns about a dozen points, at even distances, or all of fewer. Lines of
// different rank have them at different places.
func some(points []point, rank int) []point {
	const dozen, spread = 12, 4
	step := max(1, len(points)/dozen)
	var few []point
	for i := rank * step / spread % step; i < len(points); i += step {
		few = append(few, points[i])
	}
	return few
}

func means(points []point) plotter.XYs {
	xys := make(plotter.XYs, len(points))
	for i, p := range points {
		xys[i] = plotter.XY{X: p.x, Y: p.y}
	}
	return xys
}
