// Messages for one node: back along the way on which its own come.

package broadcast

// learn notes that messages of that node come as those of s do, unless a newer life of
// it is known.
func (n *Node) learn(s *source) {
	if known := n.routes[s.id]; known == nil || known.life <= s.life {
		n.routes[s.id] = s
	}
}

// meet notes the same of a node that has sent something to a single one. Of these
// only so many are remembered: then it begins again.
func (n *Node) meet(id string, slot int) {
	if id == n.self.id {
		return
	}
	if len(n.senders) >= n.cfg.MaxSources {
		n.senders = make(map[string]int)
	}
	n.senders[id] = slot
}

// unlearn forgets what led to a link.
func (n *Node) unlearn(gone int) {
	for id, slot := range n.senders { // order-free: it removes what led there
		if slot == gone {
			delete(n.senders, id)
		}
	}
}

// route returns the slot of the link that leads to a node: the node is the neighbor
// there, or its messages come by it; -1 when none is known.
func (n *Node) route(id string) int {
	for slot := range n.able.All() {
		if n.links[slot].id == id {
			return slot
		}
	}
	if s := n.routes[id]; s != nil && s.parent >= 0 {
		return s.parent
	}
	if slot, known := n.senders[id]; known {
		return slot
	}
	return -1
}

// onDirect passes a message for one node on: along the way to it, if one is known
// that does not lead back, and it has not been going in circles; otherwise to
// everybody, as a broadcast. It comes from the node itself or from whoever has a link, neighbor
// or not: the last ones on a link that ends may come after its end.
func (n *Node) onDirect(from *link, g *Gossip, target string) {
	slot := -1
	if from != nil {
		slot = from.slot
		from.stats.Directs++
		n.meet(Life(g.Life).ID(), slot)
	}
	next := n.route(target)
	switch {
	case target == n.self.id:
		n.stats.Arrived++
		n.effects = append(n.effects, Effect{Kind: Arrive, Frame: g.Frame})
	case next != slot && n.able.has(next) && int(g.Hop) < n.cfg.MaxHops:
		n.stats.Passed++
		n.effects = append(n.effects, Effect{Kind: Pass, To: only(next), Frame: g.Frame})
	default:
		n.stats.Spread++
		n.effects = append(n.effects, Effect{Kind: Spread, Frame: g.Frame})
	}
}
