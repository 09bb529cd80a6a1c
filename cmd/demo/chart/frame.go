// What is around the data: title, axes, their numbers and a grid.

package chart

// The size of a picture, and of what is around the data, in points.
const (
	chartWidth  = 510.0 // 18 cm
	chartHeight = 340.0 // 12 cm
	chartMargin = 11.0
	titleBelow  = 10.0 // between the title and the data
	tickLength  = 4.0
	tickSpace   = 3.0 // between a tick and its number
	labelSpace  = 6.0 // between the numbers and what they are
)

// frame is where the data is, and its axes.
type frame struct {
	left, right, top, bottom float64
	x, y                     axis
	xTicks, yTicks           []tick
}

// newFrame leaves room for all that is around the data, and at the lower edge for as much more as is
// said.
func newFrame(c *Chart, x, y axis, below float64) *frame {
	f := &frame{x: x, y: y, xTicks: x.ticks(), yTicks: y.ticks()}
	f.left, f.right, f.top, f.bottom = chartMargin, chartWidth-chartMargin, chartMargin, chartHeight-chartMargin-below
	if c.title != "" {
		f.top += titleSize + titleBelow
	}
	if c.y != "" {
		f.left += labelSize + labelSpace
	}
	if c.x != "" {
		f.bottom -= labelSize + labelSpace
	}
	f.bottom -= smallSize + tickSpace + tickLength
	f.left += f.widest() + tickSpace + tickLength
	if n := len(f.xTicks); n > 0 { // the last number may stand out to the right
		f.right -= textWidth(f.xTicks[n-1].label, smallSize) / 2
	}
	return f
}

// widest is the width of the widest number on the y axis.
func (f *frame) widest() float64 {
	widest := 0.0
	for _, t := range f.yTicks {
		widest = max(widest, textWidth(t.label, smallSize))
	}
	return widest
}

// at is where a value of both axes is.
func (f *frame) at(x, y float64) spot {
	return spot{f.left + (f.right-f.left)*f.x.share(x), f.bottom - (f.bottom-f.top)*f.y.share(y)}
}

// means are the places of the points.
func (f *frame) means(points []point) []spot {
	spots := make([]spot, len(points))
	for i, q := range points {
		spots[i] = f.at(q.x, q.y)
	}
	return spots
}

// draw draws the frame, with the grid behind it.
func (f *frame) draw(p *picture, c *Chart) {
	for _, t := range f.xTicks {
		f.drawX(p, t)
	}
	for _, t := range f.yTicks {
		f.drawY(p, t)
	}
	p.line(stroke(axisColor, 1), spot{f.left, f.top}, spot{f.left, f.bottom}, spot{f.right, f.bottom})
	p.text(c.title, spot{chartWidth / 2, chartMargin + titleSize*0.8}, middle, titleSize)
	p.text(c.x, spot{(f.left + f.right) / 2, f.bottom + tickLength + tickSpace + smallSize + labelSpace + labelSize*0.6}, middle, labelSize)
	p.upright(c.y, spot{chartMargin + labelSize*0.8, (f.top + f.bottom) / 2}, labelSize)
}

// drawX draws a tick of the x axis. One without a number is half as long, and has no line of the grid.
func (f *frame) drawX(p *picture, t tick) {
	x := f.left + (f.right-f.left)*f.x.share(t.value)
	length := tickLength / 2
	if t.label != "" {
		length = tickLength
		p.line(stroke(gridColor, 0.5), spot{x, f.top}, spot{x, f.bottom})
	}
	p.line(stroke(axisColor, 0.5), spot{x, f.bottom}, spot{x, f.bottom + length})
	p.text(t.label, spot{x, f.bottom + tickLength + tickSpace + smallSize*0.75}, middle, smallSize)
}

// drawY draws a tick of the y axis.
func (f *frame) drawY(p *picture, t tick) {
	y := f.bottom - (f.bottom-f.top)*f.y.share(t.value)
	length := tickLength / 2
	if t.label != "" {
		length = tickLength
		p.line(stroke(gridColor, 0.5), spot{f.left, y}, spot{f.right, y})
	}
	p.line(stroke(axisColor, 0.5), spot{f.left - length, y}, spot{f.left, y})
	p.text(t.label, spot{f.left - tickLength - tickSpace, y + halfLetter(smallSize)}, ends, smallSize)
}
