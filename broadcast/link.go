// The links to the neighbors, and what each is doing.

package broadcast

import "time"

// link is a link to a neighbor.
type link struct {
	number uint64
	slot   int
	rtt    time.Duration

	cursors   []cursor      // what it asked for and has not got yet
	full      bool          // too much waits to be written on it
	fullSince time.Duration // since when
	stalled   bool          // for so long that it is lazy in every tree
	stats     LinkStats
}

// linkOf returns the link with that number, nil when it is not up.
func (n *Node) linkOf(number uint64) *link {
	if slot, ok := n.slots[number]; ok {
		return n.links[slot]
	}
	return nil
}

// Slot returns the slot of a link, -1 when it is not up.
func (n *Node) Slot(number uint64) int {
	if slot, ok := n.slots[number]; ok {
		return slot
	}
	return -1
}

// linkUp makes a new neighbor eager in the shared tree (paper: NeighborUp), and
// tells it what is in store. Trees of an origin's own find it by its GRAFT.
func (n *Node) linkUp(number uint64, rtt time.Duration) {
	if n.linkOf(number) != nil {
		return
	}
	slot := n.freeSlot()
	if slot < 0 {
		n.stats.Refused++
		return
	}
	l := &link{number: number, slot: slot, rtt: rtt}
	n.links[slot], n.slots[number] = l, slot
	n.up |= only(slot)
	n.able |= only(slot)
	n.shared.eager |= only(slot)
	if n.since == never {
		n.since = n.now
		n.sweepAt = n.now + sweepPeriod
	}
	if n.cfg.Digest {
		n.sendDigest(l)
	}
}

func (n *Node) freeSlot() int {
	for slot, l := range n.links {
		if l == nil {
			return slot
		}
	}
	return -1
}

// linkDown forgets a link everywhere. Who hung on it in a tree asks somebody else
// at once.
func (n *Node) linkDown(number uint64) {
	l := n.linkOf(number)
	if l == nil {
		return
	}
	for i := range l.cursors {
		l.cursors[i].source.feeding &^= only(l.slot)
	}
	n.links[l.slot] = nil
	delete(n.slots, number)
	gone := only(l.slot)
	n.up &^= gone
	n.able &^= gone
	n.shared.drop(gone)
	if n.cfg.Digest {
		for _, s := range n.store.recent(n.now - orphanAge) {
			n.orphan(s, l.slot)
		}
	}
	for _, s := range n.sources { // order-free: each forgets the link for itself
		s.drop(l.slot)
	}
	for id, slot := range n.routes { // order-free: it removes what led there
		if slot == l.slot {
			delete(n.routes, id)
		}
	}
}
