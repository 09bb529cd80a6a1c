// The legend of a chart: below it, where it hides nothing.

package main

import (
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// legend lists what is drawn, in rows from left to right.
type legend struct {
	style   draw.TextStyle
	entries []legendEntry
}

// legendEntry is one series.
type legendEntry struct {
	name       string
	thumbnails []plot.Thumbnailer
}

// The measures of a legend.
const (
	legendSample = vg.Length(22) // the width of a line or bar in it
	legendSpace  = vg.Length(6)  // between that and its name
	legendGap    = vg.Length(18) // between two entries
	legendRow    = vg.Length(16)
	legendAbove  = vg.Length(8)
)

func newLegend() *legend {
	return &legend{style: draw.TextStyle{
		Color: inkColor, Font: typeface(10), Handler: plot.DefaultTextHandler,
		XAlign: draw.XLeft, YAlign: draw.YCenter,
	}}
}

func (l *legend) add(name string, thumbnails ...plot.Thumbnailer) {
	l.entries = append(l.entries, legendEntry{name, thumbnails})
}

// rows lays the entries out. A chart with one series needs no legend.
func (l *legend) rows(width vg.Length) [][]legendEntry {
	if len(l.entries) < 2 {
		return nil
	}
	var rows [][]legendEntry
	used := width + 1
	for _, e := range l.entries {
		if used+l.width(e) > width {
			rows, used = append(rows, nil), 0
		}
		last := len(rows) - 1
		rows[last] = append(rows[last], e)
		used += l.width(e) + legendGap
	}
	return rows
}

func (l *legend) width(e legendEntry) vg.Length {
	return legendSample + legendSpace + l.style.Width(e.name)
}

func (l *legend) height(rows [][]legendEntry) vg.Length {
	if len(rows) == 0 {
		return 0
	}
	return legendAbove + legendRow*vg.Length(len(rows))
}

// draw draws the rows at the lower edge, each in the middle.
func (l *legend) draw(c draw.Canvas, rows [][]legendEntry) {
	y := c.Min.Y + legendRow*vg.Length(len(rows)) - legendRow/2
	for _, row := range rows {
		total := -legendGap
		for _, e := range row {
			total += l.width(e) + legendGap
		}
		x := c.Center().X - total/2
		for _, e := range row {
			const half = vg.Length(4)
			sample := draw.Canvas{Canvas: c.Canvas, Rectangle: vg.Rectangle{
				Min: vg.Point{X: x, Y: y - half}, Max: vg.Point{X: x + legendSample, Y: y + half},
			}}
			for _, t := range e.thumbnails {
				t.Thumbnail(&sample)
			}
			c.FillText(l.style, vg.Point{X: x + legendSample + legendSpace, Y: y}, e.name)
			x += l.width(e) + legendGap
		}
		y -= legendRow
	}
}
