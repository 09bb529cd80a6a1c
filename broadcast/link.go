// The links to the neighbors, and what each is doing.

package broadcast

import "time"

// link is a link to a neighbor.
type link struct {
	number uint64
	slot   int
	id     string // of the neighbor, empty when it is not known
	rtt    time.Duration
	since  time.Duration // when it came up
	// brought is when it last brought something new by the shared tree, or never.
	brought time.Duration

	cursors   []cursor      // what it asked for and has not got yet
	fullSince time.Duration // when too much began to wait to be written on it
	stalled   bool          // for so long that it is lazy in every tree
	excusedAt time.Duration // when nobody waited for it any more
	stats     LinkStats
}

// maxRTT bounds what is believed of a measured RTT: one of which a part passed while this node
// was stopped says nothing about the link, and must not have anybody wait for so long.
const maxRTT = time.Second

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
func (n *Node) linkUp(number uint64, id string, rtt time.Duration) {
	rtt = min(rtt, maxRTT)
	if l := n.linkOf(number); l != nil {
		l.rtt = rtt
		return
	}
	slot := n.freeSlot()
	if slot < 0 {
		n.stats.Refused++
		return
	}
	l := &link{number: number, slot: slot, id: id, rtt: rtt, since: n.now, brought: never}
	n.links[slot], n.slots[number] = l, slot
	n.up |= only(slot)
	if n.cfg.Digest && n.cfg.LazyDelay > 0 && id != "" && id < n.self.id {
		n.yields |= only(slot)
	}
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

// Awaited returns the links for which a publisher of this node waits while they are
// full: those that its messages are for.
func (n *Node) Awaited() Slots { return (n.treeOf(n.self).eager | n.self.feeding) & n.Patient() }

// Patient returns the links for which whoever fills them waits while they are full.
func (n *Node) Patient() Slots { return n.able &^ n.excused }

// Fed returns the links that are given messages from the store, which must not be
// overtaken by new ones for long.
func (n *Node) Fed() Slots { return n.fed }

// linkDown forgets a link everywhere. Who hung on it in a tree, or had asked it for what is
// missing, asks somebody else at once.
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
	n.full &^= gone
	n.fed &^= gone
	n.excused &^= gone
	n.torn = n.torn || n.shared.eager.has(l.slot)
	n.shared.drop(gone)
	n.turned &^= gone
	n.yields &^= gone
	for i := range n.held {
		n.held[i].to &^= gone
	}
	if n.cfg.Digest {
		for s := range n.latest(n.now - orphanAge) {
			n.orphan(s, l.slot)
		}
	}
	for _, s := range n.sources { // order-free: each forgets the link for itself
		if s.lack != nil && s.asked == l.slot {
			n.askIn(s, 0)
		}
		s.drop(l.slot)
	}
	n.unlearn(l.slot)
}
