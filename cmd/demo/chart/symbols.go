// Symbols: what marks a point of a line, and tells lines apart without color.

package chart

import "math"

// symbol is a regular polygon, or a circle without corners.
type symbol struct {
	corners int
	turn    float64 // where the first corner is, in radians from the right
	size    float64 // the radius in points
	hollow  bool    // its outline alone
	cross   bool    // lines between opposite corners instead
}

// Directions of a first corner.
const (
	right    = 0.0
	up       = math.Pi / 2
	down     = -math.Pi / 2
	diagonal = math.Pi / 4
)

// symbols are those on lines.
var symbols = []symbol{
	{size: 2.8},
	{corners: 4, turn: diagonal, size: 3.6},
	{corners: 3, turn: up, size: 3.6},
	{corners: 4, turn: right, size: 3.5},
	{corners: 4, turn: diagonal, size: 3.8, cross: true},
	{corners: 3, turn: down, size: 3.4},
}

// draw draws the symbol around a spot.
func (s symbol) draw(p *picture, color string, at spot) {
	look := fill(color)
	if s.hollow {
		look = stroke(color, 1.3) + ` fill="none"`
	}
	if s.corners == 0 {
		p.circle(look, at, s.size)
		return
	}
	outline := make([]spot, s.corners)
	for i := range outline {
		sin, cos := math.Sincos(s.turn + 2*math.Pi*float64(i)/float64(s.corners))
		outline[i] = spot{at.x + s.size*cos, at.y - s.size*sin}
	}
	if !s.cross {
		p.area(look, outline...)
		return
	}
	for i, half := 0, s.corners/2; i < half; i++ {
		p.line(stroke(color, 1.3), outline[i], outline[i+half])
	}
}
