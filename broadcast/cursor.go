// Answering a GRAFT: in order, and at the pace of the link.

package broadcast

import (
	"slices"
	"time"
)

// pumpBytes is how much is sent to one link from the store in one step.
const pumpBytes = 256 << 10

// cursor is what a link asked for: the messages of a source from next on, until
// it has caught up with what is pushed, or until the one that was asked for last.
type cursor struct {
	source *source
	next   uint64
	until  uint64 // 0 for all
}

// ahead reports whether c will come to a message.
func (c *cursor) ahead(s *source, sequence uint64) bool {
	return c.source == s && c.next <= sequence && (c.until == 0 || sequence <= c.until)
}

// feed begins to answer a request for messages of s. Deviation: for all from a sequence
// on.
func (n *Node) feed(l *link, s *source, m *Mark) {
	kept := max(m.Low, s.upto+1)
	if next := s.next(m.Low); next <= s.top {
		kept = min(kept, next)
	}
	low := kept
	if m.Age > 0 {
		low = s.since(kept, n.now-m.Age)
	}
	switch {
	case low > kept:
		n.tell(only(l.slot), Gone, Mark{Life: s.life, Low: low, Age: m.Age})
	case low > m.Low:
		n.tell(only(l.slot), Gone, Mark{Life: s.life, Low: low})
	}
	branch := m.High == 0
	n.stopCursor(l, s, branch)
	if next := s.next(low); next > s.top || !branch && next > m.High {
		return
	}
	l.cursors = append(l.cursors, cursor{source: s, next: low, until: m.High})
	n.fed |= only(l.slot)
	if branch {
		s.feeding |= only(l.slot)
	}
}

// since returns the first sequence from low on that came at that time or later, and
// is not missing here: messages come in order, more or less.
func (s *source) since(low uint64, at time.Duration) uint64 {
	for high := min(s.upto, s.top) + 1; low < high; {
		middle := low + (high-low)/2
		if next := s.next(middle); next < high && next <= s.top && s.at(next).at < at {
			low = next + 1
		} else {
			high = middle
		}
	}
	return low
}

// yetToCome returns the links on which a message that has just come will be sent from the
// store. A cursor that has passed its place, as it was missing then, does not go back.
func (n *Node) yetToCome(s *source, sequence uint64) (to Slots) {
	for slot := range n.fed.All() {
		if slices.ContainsFunc(n.links[slot].cursors, func(c cursor) bool { return c.ahead(s, sequence) }) {
			to |= only(slot)
		}
	}
	return to
}

// stopCursor ends what l gets of s from the store: as a branch, or because it asked for a
// part.
func (n *Node) stopCursor(l *link, s *source, branch bool) {
	if branch {
		s.feeding &^= only(l.slot)
	}
	l.cursors = slices.DeleteFunc(l.cursors, func(c cursor) bool { return c.source == s && branch == (c.until == 0) })
	n.fasted(l)
}

// pump sends from the store, a bounded piece.
func (n *Node) pump(l *link) {
	room := pumpBytes
	for len(l.cursors) > 0 && room > 0 && !n.full.has(l.slot) {
		c := &l.cursors[0]
		if !n.advance(l, c, &room) {
			continue // still going; there is no more room
		}
		if c.until == 0 {
			c.source.feeding &^= only(l.slot)
		}
		l.cursors = slices.Delete(l.cursors, 0, 1)
	}
	n.fasted(l)
}

// fasted notes that l may have no cursor any more.
func (n *Node) fasted(l *link) {
	if len(l.cursors) == 0 {
		n.fed &^= only(l.slot)
	}
}

// advance sends from one cursor, and reports whether it has come to its end.
func (n *Node) advance(l *link, c *cursor, room *int) bool {
	c.next = max(c.next, c.source.low)
	for ; c.next <= c.source.top && (c.until == 0 || c.next <= c.until); c.next++ {
		if *room <= 0 {
			return false
		}
		if m := c.source.at(c.next); m != nil {
			*room -= len(m.frame) + overhead
			n.send(only(l.slot), Effect{Life: c.source.life, Sequence: c.next, Hop: m.hop, Frame: m.frame})
		}
	}
	return true
}

// pumpAll goes on with every link that can take more.
func (n *Node) pumpAll() {
	for slot := range (n.fed &^ n.full).All() {
		n.pump(n.links[slot])
	}
}

// pumpAt returns when pumpAll has something to do: at once, or never.
func (n *Node) pumpAt() time.Duration {
	if n.fed&^n.full != 0 {
		return n.now
	}
	return never
}
