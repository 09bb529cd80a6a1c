// What is known of one life of an origin.

package broadcast

import (
	"math/bits"
	"time"
)

// source is one life of an origin: which of its messages have been here, those
// of them that are in store, and its place in a tree.
type source struct {
	life Life
	id   string

	// upto is the mark below which everything has been delivered in order, or
	// missed. Messages above it may be here already.
	upto uint64
	top  uint64     // the highest that is here, or was
	ring []*Message // in store, by sequence modulo its size, a power of two
	low  uint64     // nothing below is in store
	held int        // how many are in store
	told uint64     // up to here what is missing has been reported

	own     *tree // nil while it uses the shared one
	count   int   // messages taken, until it has its own
	parent  int   // the slot of the link from which messages come; -1 for none
	hop     uint8 // of the latest message
	movedAt time.Duration
	// offers are the links that have announced something lately, best the one of
	// them that is nearest to the origin, and bestHop what it would bring.
	offers  Slots
	best    int
	bestHop uint8
	feeding Slots // links with a cursor
	// asked is the slot of the link that was asked last, until it answers or
	// askedUntil; -1 for none.
	asked      int
	askedUntil time.Duration

	seen      time.Duration // when the latest message came
	announced uint64        // what the neighbors know to be here
	dirty     bool          // in Node.dirty
	echoes    int8          // how often the last message was announced again; -1: not in Node.echoing

	lack *lack // nil when nothing is missing
}

// lack is the state of a source of which something is missing.
type lack struct {
	since time.Duration // when upto last moved, or the lack was noticed
	askAt time.Duration // when the next announcer is asked
	heard time.Duration // when it was noticed
	marks []offer       // who has what
	tried Slots         // asked since upto last moved
	asked bool
}

// offer is what a neighbor said it has.
type offer struct {
	slot      int
	low, high uint64
}

func (n *Node) newSource(life Life, upto uint64) *source {
	s := &source{
		life: life, id: life.ID(), upto: upto, top: upto, low: upto + 1, announced: upto,
		parent: -1, best: -1, asked: -1, seen: n.now, echoes: -1,
	}
	n.sources[life] = s
	return s
}

// sourceOf returns the source of a life, and makes it when there is none: it
// begins after upto. It returns nil when there are too many already.
func (n *Node) sourceOf(life []byte, upto uint64) *source {
	if s := n.recent; s != nil && string(life) == string(s.life) {
		return s
	}
	s := n.sources[Life(life)]
	if s == nil {
		if len(n.sources) >= n.cfg.MaxSources {
			n.sweepSources(n.cfg.StoreAge)
			if len(n.sources) >= n.cfg.MaxSources {
				n.stats.Refused++
				return nil
			}
		}
		s = n.newSource(Life(life), upto)
	}
	n.recent = s
	return s
}

// has reports whether the message was here, or has been given up.
func (s *source) has(sequence uint64) bool {
	return sequence <= s.upto || s.at(sequence) != nil
}

// at returns a message in store, nil when it is not.
func (s *source) at(sequence uint64) *Message {
	if sequence < s.low || sequence > s.top || len(s.ring) == 0 {
		return nil
	}
	m := s.ring[sequence&uint64(len(s.ring)-1)]
	if m == nil || m.Sequence != sequence {
		return nil
	}
	return m
}

const minRing = 8

// put stores a message. The ring never becomes much larger than what is in it and
// the window together: what is further away goes.
func (s *source) put(m *Message, window int) {
	if most := 4 * uint64(s.held+window); !s.empty() && (m.Sequence > s.low+most || m.Sequence+most < s.top) {
		s.ring, s.held = nil, 0
	}
	if s.empty() {
		s.low, s.top = m.Sequence, m.Sequence
	}
	s.low = min(s.low, m.Sequence)
	s.top = max(s.top, m.Sequence)
	if span := s.top - s.low + 1; span > uint64(len(s.ring)) {
		s.resize(1 << bits.Len64(max(span, minRing)-1))
	}
	s.ring[m.Sequence&uint64(len(s.ring)-1)] = m
	s.held++
}

// empty reports whether nothing is in store.
func (s *source) empty() bool { return len(s.ring) == 0 || s.low > s.top }

func (s *source) resize(size int) {
	ring := make([]*Message, size)
	for _, m := range s.ring {
		if m != nil {
			ring[m.Sequence&uint64(size-1)] = m
		}
	}
	s.ring = ring
}

// take removes a message from the store, the oldest as a rule.
func (s *source) take(sequence uint64) {
	if s.at(sequence) == nil {
		return
	}
	s.ring[sequence&uint64(len(s.ring)-1)] = nil
	s.held--
	for s.low <= s.top && s.at(s.low) == nil {
		s.low++
	}
	switch span := s.top - s.low + 1; {
	case s.low > s.top:
		s.ring = nil
	case len(s.ring) > minRing && span < uint64(len(s.ring)/8):
		s.resize(len(s.ring) / 2)
	}
}

// drop forgets a link.
func (s *source) drop(slot int) {
	if s.own != nil {
		s.own.drop(only(slot))
	}
	if s.parent == slot {
		s.parent = -1
	}
	s.offers &^= only(slot)
	s.feeding &^= only(slot)
	if s.best == slot {
		s.best = -1
	}
	if s.asked == slot {
		s.asked = -1
	}
	if s.lack != nil {
		s.lack.forget(slot)
	}
}
