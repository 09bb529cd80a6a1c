// How long a frame takes.

package sim

import (
	"math"
	"math/rand/v2"
	"time"
)

// Latency draws how long one frame takes from one node to another. Frames of one
// link never overtake each other, whatever is drawn.
type Latency func(rng *rand.Rand, from, to NodeID) time.Duration

// Constant makes every frame take d.
func Constant(d time.Duration) Latency {
	return func(*rand.Rand, NodeID, NodeID) time.Duration { return d }
}

// Uniform draws between low and high, evenly.
func Uniform(low, high time.Duration) Latency {
	span := int64(max(0, high-low)) + 1
	return func(rng *rand.Rand, _, _ NodeID) time.Duration {
		return low + time.Duration(rng.Int64N(span))
	}
}

// LogNormal draws from a log-normal distribution, as the delays of wide-area
// networks are: half of the frames take less than median, and sigma is the
// standard deviation of the logarithm; with 0.5 one frame in a hundred takes over
// three times the median. No frame takes more than most.
func LogNormal(median time.Duration, sigma float64, most time.Duration) Latency {
	return func(rng *rand.Rand, _, _ NodeID) time.Duration {
		d := float64(median) * math.Exp(sigma*rng.NormFloat64())
		return min(time.Duration(d), most)
	}
}

// Zones draws from within for two nodes of the same zone, and from between for
// others.
func Zones(zone func(NodeID) int, within, between Latency) Latency {
	return func(rng *rand.Rand, from, to NodeID) time.Duration {
		if zone(from) == zone(to) {
			return within(rng, from, to)
		}
		return between(rng, from, to)
	}
}
