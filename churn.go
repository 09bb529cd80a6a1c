// How neighbors come and go: what ended them, and how long a full view took to be full again.

package kith

import (
	"maps"
	"sync"
	"time"

	"github.com/kithmesh/kith/tcptransport"
)

// churn is written by the loop and read by [Node.Stats].
type churn struct {
	mu      sync.Mutex
	downs   map[Reason]uint64
	repairs tcptransport.Durations

	// Of the loop alone: how many neighbors were wanted after the latest step, whether the view
	// was full, and if not, since when; zero if it has not been full yet with as many.
	wanted int
	full   bool
	since  time.Time
}

// down counts a neighbor that is one no longer.
func (c *churn) down(reason Reason) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.downs == nil {
		c.downs = make(map[Reason]uint64)
	}
	c.downs[reason]++
}

// stepped is told after each step how many neighbors there are and are wanted. A neighbor that
// was given up for another in the same step leaves no gap, nor is it one when more are wanted.
func (c *churn) stepped(neighbors, wanted int) {
	if wanted != c.wanted {
		c.wanted, c.full, c.since = wanted, false, time.Time{}
	}
	full := neighbors >= wanted
	if full == c.full {
		return
	}
	c.full = full
	if !full {
		c.since = time.Now()
		return
	}
	if c.since.IsZero() {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.repairs.Add(time.Since(c.since))
}

// tell writes the counts down.
func (c *churn) tell(s *Stats) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s.Downs, s.Repairs = maps.Clone(c.downs), c.repairs
}
