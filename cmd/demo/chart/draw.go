// Drawing a chart as SVG.

package chart

import (
	"math"
	"slices"
)

// layer is one series as it is drawn.
type layer interface {
	stretch(x, y *axis)
	draw(p *picture, f *frame)
	// sample draws what stands for it in the legend, around a height and from the left.
	sample(p *picture, from spot, width float64)
}

// SVG returns the chart as a document, always the same for the same chart.
func (c *Chart) SVG() []byte {
	x, y := newAxis(c.logX), newAxis(c.logY)
	x.whole = c.whole()
	var key legend
	for _, e := range c.layers() {
		e.drawn.stretch(&x, &y)
		key.entries = append(key.entries, e)
	}
	x.settle()
	y.settle()
	if !c.logY {
		y.roundOut()
	}
	p := newPicture(chartWidth, chartHeight)
	rows := key.rows(chartWidth - 2*chartMargin)
	f := newFrame(c, x, y, legendHeight(rows))
	f.draw(p, c)
	for _, e := range key.entries {
		e.drawn.draw(p, f)
	}
	drawLegend(p, rows, chartWidth/2, chartHeight-chartMargin-legendHeight(rows))
	return p.bytes()
}

// layers are the series in the order in which they are drawn: marks are on top of all else.
func (c *Chart) layers() []legendEntry {
	drawn := c.drawable()
	slices.SortStableFunc(drawn, func(a, b series) int { return order(a) - order(b) })
	sets := 0 // of bars, which stand side by side
	for _, s := range drawn {
		if c.bars && !s.marks {
			sets++
		}
	}
	gap, rank, marked := c.gap(drawn), 0, 0
	all := make([]legendEntry, 0, len(drawn))
	for _, s := range drawn {
		var l layer
		switch {
		case s.marks:
			l = &marks{series: s, style: markStyle(marked)}
			marked++
		case c.bars:
			l = &bars{series: s, style: lineStyle(rank), rank: rank, sets: sets, gap: gap, logX: c.logX, logY: c.logY}
			rank++
		default:
			l = &curve{series: s, style: lineStyle(rank), rank: rank}
			rank++
		}
		all = append(all, legendEntry{s.name, l})
	}
	return all
}

// order puts marks on top of all else.
func order(s series) int {
	if s.marks {
		return 1
	}
	return 0
}

// drawable returns the series without the points that an axis has no place for.
func (c *Chart) drawable() []series {
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
func (c *Chart) whole() bool {
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
func (c *Chart) gap(all []series) float64 {
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

func finite(v float64) bool { return math.Abs(v) < math.MaxFloat64 } // false for NaN too
