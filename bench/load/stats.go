// The arithmetic of latencies.

package load

import (
	"math"
	"time"
)

// Percentile returns the p-th percentile by nearest rank: the smallest of the
// durations that p percent of them do not exceed. It is 0 for none.
func Percentile(sorted []time.Duration, p float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	rank := int(math.Ceil(p / 100 * float64(len(sorted))))
	return sorted[min(max(rank, 1), len(sorted))-1]
}
