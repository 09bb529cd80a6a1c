// The arithmetic of rounds.

package row

import "slices"

// Figure is what the rounds came to. It is zero for none.
type Figure struct {
	Median float64 `json:"median"`
	Min    float64 `json:"min"`
	Max    float64 `json:"max"`
	Rounds int     `json:"rounds"`
}

// NewFigure sums up rounds. The median of an even number of them is the mean of the two in
// the middle.
func NewFigure(rounds ...float64) Figure {
	if len(rounds) == 0 {
		return Figure{}
	}
	sorted := slices.Sorted(slices.Values(rounds))
	n := len(sorted)
	return Figure{Median: (sorted[(n-1)/2] + sorted[n/2]) / 2, Min: sorted[0], Max: sorted[n-1], Rounds: n}
}

// Ratios divides round by round, as the two sides of a round ran one after the other on the
// same machine in the same state. Rounds in which the divisor is 0 are left out.
func Ratios(of, to []float64) Figure {
	quotients := make([]float64, 0, len(of))
	for i := range min(len(of), len(to)) {
		if to[i] != 0 {
			quotients = append(quotients, of[i]/to[i])
		}
	}
	return NewFigure(quotients...)
}
