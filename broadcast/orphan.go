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
	if next := n.alternative(s); next >= 0 {
		n.stats.Orphans++
		n.graft(s, next)
	}
}

// alternative returns a link that messages of s may come from, -1 when there is none: the best of
// those that have announced something, or else one that does not hang on this node itself. Such
// a one need not have announced anything: who is told of a message first is silent about it.
func (n *Node) alternative(s *source) int {
	if n.able.has(s.best) {
		return s.best
	}
	lazy, offers := n.able&^n.treeOf(s).eager, n.able&s.offers
	for _, among := range []Slots{lazy & offers, lazy, offers} {
		for slot := range among.All() {
			return slot
		}
	}
	return -1
}
