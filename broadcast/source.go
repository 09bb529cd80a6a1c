// What is known of one life of an origin.

package broadcast

import (
	"iter"
	"math/bits"
	"time"
)

// source is one life of an origin: which of its messages have been here, those
// of them that are in store, and its place in a tree.
type source struct {
	life         Life
	id           string
	newer, older *source // in Node.newest

	// upto is the mark below which everything has been delivered in order, or
	// missed. Messages above it may be here already.
	upto uint64
	top  uint64 // the highest that is here, or was
	ring []kept // in store, by sequence modulo its size, a power of two
	low  uint64 // nothing below is in store
	held int    // how many are in store
	told uint64 // up to here what is missing has been reported
	// young says that the first messages that are missing may be older than the node.
	young bool
	heard bool // a message has been here, and not only what others say of it

	own     *tree // nil while it uses the shared one
	count   int   // messages taken, until it has its own
	parent  int   // the slot of the link from which messages come; -1 for none
	via     int   // the slot of the link that brought the latest one, -1 for none
	hop     uint8 // of the latest message
	movedAt time.Duration
	// followed is when the parent last brought something.
	followed time.Duration
	// offers are the links that have announced something lately, best the one of
	// them that is nearest to the origin, and bestHop what it would bring.
	offers  Slots
	best    int
	bestHop uint8
	peers   informed // who has all up to the highest message that somebody has announced
	bearer  int      // the slot of the link that brought the highest message, -1 for none
	// introduced are the links that have been told something of s since this node has its place in the
	// tree: their nodes know whom to ask when they lose theirs.
	introduced Slots
	feeding    Slots // links with the cursor of a branch
	// asked is the slot of the link that was asked last, until it answers or
	// askedUntil; -1 for none.
	asked      int
	askedUntil time.Duration
	patched    uint64 // up to here others than the parent were asked for holes

	seen      time.Duration // when the latest message came
	announced uint64        // what the neighbors know to be here
	moved     bool          // the parent has changed since
	dirty     bool          // in Node.dirty
	echoing   bool          // in Node.echoing: its last message is to be announced again

	lack    *lack // nil when nothing is missing
	lacking bool  // in Node.lacking
}

// lack is the state of a source of which something is missing.
type lack struct {
	since  time.Duration // when upto last moved, or the lack was noticed
	askAt  time.Duration // when the next announcer is asked
	marks  []offer       // who has what
	tried  Slots         // asked since upto last moved, in this round
	rounds uint8         // in which everybody was asked, since then
	asked  uint64        // up to here somebody was asked for it, 0 for not at all
	ahead  uint64        // the lowest that came and was too far ahead, 0 for none
	probe  uint64        // announced at the time heard, to see when it comes; 0 for none
	heard  time.Duration
}

// offer is what a neighbor said it has.
type offer struct {
	slot      int
	low, high uint64
	hop       uint8 // that high would arrive with
}

func (n *Node) newSource(life Life, upto uint64) *source {
	s := &source{
		life: life, id: life.ID(), upto: upto, top: upto, low: upto + 1, announced: upto,
		parent: -1, via: -1, bearer: -1, best: -1, asked: -1, seen: n.now,
	}
	n.sources[life] = s
	n.most = max(n.most, len(n.sources))
	n.renew(s)
	return s
}

// Knows reports whether something is remembered of that life.
func (n *Node) Knows(life Life) bool { return n.sources[life] != nil }

// renew makes s the source of the latest message.
func (n *Node) renew(s *source) {
	s.seen = n.now
	if n.newest.older == s {
		return
	}
	s.unlink()
	s.newer, s.older = &n.newest, n.newest.older
	s.newer.older, s.older.newer = s, s
}

// unlink takes s out of the ring of all sources.
func (s *source) unlink() {
	if s.older != nil {
		s.newer.older, s.older.newer = s.older, s.newer
	}
}

