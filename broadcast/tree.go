// The trees: which links are eager.

package broadcast

import (
	"slices"
	"time"
)

// tree is a tree as one node sees it. In the shared one an eager link is eager on
// both sides, as in the paper; in an origin's own tree the eager links are those
// away from the origin.
type tree struct {
	eager  Slots
	pruned Slots     // told that they are lazy, and not asked for anything since
	told   []pruning // when each of them was
}

// pruning is a PRUNE that was sent.
type pruning struct {
	slot int
	at   time.Duration
}

func (t *tree) drop(gone Slots) {
	t.eager &^= gone
	t.unprune(gone)
}

// prune notes that a link is told that it is lazy.
func (t *tree) prune(slot int, now time.Duration) {
	t.unprune(only(slot))
	t.pruned |= only(slot)
	t.told = append(t.told, pruning{slot, now})
}

func (t *tree) unprune(slots Slots) {
	if t.pruned&slots != 0 {
		t.pruned &^= slots
		t.told = slices.DeleteFunc(t.told, func(p pruning) bool { return slots.has(p.slot) })
	}
}

// prunedWithin reports whether a link was told so less than d ago.
func (t *tree) prunedWithin(slot int, now, d time.Duration) bool {
	return t.pruned.has(slot) && slices.ContainsFunc(t.told, func(p pruning) bool { return p.slot == slot && now-p.at < d })
}

// treeOf returns the tree of s.
func (n *Node) treeOf(s *source) *tree {
	if s.own != nil {
		return s.own
	}
	return &n.shared
}

// grow gives s a tree of its own, in which every link is a branch until somebody prunes
// it. Deviation: the paper has one tree.
func (n *Node) grow(s *source) {
	s.own = &tree{eager: n.up &^ only(s.parent)}
	n.stats.Trees++
}

// ownTree gives s a tree of its own because a neighbor says that it has one. Nobody
// hangs on a newcomer yet.
func (n *Node) ownTree(s *source, own bool) {
	if !own || s.own != nil || n.cfg.OwnTree == 0 {
		return
	}
	n.grow(s)
	if s.young && !s.heard {
		s.own.eager = 0
	}
}

// follow makes l the link from which messages of s come (paper: the sender of
// what is new becomes eager).
//
// Deviation: in the shared tree what was on its way when the link was pruned changes
// nothing: with many messages in flight, two links would otherwise prune each other in
// turn until none is left. If it is still the pruned one that brings them after a while,
// the parent has ceased to. In a tree of the origin's own only a link that is nearer to
// the origin counts, unless the parent has ceased to bring anything: nodes that each hung
// on whoever was faster for a moment could hang on each other in a circle, and have pruned
// everybody else.
func (n *Node) follow(s *source, l *link, hop uint8) {
	s.via = l.slot
	t := n.treeOf(s)
	switch {
	case s.asked == l.slot:
	case s.parent < 0 && s.own != nil && n.awaits(s) && t.eager.has(l.slot):
		return // it hangs on this node now
	case s.parent < 0:
	case s.parent == l.slot:
		s.followed = n.now
	case s.own == nil:
		if t.prunedWithin(l.slot, n.now, n.graftDelay()) {
			return
		}
		t.unprune(only(l.slot))
	case n.now-s.followed >= n.graftDelay():
		if t.pruned.has(l.slot) {
			n.graft(s, l.slot)
		}
	case hop >= s.hop, t.pruned.has(l.slot):
		return
	}
	if s.own == nil {
		n.turn(l.slot)
	}
	if s.asked == l.slot {
		s.asked = -1
	} else if n.awaits(s) && s.parent == s.asked {
		return // what the link before still brings
	}
	s.hop = hop
	n.hangOn(s, l)
}

// turn makes a link eager in the shared tree. What came since the last announcements
// has not been pushed on it, and is announced.
func (n *Node) turn(slot int) {
	if len(n.dirty) > 0 {
		n.turned |= only(slot) &^ n.shared.eager
	}
	n.shared.eager |= only(slot)
}

// hangOn makes l the parent of s.
func (n *Node) hangOn(s *source, l *link) {
	if s.parent == l.slot {
		return
	}
	s.parent, s.movedAt, s.followed, s.moved = l.slot, n.now, n.now, true
	s.introduced = 0 // what they know of the way by this node is no longer so
	n.learn(s)
	if s.own != nil {
		s.own.eager &^= only(l.slot)
	}
}

// shorten makes l the parent of s, as it is nearer to the origin, and prunes the one
// before it.
func (n *Node) shorten(s *source, l *link, hop uint8) {
	old := n.links[s.parent]
	n.stats.Moves++
	s.hop = hop
	n.hangOn(s, l)
	n.prune(s, old)
}

