// Messages: from the application, from links, and to both.

package broadcast

import "time"

// Next returns the sequence of the node's next own message, and First for it.
func (n *Node) Next() (sequence, first uint64) {
	sequence = n.self.upto + 1
	if n.self.empty() {
		return sequence, sequence
	}
	return sequence, n.self.low
}

// publish sends a message of the node's own.
func (n *Node) publish(g *Gossip) {
	if g.Sequence != n.self.upto+1 {
		return
	}
	n.stats.Published++
	n.accept(n.self, nil, g)
}

// onGossip takes a message that is new, and prunes the link of one that is not.
func (n *Node) onGossip(l *link, g *Gossip) {
	n.stats.Payloads++
	n.stats.PayloadBytes += uint64(len(g.Frame))
	l.stats.Payloads++
	if g.First == 0 || g.First > g.Sequence || g.Sequence >= maxSequence {
		return // after the very last one, a mark could not name what comes next
	}
	s := n.sourceOf(g.Life, g.First-1)
	if s != nil && s != n.self && !s.heard {
		s.correct(g)
	}
	switch {
	case s == nil:
	case s == n.self:
		n.prune(s, l)
	case s.has(g.Sequence):
		n.duplicate(s, l, g.Sequence, g.Hop)
	case g.Sequence > s.upto+uint64(n.cfg.Window):
		n.beyond(s, l, g.Sequence)
	default:
		n.accept(s, l, g)
	}
}

// lag is by how much a message may be older than the first neighbor of a node that is
// still given it: questions and answers are on their way for a while.
const lag = 2 * time.Second

// age returns how old a message may be for this node to want it, 0 for any that is in
// store anywhere: those that were published before the node came are not for it.
// Deviation: not in the paper.
func (n *Node) age() time.Duration {
	if age := n.now - n.since + lag; n.since != never && age < n.cfg.StoreAge {
		return age
	}
	return 0
}

// duplicate makes the link lazy, unless it is the one that messages come from: then it
// only answered more than was asked, or another one goes on that has been faster this
// time, and is told. In a tree of the origin's own a link that is nearer to it becomes
// the one. Deviation: in the paper every sender of a duplicate is pruned.
func (n *Node) duplicate(s *source, l *link, sequence uint64, hop uint8) {
	n.stats.Duplicates++
	l.stats.Duplicates++
	own := s.own != nil
	switch {
	case s.parent == l.slot:
		s.followed = n.now
		if s.via >= 0 && s.via != l.slot && (own || n.treeOf(s).pruned.has(s.via)) {
			n.prune(s, n.links[s.via])
		}
	case n.awaits(s), s.patch(l, sequence):
	case own && s.parent >= 0 && hop < s.hop && !s.own.pruned.has(l.slot):
		n.shorten(s, l, hop)
	case !own && n.busy(l):
	default:
		n.prune(s, l)
	}
}

// crowd is how long a link that has brought something new by the shared tree is not pruned
// there.
const crowd = 100 * time.Millisecond

// busy reports whether l is of use in the shared tree just now, or has yet to show that.
// Deviation: where many origins speak at a time, every link brings the messages of some first and
// those of others second, and pruning for the latter cuts the tree to pieces. When a
// cluster starts, all speak at once on links that have brought nothing yet. Each does
// before long; and who goes on speaking alone gets a tree of its own.
func (n *Node) busy(l *link) bool {
	return n.cfg.OwnTree > 0 && (l.brought == never || n.now-l.brought < crowd)
}

// calm is for how long no messages of two origins must have come by the shared tree within crowd,
// for one side of a link to wait there for the other's announcement: they change the tree, and
// what is said late of it is not true any more.
const calm = time.Second

// mingle notes that a message of s, which has no tree of its own, is among those of others.
func (n *Node) mingle(s *source) {
	if n.spoke != s.life && n.now-n.spokeAt < crowd {
		n.mingled = n.now
	}
	n.spoke, n.spokeAt = s.life, n.now
}

// waits reports whether one side of a link is to wait for the other's announcement of s.
func (n *Node) waits(s *source) bool { return s.own != nil || n.now-n.mingled >= calm }

// accept takes a message: it is pushed, kept, delivered and announced.
func (n *Node) accept(s *source, l *link, g *Gossip) {
	near, hop := -1, uint8(0)
	if l != nil {
		if s.lack != nil {
			near, hop = s.lack.nearest(g.Sequence)
		}
		n.stats.Received++
		l.stats.Received++
		n.stats.HopsMax = max(n.stats.HopsMax, g.Hop)
		if s.own == nil {
			l.brought = n.now
		}
		if !s.patch(l, g.Sequence) {
			n.follow(s, l, g.Hop)
		}
		n.arrived(s, g.Sequence)
	}
	if s.own == nil {
		n.mingle(s)
	}
	s.heard = true
	n.renew(s)
	n.push(s, l, g)
	n.keep(s, g)
	if l != nil && g.Sequence == s.top {
		s.bearer = l.slot
	}
	n.deliver(s, g)
	n.trim()
	n.announce(s)
	if near >= 0 {
		n.optimize(s, n.links[near], hop)
	}
	if s.own == nil && n.cfg.OwnTree > 0 {
		if s.count++; s.count >= n.cfg.OwnTree {
			n.grow(s)
		}
	}
}

// push sends a message along the tree. Links with a cursor get it from that.
func (n *Node) push(s *source, from *link, g *Gossip) {
	to := n.treeOf(s).eager & n.able &^ n.yetToCome(s, g.Sequence)
	if from != nil {
		to &^= only(from.slot)
	}
	if to == 0 {
		return
	}
	n.send(to, Effect{Life: s.life, Sequence: g.Sequence, Hop: g.Hop, Frame: g.Frame})
}

// send sends a message on links.
func (n *Node) send(to Slots, e Effect) {
	n.stats.Sent += uint64(to.Len())
	for slot := range to.All() {
		n.links[slot].stats.Sent++
	}
	e.Kind, e.To = Push, to
	n.effects = append(n.effects, e)
}

// deliver hands a message to the application, in order as soon as all before it
// have been, together with those that waited for it.
func (n *Node) deliver(s *source, g *Gossip) {
	ordered := g.Sequence == s.upto+1
	n.effects = append(n.effects, Effect{
		Kind: Deliver, Fresh: true, Ordered: ordered, Life: s.life, Sequence: g.Sequence, Hop: g.Hop, Frame: g.Frame,
	})
	if !ordered {
		n.wanted(s, false)
		return
	}
	s.upto++
	s.young = false
	n.release(s)
}

// release delivers what waited for the messages up to upto.
func (n *Node) release(s *source) {
	for s.upto < s.top {
		m := s.at(s.upto + 1)
		if m == nil {
			break
		}
		s.upto++
		n.effects = append(n.effects, Effect{
			Kind: Deliver, Ordered: true, Life: s.life, Sequence: s.upto, Hop: m.hop, Frame: m.frame,
		})
	}
	if s.lack != nil {
		n.progress(s)
	}
}
