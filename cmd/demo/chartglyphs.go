// Symbols that the plotting library does not have.

package main

import (
	"math"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// corners returns the outline of a regular polygon whose first corner is in the
// direction given, in radians from the right.
func corners(n int, center vg.Point, radius vg.Length, first float64) vg.Path {
	var path vg.Path
	for i := range n {
		sin, cos := math.Sincos(first + 2*math.Pi*float64(i)/float64(n))
		at := vg.Point{X: center.X + radius*vg.Length(cos), Y: center.Y + radius*vg.Length(sin)}
		if i == 0 {
			path.Move(at)
		} else {
			path.Line(at)
		}
	}
	path.Close()
	return path
}

// diamond is a filled square on its corner.
type diamond struct{}

// DrawGlyph implements draw.GlyphDrawer.
func (diamond) DrawGlyph(c *draw.Canvas, look draw.GlyphStyle, at vg.Point) {
	c.SetColor(look.Color)
	c.Fill(corners(4, at, look.Radius*1.25, 0))
}

// invertedPyramid is a filled triangle that stands on its corner.
type invertedPyramid struct{}

// DrawGlyph implements draw.GlyphDrawer.
func (invertedPyramid) DrawGlyph(c *draw.Canvas, look draw.GlyphStyle, at vg.Point) {
	c.SetColor(look.Color)
	c.Fill(corners(3, at, look.Radius*1.2, -math.Pi/2))
}

// hollow is the outline of a polygon, or of a circle when that has no corners.
type hollow struct{ corners int }

// DrawGlyph implements draw.GlyphDrawer.
func (h hollow) DrawGlyph(c *draw.Canvas, look draw.GlyphStyle, at vg.Point) {
	c.SetLineStyle(draw.LineStyle{Color: look.Color, Width: vg.Points(1.3)})
	if h.corners > 0 {
		c.Stroke(corners(h.corners, at, look.Radius, math.Pi/2))
		return
	}
	var ring vg.Path
	ring.Move(vg.Point{X: at.X + look.Radius, Y: at.Y})
	ring.Arc(at, look.Radius, 0, 2*math.Pi)
	ring.Close()
	c.Stroke(ring)
}
