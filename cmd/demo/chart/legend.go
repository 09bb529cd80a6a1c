// The legend of a chart: below it, where it hides nothing.

package chart

// legend lists what is drawn, in rows from left to right.
type legend struct{ entries []legendEntry }

// legendEntry is one series.
type legendEntry struct {
	name  string
	drawn layer
}

// The measures of a legend, in points.
const (
	legendSample = 22.0 // the width of a line or bar in it
	legendSpace  = 6.0  // between that and its name
	legendGap    = 18.0 // between two entries
	legendRow    = 16.0
	legendAbove  = 8.0
)

// rows lays the entries out. A chart with one series needs no legend.
func (l *legend) rows(width float64) [][]legendEntry {
	if len(l.entries) < 2 {
		return nil
	}
	var rows [][]legendEntry
	used := width + 1
	for _, e := range l.entries {
		if used+e.width() > width {
			rows, used = append(rows, nil), 0
		}
		last := len(rows) - 1
		rows[last] = append(rows[last], e)
		used += e.width() + legendGap
	}
	return rows
}

func (e legendEntry) width() float64 {
	return legendSample + legendSpace + textWidth(e.name, smallSize)
}

func legendHeight(rows [][]legendEntry) float64 {
	if len(rows) == 0 {
		return 0
	}
	return legendAbove + legendRow*float64(len(rows))
}

// drawLegend draws the rows from the top on, each around the middle.
func drawLegend(p *picture, rows [][]legendEntry, center, top float64) {
	y := top + legendAbove + legendRow/2
	for _, row := range rows {
		total := -legendGap
		for _, e := range row {
			total += e.width() + legendGap
		}
		x := center - total/2
		for _, e := range row {
			e.drawn.sample(p, spot{x, y}, legendSample)
			p.text(e.name, spot{x + legendSample + legendSpace, y + halfLetter(smallSize)}, begins, smallSize)
			x += e.width() + legendGap
		}
		y += legendRow
	}
}

// halfLetter is how far below the middle of a line its baseline is.
func halfLetter(size float64) float64 { return 0.36 * size }
