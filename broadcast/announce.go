// Announcements: what is here, to those who do not get it pushed.

package broadcast

import (
	"slices"
	"time"
)

// echoAfter is how long an origin must be silent for its last message to be announced again, on
// links that are no older than youngLink: what is sent on a link before the other side has taken
// this node for a neighbor is lost, and the last of it would be missed by nobody.
const (
	echoAfter = time.Second
	youngLink = 10 * time.Second
)

// held is what has been announced on some links, and will be on others: where the other side is to
// speak first. It has all up to that message, or is told.
type held struct {
	source *source
	to     Slots
	upto   uint64
}

// announce notes that there is something new of s.
func (n *Node) announce(s *source) {
	if !s.dirty {
		s.dirty = true
		n.dirty = append(n.dirty, s)
	}
	if n.cfg.Digest && !s.echoing {
		s.echoing = true
		n.echoing = append(n.echoing, s)
	}
	if n.cfg.LazyDelay == 0 {
		n.flush()
		return
	}
	if n.flushAt == never {
		n.flushAt = n.now + n.cfg.LazyDelay
	}
}

// shown reports whether there is something in store of s to announce: what waits for
// others is not.
func (s *source) shown() bool { return !s.empty() && s.low <= s.upto }

// mark says what is in store of s. What was given up after the last message is not.
func (s *source) mark() Mark {
	return Mark{Life: s.life, Low: s.low, High: min(s.upto, s.top), Hop: min(s.hop, 254) + 1, Own: s.own != nil}
}

// flush sends the announcements of what is new to the lazy links, but for those whose nodes
// have announced it themselves and have heard of the origin from here before, where digests show
// what is missing all the same. For one side of a link to be first, the other waits once more.
// Deviation: in the paper every lazy link is told.
func (n *Node) flush() {
	n.flushAt = never
	var news bulletin
	n.flushHeld(&news)
	for _, s := range n.dirty {
		s.dirty = false
		if s.upto <= s.announced {
			continue
		}
		s.announced = s.upto
		to := n.able &^ (n.treeOf(s).eager&^n.turned | s.feeding | s.informed(s.upto)&s.introduced)
		if !s.moved {
			to &^= only(s.parent)
		}
		s.moved = false
		if !s.shown() {
			continue
		}
		if wait := to & n.yields & s.introduced; wait != 0 && n.waits(s) {
			n.held = append(n.held, held{s, wait, s.upto})
			n.flushAt = n.now + n.cfg.LazyDelay
			to &^= wait
		}
		s.introduced |= to
		news.add(to, s.mark())
	}
	n.dirty, n.turned = n.dirty[:0], 0
	n.publicize(&news)
}

// flushHeld announces what was held for the other side to speak first, where it did not.
func (n *Node) flushHeld(news *bulletin) {
	for _, h := range n.held {
		s := h.source
		m := s.mark()
		if m.High = min(m.High, h.upto); s.shown() && m.Low <= m.High {
			news.add(h.to&n.able&^(s.feeding|s.informed(h.upto)), m)
		}
	}
	n.held = n.held[:0]
}

// bulletin is marks for links, those for the same ones together.
type bulletin struct {
	marks map[Slots][]Mark
	order []Slots
}

func (b *bulletin) add(to Slots, m Mark) {
	if to == 0 {
		return
	}
	if b.marks == nil {
		b.marks = make(map[Slots][]Mark, 1)
	}
	if _, known := b.marks[to]; !known {
		b.order = append(b.order, to)
	}
	b.marks[to] = append(b.marks[to], m)
}

// publicize announces what is in b.
func (n *Node) publicize(b *bulletin) {
	for _, to := range b.order {
		n.tellAll(to, Control{Kind: IHave}, b.marks[to])
	}
}

// tellAll sends marks in as many control messages like c as they need.
func (n *Node) tellAll(to Slots, c Control, marks []Mark) {
	last := c.Last
	for chunk := range slices.Chunk(marks, MaxMarks) {
		part := c
		part.Marks = chunk
		marks = marks[len(chunk):]
		part.Last = last && len(marks) == 0
		n.stats.sent(c.Kind, to)
		n.effects = append(n.effects, Effect{Kind: Tell, To: to, Control: &part})
	}
}

// sendDigest tells a link what is in store, of every origin. Deviation: not in the paper.
func (n *Node) sendDigest(l *link) {
	var marks []Mark
	for s := range n.latest(n.now - n.cfg.StoreAge) {
		if s.shown() {
			marks = append(marks, s.mark())
		}
	}
	n.tellAll(only(l.slot), Control{Kind: IHave, Digest: true, Last: true}, marks)
}

// onIHave compares what a neighbor has with what is here.
func (n *Node) onIHave(l *link, m *Mark, digest bool) {
	l.stats.Announcements++
	if m.Low > m.High || m.Low == 0 || m.Hop == 0 {
		return
	}
	s := n.sourceOf([]byte(m.Life), m.Low-1)
	if s == nil {
		return
	}
	if n.cfg.Digest {
		s.announcedBy(l, m)
	}
	if s == n.self {
		return
	}
	n.ownTree(s, m.Own)
	s.offers |= only(l.slot)
	if s.best < 0 || s.best == l.slot || m.Hop < s.bestHop {
		s.best, s.bestHop = l.slot, m.Hop
	}
	n.offered(s, l, m, digest)
	switch {
	case s.parent < 0 && s.own != nil && s.lack == nil && !n.awaits(s):
		n.graft(s, l.slot)
	case s.parent >= 0:
		n.optimize(s, l, m.Hop)
	}
}

// echo announces the last message of origins that have fallen silent once more, on young links
// whose nodes have not shown to have it. Deviation: not in the paper.
func (n *Node) echo() {
	var news bulletin
	var young Slots
	for slot := range n.able.All() {
		if n.now-n.links[slot].since < youngLink {
			young |= only(slot)
		}
	}
	n.echoing = slices.DeleteFunc(n.echoing, func(s *source) bool {
		due := n.now-s.seen >= echoAfter && s.shown()
		if due {
			news.add(young&^(s.informed(s.upto)|only(s.bearer)), s.mark())
		}
		s.echoing = !due && !s.empty()
		return !s.echoing
	})
	n.publicize(&news)
}
