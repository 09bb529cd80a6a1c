// How charts look: colors, symbols and type.

package chart

import "fmt"

// The colors around the data.
const (
	groundColor = "#ffffff"
	inkColor    = "#282828"
	axisColor   = "#6e6e6e"
	gridColor   = "#dcdcdc"
)

// The type: without serifs, and the sizes in points.
const (
	typeface  = "Liberation Sans,Arial,Helvetica,sans-serif"
	titleSize = 14.0
	labelSize = 11.0
	smallSize = 10.0
)

// palette is that of Okabe and Ito, in which people who see fewer colors can tell one
// from the other, without its yellow, which is hard to see on white.
var palette = []string{
	"#0072b2", // blue
	"#d55e00", // vermilion
	"#009e73", // green
	"#cc79a7", // purple
	"#e69f00", // orange
	"#56b4e9", // sky
	"#333333", // nearly black
}

// Color returns the n-th color, from 0 on, as #rrggbb. After a few they begin anew.
func Color(n int) string { return palette[n%len(palette)] }

// style is how one line or set of bars looks.
type style struct {
	color  string
	symbol symbol
	dashes string // as in stroke-dasharray; empty for none
}

// lineStyle returns the style of the n-th line of a chart.
func lineStyle(n int) style {
	s := style{color: Color(n), symbol: symbols[n%len(symbols)]}
	switch n / len(palette) % 3 {
	case 1:
		s.dashes = "5 3"
	case 2:
		s.dashes = "1.5 2.5"
	}
	return s
}

// line is the look of the line itself.
func (s style) line() string {
	look := stroke(s.color, 1.6) + ` stroke-linejoin="round"`
	if s.dashes != "" {
		look += fmt.Sprintf(` stroke-dasharray="%s"`, s.dashes)
	}
	return look
}

// fill is the look of a bar, faint that of a band.
func (s style) fill() string  { return fill(s.color) }
func (s style) faint() string { return fill(s.color) + ` fill-opacity="0.22"` }

func fill(color string) string { return fmt.Sprintf(`fill="%s"`, color) }

func stroke(color string, width float64) string {
	return fmt.Sprintf(`stroke="%s" stroke-width="%g"`, color, width)
}

// markStyle returns the look of the n-th series that is only marks: hollow, so that
// what is below can be seen.
func markStyle(n int) style {
	colors := []string{inkColor, palette[1], palette[3]}
	corners := []int{0, 4, 3}
	return style{color: colors[n%len(colors)], symbol: symbol{corners: corners[n%len(corners)], turn: up, size: 5, hollow: true}}
}
