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

// alternative returns a link that has announced something of s, -1 when there is none:
// the best one, or else one that does not hang on this node itself.
func (n *Node) alternative(s *source) int {
	if n.able.has(s.best) {
		return s.best
	}
	offers := s.offers & n.able
	if lazy := offers &^ n.treeOf(s).eager; lazy != 0 {
		offers = lazy
	}
	for slot := range offers.All() {
		return slot
	}
	return -1
}
