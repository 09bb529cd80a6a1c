// Summaries of many numbers, and how times are shown.

package main

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/kithmesh/kith/meshtest"
)

// spread is the range of some numbers and their mean, rounded to hundredths.
type spread struct {
	Min  int     `json:"min"`
	Mean float64 `json:"mean"`
	Max  int     `json:"max"`
}

func newSpread(s meshtest.Spread) spread {
	return spread{Min: s.Min, Mean: hundredths(s.Mean), Max: s.Max}
}

// percentile returns the p-th percentile by nearest rank: the smallest of the
// durations that p percent of them do not exceed. It is 0 for none.
func percentile(durations []time.Duration, p float64) time.Duration {
	if len(durations) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(durations))
	rank := int(math.Ceil(p / 100 * float64(len(sorted))))
	return sorted[min(max(rank, 1), len(sorted))-1]
}

// milliseconds is how durations are reported, to a hundredth.
func milliseconds(d time.Duration) float64 {
	return hundredths(float64(d) / float64(time.Millisecond))
}

func thousandths(f float64) float64 { return math.Round(f*1000) / 1000 }

func hundredths(f float64) float64 { return math.Round(f*100) / 100 }

// short shows a duration in at most seven characters or so.
func short(d time.Duration) string {
	switch {
	case d < 10*time.Millisecond:
		return fmt.Sprintf("%.1f ms", milliseconds(d))
	case d < time.Second:
		return fmt.Sprintf("%.0f ms", milliseconds(d))
	case d < time.Minute:
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	return d.Round(time.Second).String()
}