// awaits reports whether a link was asked for messages of s a short while ago, and
// has not brought any yet.
func (n *Node) awaits(s *source) bool { return s.asked >= 0 && n.now < s.askedUntil }

// prune makes a link lazy that brought what was here already, and says so, but
// not for every message that was on its way (Deviation). In an origin's own tree only the
// other side has a branch to cut.
func (n *Node) prune(s *source, l *link) {
	t := n.treeOf(s)
	if s.own == nil {
		t.eager &^= only(l.slot)
	}
	if t.prunedWithin(l.slot, n.now, max(n.cfg.MoveDelay, 2*l.rtt)) {
		return
	}
	t.prune(l.slot, n.now)
	s.introduced &^= only(l.slot)
	n.tell(only(l.slot), Prune, Mark{Life: s.life, Own: s.own != nil})
}

// onPrune makes the link lazy.
func (n *Node) onPrune(l *link, m *Mark) {
	l.stats.Prunes++
	s := n.sources[m.Life]
	if s == nil {
		return
	}
	n.ownTree(s, m.Own)
	if !m.Own {
		n.shared.eager &^= only(l.slot)
	}
	if s.own != nil {
		s.own.eager &^= only(l.slot)
	}
	n.stopCursor(l, s, true)
}

// onGraft makes the link eager and answers with what it asks for. Deviation: or says that
// it is not there.
func (n *Node) onGraft(l *link, m *Mark) {
	l.stats.Grafts++
	if !m.Own {
		n.shared.eager |= only(l.slot)
	}
	s := n.sources[m.Life]
	switch {
	case s == nil:
		n.tell(only(l.slot), Gone, Mark{Life: m.Life})
		return
	case m.High > 0:
		n.feed(l, s, m)
		return
	}
	n.ownTree(s, m.Own)
	n.burden(s, l)
	t := n.treeOf(s)
	t.eager |= only(l.slot)
	if s.own == nil {
		t.unprune(only(l.slot))
	}
	n.feed(l, s, m)
}

// burden notes that l hangs on this node, which therefore does not hang on l.
func (n *Node) burden(s *source, l *link) {
	s.offers &^= only(l.slot)
	if s.best == l.slot {
		s.best = -1
	}
	if s.own == nil || s.parent != l.slot {
		return
	}
	s.parent = -1
	n.reattach(s)
}

// graft asks a link for everything of s that is missing, and makes it eager.
func (n *Node) graft(s *source, slot int) {
	t := n.treeOf(s)
	t.unprune(only(slot))
	s.introduced &^= only(slot)
	if s.own == nil {
		n.turn(slot)
		n.torn = false
	}
	s.asked, s.askedUntil = slot, n.now+max(n.cfg.MoveDelay, 4*n.links[slot].rtt)
	m := Mark{Life: s.life, Low: s.missing(slot), Own: s.own != nil}
	if s.young {
		m.Age = n.age()
	}
	n.grafts = append(n.grafts, request{slot, m})
}

// request is a GRAFT that is still to be sent.
type request struct {
	slot int
	mark Mark
}

// request sends the GRAFTs of this step, those to one link together.
func (n *Node) request() {
	var to Slots
	for _, r := range n.grafts {
		to |= only(r.slot)
	}
	for slot := range (to & n.up).All() {
		var marks []Mark
		for _, r := range n.grafts {
			if r.slot == slot {
				marks = append(marks, r.mark)
			}
		}
		n.tellAll(only(slot), Control{Kind: Graft}, marks)
	}
	clear(n.grafts)
	n.grafts = n.grafts[:0]
}

// optimize moves a branch to a link that is nearer to the origin (paper §3.8):
// l would bring messages of s with the given hop. That is compared when a
// message comes that was announced, as in the paper, and when one is announced that has
// come.
//
// The shared tree is moved for the latest message only, soon after it came: later, the
// messages of others may have changed it, hops of then say nothing about it, and whoever
// hangs on us might become our parent.
func (n *Node) optimize(s *source, l *link, hop uint8) {
	threshold := n.cfg.Threshold
	if s.own != nil {
		threshold = 1
	}
	if s.own == nil && n.now-s.seen > max(n.cfg.MoveDelay, 2*n.cfg.LazyDelay) {
		return
	}
	if threshold == 0 || s.parent < 0 || s.parent == l.slot || l.stalled ||
		int(s.hop)-int(hop) < threshold || n.now-s.movedAt < n.cfg.MoveDelay {
		return
	}
	n.graft(s, l.slot)
	n.shorten(s, l, hop)
}
