// Messages for one node: back along the way on which its own come.

package broadcast

// learn notes that messages of that node come by the link in that slot.
func (n *Node) learn(id string, slot int) {
	if _, known := n.routes[id]; known || len(n.routes) < n.cfg.MaxSources {
		n.routes[id] = slot
	}
}

// onDirect passes a message for one node on: along the way to it, if one is known
// that does not lead back, and it has not been going in circles; otherwise to
// everybody, as a broadcast.
func (n *Node) onDirect(from *link, local bool, g *Gossip, target string) {
	if from == nil && !local {
		return
	}
	slot := -1
	if from != nil {
		slot = from.slot
		from.stats.Directs++
		if id := Life(g.Life).ID(); id != n.self.id {
			if _, known := n.routes[id]; !known {
				n.learn(id, slot)
			}
		}
	}
	next, known := n.routes[target]
	switch {
	case target == n.self.id:
		n.stats.Arrived++
		n.effects = append(n.effects, Effect{Kind: Arrive, Frame: g.Frame})
	case known && next != slot && int(g.Hop) < n.cfg.MaxHops && n.able.has(next):
		n.stats.Passed++
		n.effects = append(n.effects, Effect{Kind: Pass, To: only(next), Frame: g.Frame})
	default:
		n.stats.Spread++
		n.effects = append(n.effects, Effect{Kind: Spread, Frame: g.Frame})
	}
}
