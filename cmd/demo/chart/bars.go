// Bars at any place of an axis, several sets of them side by side.

package chart

import "math"

// bars is one of several sets of bars.
type bars struct {
	series     series
	style      style
	rank, sets int     // which of the sets, and how many there are
	gap        float64 // between the places of two bars: a distance, or a factor with logX
	logX, logY bool
}

// stretch makes room for the bars on the axes.
func (b *bars) stretch(x, y *axis) {
	if len(b.series.points) == 0 {
		return
	}
	left, right, bottom, top := math.Inf(1), math.Inf(-1), math.Inf(1), math.Inf(-1)
	for _, p := range b.series.points {
		from, to := b.place(p.x)
		left, right = min(left, from), max(right, to)
		bottom, top = min(bottom, p.low), max(top, p.high)
	}
	// A few bars are not to fill the whole width.
	const few = 8
	for n := (right - left) / b.gap; !b.logX && n < few; n += 2 {
		left, right = left-b.gap, right+b.gap
	}
	switch {
	case !b.logY:
		bottom = min(bottom, 0)
	case bottom >= 1:
		bottom = 0.5 // a histogram counts from 1
	default:
		bottom /= 2
	}
	x.include(left)
	x.include(right)
	y.include(bottom)
	y.include(top)
}

// place is the part of the axis that all bars at x share.
func (b *bars) place(x float64) (from, to float64) {
	if b.logX {
		half := math.Sqrt(b.gap)
		return x / half, x * half
	}
	return x - b.gap/2, x + b.gap/2
}

// draw implements layer.
func (b *bars) draw(p *picture, f *frame) {
	ground := f.bottom
	if !b.logY {
		ground = f.at(0, 0).y
	}
	const filled = 0.84 // of the place; the rest is air
	for _, at := range b.series.points {
		from, to := b.place(at.x)
		left := f.at(from, at.y)
		whole := f.at(to, at.y).x - left.x
		width := whole * filled / float64(b.sets)
		left.x += whole*(1-filled)/2 + width*float64(b.rank)
		right := spot{left.x + width, left.y}
		p.area(b.style.fill(), spot{left.x, ground}, left, right, spot{right.x, ground})
		if b.series.band && at.high > at.low {
			center := left.x + width/2
			p.line(stroke(inkColor, 0.8), spot{center, f.at(at.x, at.low).y}, spot{center, f.at(at.x, at.high).y})
		}
	}
}

// sample implements layer.
func (b *bars) sample(p *picture, from spot, width float64) {
	const half = 4
	p.area(b.style.fill(),
		spot{from.x, from.y - half}, spot{from.x + width, from.y - half}, spot{from.x + width, from.y + half}, spot{from.x, from.y + half})
}
