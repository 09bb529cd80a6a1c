// How long things took, as counts that can be added up over nodes and time.

package tcptransport

import (
	"sync"
	"time"
)

// durationBounds is the number of bounds of [Durations].
const durationBounds = 16

// DurationBounds are the bounds by which [Durations] counts, in ascending order. Our choice: from
// a handshake inside one host to a repair that had to wait for the search for lost peers.
func DurationBounds() [durationBounds]time.Duration {
	const ms, s = time.Millisecond, time.Second
	return [...]time.Duration{
		ms / 2, ms, 2500 * time.Microsecond, 5 * ms, 10 * ms, 25 * ms, 50 * ms, 100 * ms,
		250 * ms, 500 * ms, s, 2500 * ms, 5 * s, 10 * s, 60 * s, 300 * s,
	}
}

// Durations counts how long something took, each time that it happened.
type Durations struct {
	// Counts has at each index those that took at most that one of [DurationBounds] and more than
	// the one before, and at last those that took longer than all bounds.
	Counts [durationBounds + 1]uint64
	// Sum is what all of them took together.
	Sum time.Duration
}

// Add counts one more. What took less than nothing counts as 0.
func (d *Durations) Add(took time.Duration) {
	took = max(took, 0)
	i := 0
	for _, bound := range DurationBounds() {
		if took <= bound {
			break
		}
		i++
	}
	d.Counts[i]++
	d.Sum += took
}

// Count is how many were counted.
func (d *Durations) Count() uint64 {
	var sum uint64
	for _, n := range d.Counts {
		sum += n
	}
	return sum
}

// stopwatch is Durations that several goroutines add to.
type stopwatch struct {
	mu    sync.Mutex
	times Durations
}

// since counts what began then and has ended now.
func (w *stopwatch) since(begin time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.times.Add(time.Since(begin))
}

func (w *stopwatch) read() Durations {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.times
}