// latest yields the sources with a message since then, the latest first.
func (n *Node) latest(since time.Duration) iter.Seq[*source] {
	return func(yield func(*source) bool) {
		for s := n.newest.older; s != &n.newest && s.seen >= since; s = s.older {
			if !yield(s) {
				return
			}
		}
	}
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
			n.sweepSources(2 * n.cfg.StoreAge)
			if len(n.sources) >= n.cfg.MaxSources {
				n.stats.Refused++
				return nil
			}
		}
		s = n.newSource(Life(life), upto)
		s.young = n.age() > 0
		n.sweepAt = min(n.sweepAt, n.now+sweepPeriod)
	}
	n.recent = s
	return s
}

// begin makes a message the first one that is wanted, as none has been here yet.
func (s *source) begin(sequence uint64) {
	s.upto, s.top, s.low, s.announced, s.told = sequence-1, sequence-1, sequence, sequence-1, 0
}

// correct begins where the first message that comes says, and not where others said:
// at the oldest that may be in store, unless older ones than this node have been
// skipped already, but not after the message itself.
func (s *source) correct(g *Gossip) {
	if s.told == 0 {
		s.begin(g.First)
	}
	if g.Sequence <= s.upto {
		s.begin(g.Sequence)
		s.young = false
	}
}

// has reports whether the message was here, or has been given up.
func (s *source) has(sequence uint64) bool {
	return sequence <= s.upto || s.at(sequence) != nil
}

// kept is a message in store.
type kept struct {
	frame []byte
	at    time.Duration // when it came
	hop   uint8
	held  bool // there is one
}

// at returns a message in store, nil when it is not. It is valid until the store
// changes.
func (s *source) at(sequence uint64) *kept {
	if sequence < s.low || sequence > s.top || len(s.ring) == 0 {
		return nil
	}
	if m := s.place(sequence); m.held {
		return m
	}
	return nil
}

// place is where a message is, or would be.
func (s *source) place(sequence uint64) *kept { return &s.ring[sequence&uint64(len(s.ring)-1)] }

const minRing = 8

// next returns the first sequence from there on that is in store, one above top if
// none is.
func (s *source) next(sequence uint64) uint64 {
	for sequence = max(sequence, s.low); sequence <= s.top && s.at(sequence) == nil; {
		sequence++
	}
	return sequence
}

// put stores a message.
func (s *source) put(sequence uint64, m kept) {
	low, top := min(s.low, sequence), max(s.top, sequence)
	if s.empty() {
		low, top = sequence, sequence
	}
	if span := top - low + 1; span > uint64(len(s.ring)) {
		s.resize(1 << bits.Len64(max(span, minRing)-1))
	}
	s.low, s.top = low, top
	*s.place(sequence) = m
	s.held++
}

// empty reports whether nothing is in store.
func (s *source) empty() bool { return len(s.ring) == 0 || s.low > s.top }

// resize moves what is in store to a ring of another size.
func (s *source) resize(size int) {
	ring := make([]kept, size)
	if s.held > 0 {
		for sequence := s.low; sequence <= s.top; sequence++ {
			if m := s.at(sequence); m != nil {
				ring[sequence&uint64(size-1)] = *m
			}
		}
	}
	s.ring = ring
}

// take removes a message that is in store, the oldest as a rule.
func (s *source) take(sequence uint64) {
	*s.place(sequence) = kept{}
	s.held--
	for s.low <= s.top && s.at(s.low) == nil {
		s.low++
	}
	switch span := s.top - s.low + 1; {
	case s.low > s.top:
		s.ring = nil
	case len(s.ring) > minRing && span < uint64(len(s.ring)/8):
		s.resize(1 << bits.Len64(max(2*span, minRing)-1))
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
	if s.via == slot {
		s.via = -1
	}
	if s.bearer == slot {
		s.bearer = -1
	}
	s.offers &^= only(slot)
	s.peers.slots &^= only(slot)
	s.introduced &^= only(slot)
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
