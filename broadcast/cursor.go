// Answering a GRAFT: in order, and at the pace of the link.

package broadcast

import (
	"slices"
	"time"
)

// pumpBytes is how much is sent to one link from the store in one step.
const pumpBytes = 256 << 10

// cursor is what a link asked for: the messages of a source from next on, until
// it has caught up with what is pushed.
type cursor struct {
	source *source
	next   uint64
}

// feed answers a request for the messages of s from low on.
func (n *Node) feed(l *link, s *source, low uint64) {
	if low < s.low && low <= s.upto {
		n.tell(only(l.slot), Gone, Mark{Life: s.life, Low: s.low})
	}
	low = max(low, s.low)
	if low > s.top || s.empty() {
		return
	}
	n.stopCursor(l, s)
	l.cursors = append(l.cursors, cursor{source: s, next: low})
	s.feeding |= only(l.slot)
	n.pump(l)
}

// stopCursor ends what l gets of s from the store.
func (n *Node) stopCursor(l *link, s *source) {
	if !s.feeding.has(l.slot) {
		return
	}
	s.feeding &^= only(l.slot)
	l.cursors = slices.DeleteFunc(l.cursors, func(c cursor) bool { return c.source == s })
}

// pump sends from the store, a bounded piece.
func (n *Node) pump(l *link) {
	room := pumpBytes
	for len(l.cursors) > 0 && room > 0 && !l.full {
		c := &l.cursors[0]
		if !n.advance(l, c, &room) {
			continue // still going; there is no more room
		}
		c.source.feeding &^= only(l.slot)
		l.cursors = slices.Delete(l.cursors, 0, 1)
	}
}

// advance sends from one cursor, and reports whether it has come to its end.
func (n *Node) advance(l *link, c *cursor, room *int) bool {
	c.next = max(c.next, c.source.low)
	for ; c.next <= c.source.top; c.next++ {
		if *room <= 0 {
			return false
		}
		if m := c.source.at(c.next); m != nil {
			*room -= len(m.Frame)
			n.pushed(only(l.slot), m)
		}
	}
	return true
}

// pumpAll goes on with every link that can take more.
func (n *Node) pumpAll() {
	for slot := range n.up.All() {
		if l := n.links[slot]; len(l.cursors) > 0 && !l.full {
			n.pump(l)
		}
	}
}

// pumpAt returns when pumpAll has something to do: at once, or never.
func (n *Node) pumpAt() time.Duration {
	for slot := range n.up.All() {
		if l := n.links[slot]; len(l.cursors) > 0 && !l.full {
			return n.now
		}
	}
	return never
}
