// How charts look: colors, symbols, type and axes.

package main

import (
	"bytes"
	"image/color"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// The colors around the data.
var (
	background = color.Gray{Y: 255}
	inkColor   = color.Gray{Y: 40}
	axisColor  = color.Gray{Y: 110}
	gridColor  = color.Gray{Y: 220}
)

// palette is that of Okabe and Ito, in which people who see fewer colors can tell one
// from the other, without its yellow, which is hard to see on white.
var palette = []color.NRGBA{
	{R: 0x00, G: 0x72, B: 0xB2, A: 0xFF}, // blue
	{R: 0xD5, G: 0x5E, B: 0x00, A: 0xFF}, // vermilion
	{R: 0x00, G: 0x9E, B: 0x73, A: 0xFF}, // green
	{R: 0xCC, G: 0x79, B: 0xA7, A: 0xFF}, // purple
	{R: 0xE6, G: 0x9F, B: 0x00, A: 0xFF}, // orange
	{R: 0x56, G: 0xB4, B: 0xE9, A: 0xFF}, // sky
	{R: 0x33, G: 0x33, B: 0x33, A: 0xFF}, // nearly black
}

// symbols tell lines apart without color.
var symbols = []draw.GlyphDrawer{
	draw.CircleGlyph{}, draw.BoxGlyph{}, draw.PyramidGlyph{}, diamond{}, draw.CrossGlyph{}, invertedPyramid{},
}

// style is how one line or set of bars looks.
type style struct {
	color  color.NRGBA
	symbol draw.GlyphDrawer
	dashes []vg.Length
}

// lineStyle returns the style of the n-th line of a chart.
func lineStyle(n int) style {
	s := style{color: palette[n%len(palette)], symbol: symbols[n%len(symbols)]}
	switch n / len(palette) % 3 {
	case 1:
		s.dashes = []vg.Length{vg.Points(5), vg.Points(3)}
	case 2:
		s.dashes = []vg.Length{vg.Points(1.5), vg.Points(2.5)}
	}
	return s
}

func (s style) line() draw.LineStyle {
	return draw.LineStyle{Color: s.color, Width: vg.Points(1.6), Dashes: s.dashes}
}

func (s style) symbolOnLine() draw.GlyphStyle {
	return draw.GlyphStyle{Color: s.color, Radius: vg.Points(2.8), Shape: s.symbol}
}

// faint is the color of a band.
func (s style) faint() color.Color {
	c := s.color
	c.A = 0x38
	return c
}

// markStyle returns the look of the n-th series that is only marks: hollow, so that
// what is below can be seen.
func markStyle(n int) draw.GlyphStyle {
	colors := []color.Color{inkColor, palette[1], palette[3]}
	corners := []int{0, 4, 3}
	return draw.GlyphStyle{
		Color: colors[n%len(colors)], Radius: vg.Points(5), Shape: hollow{corners: corners[n%len(corners)]},
	}
}

// typeface is the one of all text, without serifs.
func typeface(size float64) font.Font {
	return font.Font{Typeface: "Liberation", Variant: "Sans", Size: vg.Points(size)}
}

// withSubstituteFonts names fonts of the same measures for where the first is missing.
func withSubstituteFonts(svg []byte) []byte {
	const family = "font-family:Liberation Sans"
	return bytes.ReplaceAll(svg, []byte(family+";"), []byte(family+",Arial,Helvetica,sans-serif;"))
}

// newPlot returns an empty plot with title, axes and grid.
func newPlot(c *chart) *plot.Plot {
	p := plot.New()
	p.BackgroundColor = background
	p.Title.Text, p.Title.Padding = c.title, vg.Points(10)
	p.Title.TextStyle.Font, p.Title.TextStyle.Color = typeface(14), inkColor
	for _, a := range []struct {
		axis        *plot.Axis
		label       string
		logarithmic bool
	}{{&p.X, c.x, c.logX}, {&p.Y, c.y, c.logY}} {
		a.axis.Label.Text, a.axis.Label.Padding = a.label, vg.Points(6)
		a.axis.Label.TextStyle.Font, a.axis.Label.TextStyle.Color = typeface(11), inkColor
		a.axis.Tick.Label.Font, a.axis.Tick.Label.Color = typeface(10), inkColor
		a.axis.Color, a.axis.Tick.Color = axisColor, axisColor
		a.axis.Tick.Length = vg.Points(4)
		a.axis.Tick.Marker = linearTicks{}
		if a.logarithmic {
			a.axis.Scale, a.axis.Tick.Marker = plot.LogScale{}, logTicks{}
		}
	}
	if !c.logX {
		p.X.Tick.Marker = linearTicks{whole: c.whole()}
	}
	grid := plotter.NewGrid()
	grid.Vertical.Color, grid.Horizontal.Color = gridColor, gridColor
	p.Add(grid)
	return p
}
