package row_test

import (
	"testing"

	"github.com/kithmesh/kith/bench/row"
)

func TestFigure(t *testing.T) {
	if got, want := row.NewFigure(4, 1, 3, 2), (row.Figure{Median: 2.5, Min: 1, Max: 4, Rounds: 4}); got != want {
		t.Errorf("NewFigure = %+v, want %+v", got, want)
	}
	if got, want := row.Ratios([]float64{2, 9, 5}, []float64{1, 3, 0}), (row.Figure{Median: 2.5, Min: 2, Max: 3, Rounds: 2}); got != want {
		t.Errorf("Ratios = %+v, want %+v", got, want)
	}
}

func TestMet(t *testing.T) {
	ratio, own := row.NewFigure(2), row.NewFigure(10)
	for name, c := range map[string]struct {
		row  row.Row
		want bool
	}{
		"no goal":           {row.Row{Ratio: ratio}, false},
		"reached":           {row.Row{Ratio: ratio, Goal: row.AtLeast(2)}, true},
		"short":             {row.Row{Ratio: ratio, Goal: row.AtLeast(2.1)}, false},
		"within":            {row.Row{Ratio: ratio, Goal: row.AtMost(2)}, true},
		"beyond":            {row.Row{Ratio: ratio, Goal: row.AtMost(1.9)}, false},
		"own":               {row.Row{Ratio: ratio, Kith: own, Goal: row.AtMost(10).OfOwn()}, true},
		"own, not the goal": {row.Row{Ratio: ratio, Kith: own, Goal: row.AtMost(5).OfOwn()}, false},
		"nothing measured":  {row.Row{Goal: row.AtMost(5)}, false},
	} {
		if got := c.row.Met(); got != c.want {
			t.Errorf("%s: Met = %v, want %v", name, got, c.want)
		}
	}
}

func TestOpen(t *testing.T) {
	figure := row.NewFigure(10)
	for name, c := range map[string]struct {
		row  row.Row
		want bool
	}{
		"no goal":            {row.Row{Kith: figure}, false},
		"the other has none": {row.Row{Kith: figure, Goal: row.AtMost(1)}, true},
		"both have one":      {row.Row{Kith: figure, Ratio: figure, Goal: row.AtMost(1)}, false},
		"Kith has none":      {row.Row{Goal: row.AtMost(1)}, false},
		"own":                {row.Row{Goal: row.AtMost(1).OfOwn()}, false},
		"failed":             {row.Row{Kith: figure, Goal: row.AtMost(1), Fault: "it crashed"}, false},
	} {
		if got := c.row.Open(); got != c.want {
			t.Errorf("%s: Open = %v, want %v", name, got, c.want)
		}
	}
}
