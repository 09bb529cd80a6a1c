// One figure over many seeds.

package overlay

import (
	"math"
	"slices"
)

// Summary is what several measurements of one figure, such as one for each
// seed, have in common. Its values are in the unit of the figure.
type Summary struct {
	N    int     `json:"n"`
	Mean float64 `json:"mean"`
	// SD is the standard deviation of the sample (it divides by N-1), 0 for
	// fewer than two values.
	SD  float64 `json:"sd"`
	Min float64 `json:"min"`
	Max float64 `json:"max"`
}

// Summarize summarizes values, none of which may be NaN. That of no values is
// all 0.
func Summarize(values []float64) Summary {
	s := Summary{N: len(values)}
	if s.N == 0 {
		return s
	}
	s.Min, s.Max = slices.Min(values), slices.Max(values)
	for _, v := range values {
		s.Mean += v / float64(s.N)
	}
	// Rounding must not carry the mean of equal values away from them.
	s.Mean = min(max(s.Mean, s.Min), s.Max)
	if s.N < 2 {
		return s
	}
	for _, v := range values {
		s.SD += (v - s.Mean) * (v - s.Mean)
	}
	s.SD = math.Sqrt(s.SD / float64(s.N-1))
	return s
}

// Percentiles returns the nearest-rank percentile of values for each of percents
// (0 to 100): the smallest value that at least that many percent of the values
// do not exceed. The 0th is the smallest value. Values are in any order and
// stay as they are; without any, all percentiles are 0.
func Percentiles(values []float64, percents ...float64) []float64 {
	sorted := slices.Sorted(slices.Values(values))
	result := make([]float64, len(percents))
	for i, p := range percents {
		if len(sorted) == 0 {
			break
		}
		// A percentage such as 99.9 is not exact; it must not round a rank up.
		const slack = 1e-9
		rank := int(math.Ceil(p*float64(len(sorted))/100 - slack))
		result[i] = sorted[min(max(rank, 1), len(sorted))-1]
	}
	return result
}
