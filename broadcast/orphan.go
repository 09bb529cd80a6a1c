// Branches that are lost with a link.

package broadcast

import "time"

// orphanAge is how recent a message must be for its origin's branch to be
// mended at once when its link ends.
const orphanAge = 10 * time.Second

// orphan finds another link for a source whose messages came by that slot. Deviation: the
// paper waits for an announcement and its timer.
func (n *Node) orphan(s *source, slot int) {
	if s.parent != slot || s == n.self {
		return
	}
	s.drop(slot)
	if n.reattach(s) {
		n.stats.Orphans++
	}
}

// reattach asks another link for what comes of a source, and reports whether there is one. In an
// origin's own tree, where only branches may be left that hang on this node, it asks them all: each
// then looks for another link in turn. To ask one alone might close a circle.
func (n *Node) reattach(s *source) bool {
	next := n.alternative(s)
	if next >= 0 {
		n.graft(s, next)
		return true
	}
	if s.own == nil {
		return false
	}
	branches := s.own.eager & n.able
	for slot := range branches.All() {
		n.graft(s, slot)
	}
	s.asked = -1 // whichever brings something first
	return branches != 0
}

// alternative returns a link that has announced something of s, -1 when there is none: the best
// one, or else one that does not hang on this node. In an origin's own tree it is never one
// that does.
func (n *Node) alternative(s *source) int {
	offers := s.offers & n.able
	lazy := offers &^ n.treeOf(s).eager
	switch {
	case n.able.has(s.best) && (s.own == nil || lazy.has(s.best)):
		return s.best
	case s.own != nil || lazy != 0:
		offers = lazy
	}
	for slot := range offers.All() {
		return slot
	}
	return -1
}
