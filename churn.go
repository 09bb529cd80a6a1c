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

	// Of the loop alone: whether the view was full after the latest step, and if not, since
	// when; zero if it has not been full yet.
	full  bool
	since time.Time
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

// stepped is told after each step whether the view is full. A neighbor that was given up for
// another in the same step leaves no gap.
func (c *churn) stepped(full bool) {
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
