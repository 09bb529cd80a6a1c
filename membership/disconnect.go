// DISCONNECT (paper §4.2): the one way out of an active view, and who is chosen.

package membership

import (
	"time"

	"github.com/kithmesh/kith/views"
)

// remove takes a neighbor out of the active view and says so.
func (n *Node) remove(id string, reason Reason) {
	p, info := n.active.Get(id)
	if p == nil {
		return
	}
	n.active.Remove(id)
	n.stats.Downs++
	n.emit(Event{Kind: NeighborDown, Reason: reason, Peer: p})
	n.restartRepair()
	n.humble = n.active.Len() == 0 && reason == Evicted
	if info.Guest {
		n.askBack()
	}
}

// isolated begins to join again, when a step has cost the last neighbor.
func (n *Node) isolated() {
	n.joining.restart()
	n.emit(Event{Kind: Isolated})
}

// disconnect tells a neighbor that it is none any more, and removes it. The link
// is closed after the message is out.
func (n *Node) disconnect(p *views.Peer, m Message, reason Reason) {
	link := n.active.Link(p)
	n.send(p, link, m)
	n.closeLink(p, link)
	n.remove(p.ID, reason)
}

// evict gives up a neighbor for somebody else (paper: "drop random element from
// active view"). It stays known, but is not asked again at once. Instead, if not
// nil, has a free slot for it.
func (n *Node) evict(victim, instead *views.Peer) {
	n.stats.Evictions++
	n.disconnect(victim, Message{
		Kind: Disconnect, Reason: Evicted, Peer: instead, Sample: n.sampleFor(victim, answerSample),
	}, Evicted)
	n.setAside(victim, n.cfg.CoolDown)
}

// victim chooses whom to evict for a peer, neither it nor spared (which may be
// nil), at random among the first of these that has any: neighbors that have gone
// silent; neighbors past their grace that do not depend on this link, as one may for a
// while that has no other yet; neighbors past their grace; guests and anybody. Among these it
// is who suits the zones best.
func (n *Node) victim(forPeer, spared *views.Peer) *views.Peer {
	best, count := 0, 0
	var chosen *views.Peer
	zones := n.givenUpFor(forPeer, spared)
	for i := range n.active.Len() {
		p, info := n.active.At(i)
		if p.ID == forPeer.ID || spared != nil && p.ID == spared.ID {
			continue
		}
		rank := 4*n.dispensable(&info) + zones.suits(p)
		switch {
		case chosen == nil || rank > best:
			best, count, chosen = rank, 1, p
		case rank == best:
			count++
			if n.rng.IntN(count) == 0 {
				chosen = p
			}
		}
	}
	return chosen
}

// newlyWed is for how long a neighbor is believed that it has no other. Our choice:
// 30 s, many times what it takes to find one.
const newlyWed = 30 * time.Second

// dispensable ranks a neighbor for eviction, the higher the sooner.
func (n *Node) dispensable(info *views.Neighbor) int {
	switch {
	case n.cfg.HeartbeatInterval > 0 && n.now-info.Heard > 2*n.cfg.HeartbeatInterval:
		return 3
	case info.Guest, n.now-info.Since < n.cfg.Grace:
		return 0
	case info.Degree == 1 && n.now-info.Since < newlyWed:
		return 1
	default:
		return 2
	}
}

// onDisconnect handles the notice that this node is no longer in the sender's
// view. It is never answered; the link is closed from this side too.
func (n *Node) onDisconnect(from *views.Peer, link uint64, m *Message) {
	asked := n.requestTo(from)
	if asked >= 0 {
		n.takeRequest(asked)
	}
	current := n.active.Link(from)
	neighbor := current != 0 && (current == link || m.Reason == Leaving)
	if neighbor {
		n.remove(from.ID, m.Reason)
	}
	if neighbor && current != link {
		n.closeLink(from, current) // it leaves, whichever link it says so on
	}
	n.closeLink(from, link)
	known := neighbor || asked >= 0
	n.leaveAlone(from, m.Reason, known)
	if !known {
		return // whom a stranger names is its choice
	}
	if m.Reason != Evicted || n.knowsFew() {
		n.hearAll(m.Sample, nil) // an evictor's surroundings are this node's own
	}
	if neighbor && m.Reason == Evicted {
		n.evicted(from, m.Peer)
	}
}

// leaveAlone lets whoever disconnected be. A stranger gets no place in the passive view
// by saying so.
func (n *Node) leaveAlone(from *views.Peer, reason Reason, known bool) {
	coolDown := n.cfg.CoolDown
	switch reason {
	case Leaving:
		n.bury(from)
		return
	case Superseded:
		n.stats.Superseded++
		coolDown = n.cfg.SlowCoolDown
	case Slow:
		coolDown = n.cfg.SlowCoolDown
	case Evicted, NotActive, Closed, Silent, Unreachable, WrongPeer, Misbehaved:
	}
	if known || n.passive.Has(from.ID) {
		n.setAside(from, coolDown)
	}
}

// evicted goes on after an eviction: to the peer named instead, if any. One that names
// itself has a guest, and will ask this node back. If none is named, the evicting side
// is exchanging links, and somebody who lost a link in the same exchange is about to
// ask.
func (n *Node) evicted(from, instead *views.Peer) {
	if n.active.Len() > 0 {
		n.write().evictor = from
	}
	switch {
	case instead != nil && instead.Same(from):
		n.keepFree(from)
	case instead != nil && n.repairing() < n.room(instead):
		n.request(instead, request{priority: Low})
	case instead != nil:
		n.hear(views.Sighting{Peer: instead}, nil) // whom it names is its choice
	case n.active.Len() > 0:
		n.awaitOthers(n.cfg.Grace / 2)
	}
}
