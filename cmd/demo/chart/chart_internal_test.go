// Charts: what several seeds make, and what is in the pictures.

package chart

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"slices"
	"strings"
	"testing"

	simreport "github.com/kithmesh/kith/sim/report"
)

func line(name string, points ...[2]float64) simreport.Line {
	return simreport.Line{Name: name, Points: points}
}

func TestMerge(t *testing.T) {
	for _, c := range []struct {
		name   string
		lines  []simreport.Line
		bars   bool
		want   []point
		band   bool
		merged bool
	}{
		{
			name: "one seed", merged: true,
			lines: []simreport.Line{line("a", [2]float64{2, 1}, [2]float64{1, 3})},
			want:  []point{{2, 1, 1, 1}, {1, 3, 3, 3}},
		},
		{
			name: "mean and band", merged: true, band: true,
			lines: []simreport.Line{line("a", [2]float64{2, 1}, [2]float64{1, 3}), line("a", [2]float64{1, 5}, [2]float64{2, 1})},
			want:  []point{{1, 4, 3, 5}, {2, 1, 1, 1}},
		},
		{
			name: "what all have", merged: true, band: true,
			lines: []simreport.Line{line("a", [2]float64{1, 1}, [2]float64{2, 1}), line("a", [2]float64{1, 2}, [2]float64{3, 1})},
			want:  []point{{1, 1.5, 1, 2}},
		},
		{
			name: "bars that some lack", merged: true, band: true, bars: true,
			lines: []simreport.Line{line("a", [2]float64{1, 4}), line("a", [2]float64{2, 6})},
			want:  []point{{1, 2, 0, 4}, {2, 3, 0, 6}},
		},
		{
			name:  "nothing in common",
			lines: []simreport.Line{line("a", [2]float64{1, 4}), line("a", [2]float64{2, 6})},
			want:  []point{{1, 4, 4, 4}},
		},
		{
			name:  "two values at one place",
			lines: []simreport.Line{line("a", [2]float64{1, 4}, [2]float64{1, 5}), line("a", [2]float64{1, 6})},
			want:  []point{{1, 4, 4, 4}, {1, 5, 5, 5}},
		},
		{
			name: "somebody else's", merged: true,
			lines: []simreport.Line{{Name: "a", Marks: true, Points: [][2]float64{{1, 4}}}, {Name: "a", Marks: true, Points: [][2]float64{{1, 6}}}},
			want:  []point{{1, 4, 4, 4}},
		},
		{name: "no points", lines: []simreport.Line{line("a"), line("a")}, merged: true, band: true},
	} {
		s, merged := merge(c.lines, c.bars)
		if !slices.Equal(s.points, c.want) || s.band != c.band || merged != c.merged || s.name != "a" {
			t.Errorf("%s: %+v, merged %v", c.name, s, merged)
		}
	}
}

func TestChartsOfSeveralSeeds(t *testing.T) {
	first := &simreport.Result{Seed: 4, Charts: []simreport.Chart{
		{Name: "p", Title: "T", X: "x", Y: "y", LogX: true, Lines: []simreport.Line{
			line("a", [2]float64{1, 1}), line("b", [2]float64{1, 1}), line("c", [2]float64{1, 1}),
		}},
	}}
	second := &simreport.Result{Seed: 5, Charts: []simreport.Chart{
		{Name: "other"},
		{Name: "p", Lines: []simreport.Line{line("b", [2]float64{9, 9}), line("a", [2]float64{1, 3})}},
	}}
	charts := Of([]*simreport.Result{first, second})
	if len(charts) != 1 || charts[0].title != "T" || !charts[0].logX || charts[0].logY {
		t.Fatalf("%+v", charts)
	}
	s := charts[0].series
	if s[0].points[0] != (point{1, 2, 1, 3}) || s[1].name != "b (seed 4)" || s[2].name != "c" || len(s) != 3 {
		t.Errorf("%+v", s)
	}
}

// texts returns all text of an SVG file, and how many elements of each name it has.
func texts(t *testing.T, svg []byte) (all []string, elements map[string]int) {
	t.Helper()
	elements = map[string]int{}
	decoder := xml.NewDecoder(bytes.NewReader(svg))
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return all, elements
		}
		if err != nil {
			t.Fatalf("no XML: %v", err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			elements[token.Name.Local]++
		case xml.CharData:
			if s := strings.TrimSpace(string(token)); s != "" {
				all = append(all, s)
			}
		}
	}
}

// drawn draws the chart and returns the texts and elements in the picture.
func drawn(t *testing.T, c *Chart) ([]string, map[string]int) {
	t.Helper()
	svg := c.SVG()
	if bytes.Contains(svg, []byte("NaN")) || bytes.Contains(svg, []byte("Inf")) {
		t.Errorf("%s: a coordinate is no number:\n%s", c.Name, svg)
	}
	if !bytes.Equal(svg, c.SVG()) {
		t.Errorf("%s: drawn twice, it is not the same", c.Name)
	}
	return texts(t, svg)
}

