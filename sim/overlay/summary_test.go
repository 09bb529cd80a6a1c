// Summaries and percentiles.

package overlay_test

import (
	"math"
	"slices"
	"testing"

	"github.com/kithmesh/kith/sim/overlay"
)

func TestSummarize(t *testing.T) {
	tests := []struct {
		values []float64
		want   overlay.Summary
	}{
		{nil, overlay.Summary{}},
		{[]float64{-3}, overlay.Summary{N: 1, Mean: -3, Min: -3, Max: -3}},
		{slices.Repeat([]float64{0.1}, 10), overlay.Summary{N: 10, Mean: 0.1, Min: 0.1, Max: 0.1}},
		{[]float64{4, 2, 9, 5}, overlay.Summary{N: 4, Mean: 5, SD: math.Sqrt(26.0 / 3), Min: 2, Max: 9}},
	}
	for _, tt := range tests {
		if got := overlay.Summarize(tt.values); got != tt.want {
			t.Errorf("%v: %+v, want %+v", tt.values, got, tt.want)
		}
	}
}

func TestPercentiles(t *testing.T) {
	ten := []float64{10, 9, 8, 7, 6, 5, 4, 3, 2, 1}
	thousand := make([]float64, 1000)
	for i := range thousand {
		thousand[i] = float64(i + 1)
	}
	tests := []struct {
		values, percents, want []float64
	}{
		{nil, []float64{50, 99}, []float64{0, 0}},
		{[]float64{7}, []float64{0, 50, 100}, []float64{7, 7, 7}},
		{ten, []float64{0, 10, 11, 50, 70, 99, 100}, []float64{1, 1, 2, 5, 7, 10, 10}},
		{thousand, []float64{0.1, 16.1, 50, 99.9, 99.95}, []float64{1, 161, 500, 999, 1000}},
	}
	for _, tt := range tests {
		if got := overlay.Percentiles(tt.values, tt.percents...); !slices.Equal(got, tt.want) {
			t.Errorf("%v of %d values: %v, want %v", tt.percents, len(tt.values), got, tt.want)
		}
	}
	if ten[0] != 10 {
		t.Error("the values were sorted in place")
	}
}
