// Lines in a band with a few symbols on them, and marks, which are symbols alone.

package chart

import "slices"

// curve is one line.
type curve struct {
	series series
	style  style
	rank   int // which of the lines
}

// stretch makes room for the line and its band on the axes.
func (c *curve) stretch(x, y *axis) {
	for _, q := range c.series.points {
		x.include(q.x)
		y.include(q.y)
		if c.series.band {
			y.include(q.low)
			y.include(q.high)
		}
	}
}

// draw implements layer.
func (c *curve) draw(p *picture, f *frame) {
	points := c.series.points
	if c.series.band {
		outline := make([]spot, 0, 2*len(points))
		for _, q := range points {
			outline = append(outline, f.at(q.x, q.high))
		}
		for _, q := range slices.Backward(points) {
			outline = append(outline, f.at(q.x, q.low))
		}
		p.area(c.style.faint(), outline...)
	}
	p.line(c.style.line(), f.means(points)...)
	for _, at := range f.means(some(points, c.rank)) {
		c.style.symbol.draw(p, c.style.color, at)
	}
}

// sample implements layer.
func (c *curve) sample(p *picture, from spot, width float64) {
	p.line(c.style.line(), from, spot{from.x + width, from.y})
	c.style.symbol.draw(p, c.style.color, spot{from.x + width/2, from.y})
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

// marks are points without a line.
type marks struct {
	series series
	style  style
}

// stretch makes room for the marks on the axes.
func (m *marks) stretch(x, y *axis) {
	for _, q := range m.series.points {
		x.include(q.x)
		y.include(q.y)
	}
}

// draw implements layer.
func (m *marks) draw(p *picture, f *frame) {
	for _, at := range f.means(m.series.points) {
		m.style.symbol.draw(p, m.style.color, at)
	}
}

// sample implements layer.
func (m *marks) sample(p *picture, from spot, width float64) {
	m.style.symbol.draw(p, m.style.color, spot{from.x + width/2, from.y})
}
