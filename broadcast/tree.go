// The trees: which links are eager.

package broadcast

import "time"

// tree is a tree as one node sees it. In the shared one an eager link is eager on
// both sides, as in the paper; in an origin's own tree the eager links are those
// away from the origin.
type tree struct {
	eager    Slots
	pruned   Slots         // told lately that they are lazy
	prunedAt time.Duration // when the first of them was
}

func (t *tree) drop(gone Slots) {
	t.eager &^= gone
	t.pruned &^= gone
}

// treeOf returns the tree of s.
func (n *Node) treeOf(s *source) *tree {
	if s.own != nil {
		return s.own
	}
	return &n.shared
}

// grow gives s a tree of its own, with the branches of the shared one.
func (n *Node) grow(s *source) {
	s.own = &tree{eager: n.shared.eager &^ only(s.parent)}
	n.stats.Trees++
}

// ownTree gives s a tree of its own because a neighbor says that it has one.
func (n *Node) ownTree(s *source, own bool) {
	if own && s.own == nil && n.cfg.OwnTree > 0 {
		n.grow(s)
	}
}

// follow makes l the link from which messages of s come (paper: the sender of
// what is new becomes eager).
func (n *Node) follow(s *source, l *link, hop uint8) {
	if s.own == nil {
		n.shared.eager |= only(l.slot)
	}
	if s.asked == l.slot {
		s.asked = -1
	} else if n.awaits(s) && s.parent == s.asked {
		return // what the link before still brings
	}
	s.hop = hop
	n.hangOn(s, l)
}

// hangOn makes l the parent of s.
func (n *Node) hangOn(s *source, l *link) {
	if s.parent == l.slot {
		return
	}
	s.parent, s.movedAt = l.slot, n.now
	n.learn(s.id, l.slot)
	if s.own != nil {
		s.own.eager &^= only(l.slot)
	}
}

// awaits reports whether a link was asked for messages of s a short while ago, and
// has not brought any yet.
func (n *Node) awaits(s *source) bool { return s.asked >= 0 && n.now < s.askedUntil }

// prune makes a link lazy that brought what was here already, and says so, but
// not for every message that was on its way.
func (n *Node) prune(s *source, l *link) {
	t := n.treeOf(s)
	if n.now-t.prunedAt >= max(n.cfg.MoveDelay, 2*l.rtt) {
		t.pruned, t.prunedAt = 0, n.now
	}
	t.eager &^= only(l.slot)
	if t.pruned.has(l.slot) {
		return
	}
	t.pruned |= only(l.slot)
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
	n.stopCursor(l, s)
}

// onGraft makes the link eager and answers with what it asks for.
func (n *Node) onGraft(l *link, m *Mark) {
	l.stats.Grafts++
	s := n.sources[m.Life]
	if s == nil {
		n.tell(only(l.slot), Gone, Mark{Life: m.Life})
		return
	}
	n.ownTree(s, m.Own)
	if !m.Own {
		n.shared.eager |= only(l.slot)
	}
	t := n.treeOf(s)
	t.eager |= only(l.slot)
	t.pruned &^= only(l.slot)
	n.feed(l, s, m.Low)
}

// graft asks l for everything of s that is missing, and makes it eager.
func (n *Node) graft(s *source, slot int) {
	t := n.treeOf(s)
	t.pruned &^= only(slot)
	if s.own == nil {
		t.eager |= only(slot)
	}
	s.asked, s.askedUntil = slot, n.now+max(n.cfg.MoveDelay, 4*n.links[slot].rtt)
	n.tell(only(slot), Graft, Mark{Life: s.life, Low: s.upto + 1, Own: s.own != nil})
}

// optimize moves a branch to a link that is nearer to the origin (paper §3.8):
// l would bring messages of s with the given hop.
func (n *Node) optimize(s *source, l *link, hop uint8) {
	threshold := n.cfg.Threshold
	if s.own != nil {
		threshold = 1
	}
	if threshold == 0 || s.parent < 0 || s.parent == l.slot || l.stalled ||
		int(s.hop)-int(hop) < threshold || n.now-s.movedAt < n.cfg.MoveDelay {
		return
	}
	old := n.links[s.parent]
	n.stats.Moves++
	n.graft(s, l.slot)
	s.hop = hop
	n.hangOn(s, l)
	if old != nil {
		n.prune(s, old)
	}
}