func TestChartHasWhatWasAskedFor(t *testing.T) {
	c := &Chart{
		Name: "reliability", title: "Share reached <all>", x: "% failed", y: "% reached",
		series: []series{
			{name: "ours & more", band: true, points: []point{{10, 100, 99, 100}, {50, 96, 94, 98}, {90, 7, 6, 8}}},
			{name: "paper", marks: true, points: []point{{10, 100, 100, 100}, {90, 5, 5, 5}}},
		},
	}
	all, elements := drawn(t, c)
	for _, want := range []string{c.title, c.x, c.y, "ours & more", "paper", "0", "20", "100"} {
		if !slices.Contains(all, want) {
			t.Errorf("lacks %q: %q", want, all)
		}
	}
	both := elements["path"] + elements["circle"]
	c.series = c.series[:1]
	all, elements = drawn(t, c)
	if slices.Contains(all, "ours & more") {
		t.Errorf("a legend for one line: %q", all)
	}
	// Two marks, and one in the legend; the line and its symbol there are gone too.
	if without := elements["path"] + elements["circle"]; without != both-5 {
		t.Errorf("%d shapes with marks, %d without", both, without)
	}
}

func TestChartAxes(t *testing.T) {
	values := []point{{1, 1, 1, 1}, {1000, 1e6, 1e6, 1e6}, {20_000, 10, 0, 20}}
	for _, c := range []struct {
		chart  Chart
		labels []string
	}{
		{Chart{Name: "linear"}, []string{"5000", "10,000", "20,000", "0", "200,000", "1M"}},
		{Chart{Name: "logarithmic", logX: true, logY: true}, []string{"1", "10", "100", "1000", "10,000", "100,000", "1M"}},
		{Chart{Name: "histogram", bars: true, logY: true}, []string{"1", "10", "1M"}},
	} {
		c.chart.series = []series{{name: "a", band: true, points: values}}
		all, _ := drawn(t, &c.chart)
		for _, want := range c.labels {
			if !slices.Contains(all, want) {
				t.Errorf("%s: lacks %q: %q", c.chart.Name, want, all)
			}
		}
		if joined := strings.Join(all, " "); strings.Contains(joined, "e+") {
			t.Errorf("%s: %q", c.chart.Name, all)
		}
	}
}

// Whatever an experiment finds, there is a picture.
func TestChartsOfAnything(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	sets := map[string][]point{
		"nothing":         nil,
		"a point":         {{5, 5, 5, 5}},
		"at zero":         {{0, 0, 0, 0}},
		"level":           {{1, 7, 7, 7}, {2, 7, 7, 7}},
		"upright":         {{1, 7, 7, 7}, {1, 9, 9, 9}},
		"below zero":      {{-3, -2, -4, -1}, {-1, -7, -8, 2}},
		"no numbers":      {{1, nan, nan, nan}, {nan, 1, 1, 1}, {inf, 2, 2, 2}, {3, inf, inf, inf}},
		"a number":        {{1, nan, nan, nan}, {2, 5, 4, 6}},
		"far apart":       {{1e-9, 1e-12, 0, 1e9}, {1e12, 1e15, 1, 1e15}},
		"close and large": {{1e17, 1e17, 1e17, 1e17}, {1e17 + 16, 1e17 + 16, 1e17, 1e17 + 32}},
		"whole numbers":   {{1, 1, 0, 2}, {2, 1, 1, 1}, {3, 8, 4, 9}},
	}
	for name, points := range sets {
		for mask := range 16 {
			c := &Chart{
				Name: name, logX: mask&1 > 0, logY: mask&2 > 0, bars: mask&4 > 0,
				series: []series{{name: "a", band: mask&8 > 0, points: points}, {name: "b", points: points}, {name: "c", marks: true, points: points}},
			}
			drawn(t, c)
		}
	}
}

func TestManyLinesAreDistinct(t *testing.T) {
	c := &Chart{Name: "many"}
	type look struct {
		color  string
		dashes string
	}
	seen := map[look]bool{}
	for i := range 3 * len(palette) {
		c.series = append(c.series, series{name: strings.Repeat("long name ", 4), points: []point{{1, 1, 1, 1}, {2, float64(i), 1, 1}}})
		s := lineStyle(i)
		l := look{s.color, s.dashes}
		if seen[l] {
			t.Errorf("line %d looks like one before", i)
		}
		seen[l] = true
	}
	drawn(t, c)
}

func TestTickLabels(t *testing.T) {
	for v, want := range map[float64]string{
		0: "0", 0.001: "0.001", 0.30000000000000004: "0.3", -25: "-25", 9999: "9999", 10_000: "10,000", -250_000: "-250,000",
		2.5e6: "2.5M", 1e9: "1e+09", 1e-7: "1e-07",
	} {
		if got := tickLabel(v); got != want {
			t.Errorf("%v is labeled %s, want %s", v, got, want)
		}
	}
	for _, ticks := range []int{
		len(linearTicks{}.ticks(0, 1)), len(linearTicks{}.ticks(-3, 97)), len(linearTicks{whole: true}.ticks(0.5, 9.5)),
	} {
		if ticks < 4 || ticks > ticksWanted+2 {
			t.Errorf("%d numbers on an axis", ticks)
		}
	}
	if n := len((linearTicks{whole: true}).ticks(0.5, 1.5)); n != 1 {
		t.Errorf("%d whole numbers from 0.5 to 1.5", n)
	}
}
