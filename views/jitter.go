// The one way to spread periods and backoffs, so that nodes do not fall in step.

package views

import (
	"math/rand/v2"
	"time"
)

// Jitter returns d ±25 %, uniformly; zero or less is returned as it is.
func Jitter(d time.Duration, rng *rand.Rand) time.Duration {
	if d <= 0 {
		return d
	}
	return d - d/4 + time.Duration(rng.Int64N(int64(d/2)+1))
}
