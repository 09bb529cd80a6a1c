// What a node counts of messages.

package kith

import (
	"cmp"
	"slices"

	"github.com/kithmesh/kith/broadcast"
)

// BroadcastStats is a snapshot of what a node counts of messages. What the core counts are
// frames, each of which brings one message or several that were published in quick
// succession.
type BroadcastStats struct {
	broadcast.Stats
	// Published are the messages that this node has published. Delivered are calls of handlers, Panics those that panicked.
	Published, Delivered, Panics uint64
	// Strange are frames for everybody from peers that are no neighbors, Bad those that were not
	// well formed.
	Strange, Bad uint64
	// Links are the counts for each neighbor, by its ID.
	Links []BroadcastLink
}

// BroadcastLink is what is counted for one neighbor.
type BroadcastLink struct {
	broadcast.LinkStats
	// Neighbor is its ID, and Queued how many bytes wait to be written to it.
	Neighbor string
	Queued   int
}

// RMR is the relative message redundancy of what has come to this node: payloads by
// first deliveries, less one (Plumtree, section 4.1). In a tree it is 0.
func (s *BroadcastStats) RMR() float64 {
	if s.Received == 0 {
		return 0
	}
	return float64(s.Payloads)/float64(s.Received) - 1
}

func (c *carriage) stats() BroadcastStats {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := BroadcastStats{
		Stats: c.core.Stats(), Published: c.bundle.published, Delivered: c.delivered.Load(), Panics: c.panics.Load(),
		Strange: c.strange.Load(), Bad: c.bad.Load(),
	}
	counts := make(map[uint64]broadcast.LinkStats, len(s.Stats.Links))
	for _, l := range s.Stats.Links {
		counts[l.Link] = l
	}
	for id, number := range c.links {
		l := BroadcastLink{Neighbor: id, LinkStats: counts[number]}
		if slot := c.core.Slot(number); slot >= 0 && c.lanes[slot].channel != nil {
			l.Queued = c.lanes[slot].channel.Queued()
		}
		s.Links = append(s.Links, l)
	}
	slices.SortFunc(s.Links, func(a, b BroadcastLink) int { return cmp.Compare(a.Neighbor, b.Neighbor) })
	return s
}
