// The arithmetic of the comparison.

package main

import (
	"math"
	"slices"
	"time"
)

// percentile returns the p-th percentile by nearest rank: the smallest of the
// durations that p percent of them do not exceed. It is 0 for none.
func percentile(sorted []time.Duration, p float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	rank := int(math.Ceil(p / 100 * float64(len(sorted))))
	return sorted[min(max(rank, 1), len(sorted))-1]
}

// figure is what the rounds came to: their median, least and most.
type figure struct {
	Median float64 `json:"median"`
	Min    float64 `json:"min"`
	Max    float64 `json:"max"`
}

// newFigure sums up the rounds. The median of an even number of them is the mean of
// the two in the middle. It is 0 for none.
func newFigure(rounds []float64) figure {
	if len(rounds) == 0 {
		return figure{}
	}
	sorted := slices.Sorted(slices.Values(rounds))
	n := len(sorted)
	return figure{Median: (sorted[(n-1)/2] + sorted[n/2]) / 2, Min: sorted[0], Max: sorted[n-1]}
}

// ratios divides round by round, as the two sides of a round ran one after the other
// on the same machine in the same state.
func ratios(of, to []float64) figure {
	quotients := make([]float64, 0, len(of))
	for i := range min(len(of), len(to)) {
		if to[i] != 0 {
			quotients = append(quotients, of[i]/to[i])
		}
	}
	return newFigure(quotients)
}
