// The table of an experiment's figures.

package main

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	simreport "github.com/kithmesh/kith/sim/report"
)

// column is one column of a table; those without anything in them are not shown.
type column struct {
	title string
	left  bool // aligned; the others are numbers
	cells []string
}

// writeText writes the figures for a human. Width is that of the terminal, 0 for as
// wide as it takes.
func (f *findings) writeText(w io.Writer, width int, color ink) error {
	var b strings.Builder
	for _, line := range f.table(width, color) {
		b.WriteString(line + "\n")
	}
	b.WriteString("\n" + f.verdict(color) + "\n")
	fmt.Fprintf(&b, "%s, %s, took %s", plural(f.options.nodes, "node"), f.seeds(), short(f.elapsed.Round(time.Millisecond)))
	if len(f.charts) > 0 {
		b.WriteString("\ncharts: " + strings.Join(f.charts, " "))
	}
	_, err := io.WriteString(w, b.String()+"\n")
	return err
}

// seeds says which seeds ran, and with one seed what came of it.
func (f *findings) seeds() string {
	first := f.results[0]
	if len(f.results) == 1 {
		return fmt.Sprintf("seed %d, digest %s", first.Seed, digest(first))
	}
	last := f.results[len(f.results)-1].Seed
	text := fmt.Sprintf("%d seeds from %d to %d", len(f.results), first.Seed, last)
	if n := len(f.faults); n > 0 {
		text += fmt.Sprintf(", %d failed", n)
	}
	return text
}

// verdict counts the ranges that hold.
func (f *findings) verdict(color ink) string {
	bounds, met := 0, 0
	for i := range f.rows {
		if f.rows[i].Bound != nil {
			bounds++
			if f.rows[i].Met() {
				met++
			}
		}
	}
	switch bounds {
	case 0:
		return "nothing is known to compare with at this size"
	case met:
		return color.judged(true, "all wanted ranges hold: "+strconv.Itoa(bounds))
	}
	return color.judged(false, fmt.Sprintf("wanted ranges that do not hold: %d of %d", bounds-met, bounds))
}

// missed marks a figure that is not in its range.
const missed = "✗"

// table draws the rows, one line each, below a title.
func (f *findings) table(width int, color ink) []string {
	columns := f.columns()
	lines := make([]string, len(f.rows)+1)
	for i := range lines {
		lines[i] = joinCells(columns, i-1)
	}
	// What the figures mean has what is left of the line, if that is worth it.
	about := widest(lines) + 2
	const leastAbout = 16
	for i := range f.rows {
		line := &lines[i+1]
		if room := width - about - 1; width == 0 || room >= leastAbout {
			text := f.rows[i].About
			if width > 0 {
				text = cut(text, room)
			}
			*line += strings.Repeat(" ", about-utf8.RuneCountInString(*line)) + color.dim(text)
		}
		if !f.rows[i].Met() {
			*line = color.paint("31", strings.TrimRight(*line, " "))
		}
		*line = strings.TrimRight(*line, " ")
	}
	lines[0] = color.bold(strings.TrimRight(lines[0], " "))
	return lines
}

// columns are those of the figures, without those that have none.
func (f *findings) columns() []column {
	columns := []column{
		{title: "measure", left: true},
		{title: "ours"},
		{title: "±sd"},
		{title: "least"},
		{title: "most"},
		{title: "paper"},
		{title: "regular"},
		{title: "wanted", left: true},
		{title: "", left: true},
	}
	for i := range f.rows {
		row := &f.rows[i]
		var sd, least, most, mark string
		if row.Ours.N > 1 {
			sd, least, most = significant(row.Ours.SD, 2), figure(row.Ours.Min), figure(row.Ours.Max)
		}
		if !row.Met() {
			mark = missed
		}
		for k, cell := range []string{
			row.Name, figure(row.Ours.Mean), sd, least, most,
			optional(row.Paper), optional(row.Regular), wanted(row.Bound), mark,
		} {
			columns[k].cells = append(columns[k].cells, cell)
		}
	}
	shown := columns[:0]
	for _, c := range columns {
		if strings.Join(c.cells, "") != "" {
			shown = append(shown, c)
		}
	}
	return shown
}

// joinCells is one line of the table, the titles for -1.
func joinCells(columns []column, row int) string {
	var b strings.Builder
	for i, c := range columns {
		text := c.title
		if row >= 0 {
			text = c.cells[row]
		}
		space := strings.Repeat(" ", max(widest(c.cells), utf8.RuneCountInString(c.title))-utf8.RuneCountInString(text))
		if i > 0 {
			b.WriteString("  ")
		}
		if c.left {
			b.WriteString(text + space)
		} else {
			b.WriteString(space + text)
		}
	}
	return b.String()
}

func widest(texts []string) int {
	width := 0
	for _, t := range texts {
		width = max(width, utf8.RuneCountInString(t))
	}
	return width
}

// wanted shows a range.
func wanted(b *simreport.Bound) string {
	precise := func(v float64) string { return strconv.FormatFloat(v, 'g', 8, 64) }
	switch {
	case b == nil, !finite(b.Low) && !finite(b.High):
		return ""
	case b.Low == b.High:
		return precise(b.Low)
	case !finite(b.Low):
		return "at most " + precise(b.High)
	case !finite(b.High):
		return "at least " + precise(b.Low)
	}
	return precise(b.Low) + " to " + precise(b.High)
}

func optional(v *float64) string {
	if v == nil {
		return ""
	}
	return figure(*v)
}

// figure shows a number with four digits that count, and all of a whole one.
func figure(v float64) string { return significant(v, 4) }

func significant(v float64, digits int) string {
	const tooLong = 1e15
	size := math.Abs(v)
	switch {
	case math.IsNaN(v):
		return "-"
	case size < tooLong && (v == math.Trunc(v) || size >= math.Pow10(digits-1)):
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	return strconv.FormatFloat(v, 'g', digits, 64)
}
