// Charts of whatever was measured in clusters of several sizes.

package main

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/plotutil"
	"gonum.org/v1/plot/vg"

	"github.com/kithmesh/kith/bench/row"
)

const (
	width, height = 16 * vg.Centimeter, 10 * vg.Centimeter
	// fewest is the least number of sizes that makes a line.
	fewest = 3
	// wide is the ratio of the largest to the smallest figure from which an axis is logarithmic.
	wide = 20
)

// chart is one quantity against the number of nodes.
type chart struct {
	group, title string
	series       []series
}

// series is one line of it.
type series struct {
	name   string
	points plotter.XYs
}

// writeCharts draws all charts into a folder, and returns the names of the files by group. What
// was there before is replaced.
func writeCharts(folder string, rows []row.Row) (map[string][]string, error) {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return nil, err
	}
	old, err := filepath.Glob(filepath.Join(folder, "*.svg"))
	if err != nil {
		return nil, err
	}
	for _, file := range old {
		if err := os.Remove(file); err != nil {
			return nil, err
		}
	}
	files := make(map[string][]string)
	for _, c := range chartsOf(rows) {
		name := c.file()
		if err := c.draw(filepath.Join(folder, name)); err != nil {
			return nil, fmt.Errorf("the chart %s: %w", name, err)
		}
		files[c.group] = append(files[c.group], name)
	}
	return files, nil
}

// chartsOf makes a chart of each quantity that was measured at several sizes.
func chartsOf(rows []row.Row) []*chart {
	var charts []*chart
	for i := range rows {
		r := &rows[i]
		if r.Nodes == 0 {
			continue
		}
		title := r.Title()
		if r.Bytes > 0 {
			title += ", " + row.Count(r.Bytes) + " bytes"
		}
		at := slices.IndexFunc(charts, func(c *chart) bool { return c.group == r.Group && c.title == title })
		if at < 0 {
			at = len(charts)
			charts = append(charts, &chart{group: r.Group, title: title})
		}
		charts[at].add(strings.TrimSpace("Kith "+r.Form), r.Nodes, r.Kith)
		charts[at].add(r.Versus, r.Nodes, r.Peer)
	}
	for _, c := range charts {
		c.series = slices.DeleteFunc(c.series, func(s series) bool { return len(s.points) < fewest })
	}
	return slices.DeleteFunc(charts, func(c *chart) bool { return len(c.series) == 0 })
}

// add puts a figure on its line, once.
func (c *chart) add(name string, nodes int, f row.Figure) {
	if f.Rounds == 0 {
		return
	}
	at := slices.IndexFunc(c.series, func(s series) bool { return s.name == name })
	if at < 0 {
		at = len(c.series)
		c.series = append(c.series, series{name: name})
	}
	s := &c.series[at]
	x := float64(nodes)
	if !slices.ContainsFunc(s.points, func(p plotter.XY) bool { return p.X == x }) {
		s.points = append(s.points, plotter.XY{X: x, Y: f.Median})
	}
}

// file is the name of the file: the words of the title.
func (c *chart) file() string {
	words := strings.FieldsFunc(strings.ToLower(c.group+" "+c.title), func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9')
	})
	return strings.Join(words, "-") + ".svg"
}

// draw writes the chart as SVG.
func (c *chart) draw(file string) error {
	p := plot.New()
	p.Title.Text, p.X.Label.Text = c.title, "nodes"
	p.Legend.Top, p.Legend.Left = true, true
	low, high := c.bounds()
	p.X.Scale, p.X.Tick.Marker = plot.LogScale{}, plot.TickerFunc(c.sizes)
	if low > 0 && high/low >= wide {
		p.Y.Scale, p.Y.Tick.Marker = plot.LogScale{}, plot.LogTicks{Prec: -1}
		// Room for the legend, in whole powers of ten.
		p.Y.Min, p.Y.Max = math.Pow(10, math.Floor(math.Log10(low))), math.Pow(10, math.Ceil(math.Log10(high)+1))
	} else {
		p.Y.Min, p.Y.Max = min(low, 0), high+(high-min(low, 0))*0.35
	}
	lowest, highest := p.Y.Min, p.Y.Max
	for i, s := range c.series {
		slices.SortFunc(s.points, func(a, b plotter.XY) int { return int(a.X - b.X) })
		line, marks, err := plotter.NewLinePoints(s.points)
		if err != nil {
			return err
		}
		line.Color, marks.Color, marks.Shape = plotutil.Color(i), plotutil.Color(i), plotutil.Shape(i)
		line.Width = vg.Points(1.5)
		p.Add(line, marks)
		p.Legend.Add(s.name, line, marks)
	}
	if highest > lowest {
		p.Y.Min, p.Y.Max = lowest, highest
	} else {
		p.Y.Max = p.Y.Min + 1
	}
	return p.Save(width, height, file)
}

// bounds are the smallest and the largest figure.
func (c *chart) bounds() (low, high float64) {
	low, high = math.Inf(1), math.Inf(-1)
	for _, s := range c.series {
		for _, p := range s.points {
			low, high = min(low, p.Y), max(high, p.Y)
		}
	}
	return low, high
}

// sizes marks the sizes that were measured.
func (c *chart) sizes(_, _ float64) []plot.Tick {
	var ticks []plot.Tick
	for _, s := range c.series {
		for _, p := range s.points {
			if !slices.ContainsFunc(ticks, func(t plot.Tick) bool { return t.Value == p.X }) {
				ticks = append(ticks, plot.Tick{Value: p.X, Label: row.Count(int(p.X))})
			}
		}
	}
	return ticks
}
