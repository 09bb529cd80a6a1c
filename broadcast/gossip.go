// Messages: from the application, from links, and to both.

package broadcast

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
	s := n.sourceOf(g.Life, n.baseline(g.First, g.Sequence))
	switch {
	case s == nil:
	case s == n.self:
		n.duplicate(s, l)
	case s.has(g.Sequence):
		n.duplicate(s, l)
	case g.Sequence > s.upto+uint64(n.cfg.Window):
		n.stats.Ahead++
		n.offered(s, l, g.Sequence, g.Sequence)
	default:
		n.accept(s, l, g)
	}
}

// baseline returns the mark at which an origin that is new to this node begins.
func (n *Node) baseline(first, sequence uint64) uint64 {
	if n.fresh && n.now-n.since >= n.cfg.Settle {
		n.fresh = false
	}
	if n.fresh || first == 0 || first > sequence {
		first = sequence
	}
	return first - 1
}

// duplicate makes the link lazy, unless it is the one that messages come from:
// then it only answered more than was asked.
func (n *Node) duplicate(s *source, l *link) {
	n.stats.Duplicates++
	l.stats.Duplicates++
	if s.parent == l.slot || (s.asked == l.slot && n.awaits(s)) {
		return
	}
	n.prune(s, l)
}

// accept takes a message: it is pushed, kept, delivered and announced.
func (n *Node) accept(s *source, l *link, g *Gossip) {
	m := n.message()
	*m = Message{Life: s.life, Sequence: g.Sequence, Hop: g.Hop, Frame: g.Frame}
	if l != nil {
		n.stats.Received++
		l.stats.Received++
		n.stats.HopsMax = max(n.stats.HopsMax, g.Hop)
		n.follow(s, l, g.Hop)
		n.arrived(s)
	}
	s.seen = n.now
	n.push(s, l, m)
	n.keep(s, m)
	n.deliver(s, m)
	n.announce(s)
	if s.own == nil && n.cfg.OwnTree > 0 {
		if s.count++; s.count >= n.cfg.OwnTree {
			n.grow(s)
		}
	}
}

// message returns a new message. They are made many at a time.
func (n *Node) message() *Message {
	if len(n.spare) == 0 {
		n.spare = make([]Message, 32)
	}
	m := &n.spare[0]
	n.spare = n.spare[1:]
	return m
}

// push sends a message along the tree. Links with a cursor get it from that.
func (n *Node) push(s *source, from *link, m *Message) {
	to := n.treeOf(s).eager & n.able &^ s.feeding
	if from != nil {
		to &^= only(from.slot)
	}
	if to == 0 {
		return
	}
	n.pushed(to, m)
}

func (n *Node) pushed(to Slots, m *Message) {
	n.stats.Sent += uint64(to.Len())
	for slot := range to.All() {
		n.links[slot].stats.Sent++
	}
	n.effects = append(n.effects, Effect{Kind: Push, To: to, Message: m})
}

// deliver hands a message to the application, in order as soon as all before it
// have been, together with those that waited for it.
func (n *Node) deliver(s *source, m *Message) {
	ordered := m.Sequence == s.upto+1
	n.effects = append(n.effects, Effect{Kind: Deliver, Message: m, Fresh: true, Ordered: ordered})
	if !ordered {
		n.wanted(s)
		return
	}
	s.upto++
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
		n.effects = append(n.effects, Effect{Kind: Deliver, Message: m, Ordered: true})
	}
	if s.lack != nil {
		n.progress(s)
	}
}
