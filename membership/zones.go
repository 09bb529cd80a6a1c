// Zones: part of the active view stays in the node's own zone, where links are short, and
// some links lead out of it. Deviation: the paper has no zones. As in X-BOT (Leitão et al.,
// SRDS 2009) it is exchanges of links that bring it about, so that degrees stay as they are.

package membership

import (
	"math"

	"github.com/kithmesh/kith/views"
)

// zoned reports whether the node heeds zones.
func (n *Node) zoned() bool { return n.cfg.ZoneShare > 0 && n.self.Zone != "" }

// near reports whether a peer is of the node's own zone.
func (n *Node) near(p *views.Peer) bool { return p.Zone == n.self.Zone }

// nearWanted is how many neighbors of its own zone the node wants.
func (n *Node) nearWanted() int {
	part := int(math.Round(n.cfg.ZoneShare * float64(n.wanted)))
	return max(0, min(part, int(n.wanted)-n.cfg.ZoneAcross))
}

// nearAndFar counts the neighbors of the node's own zone, and the others.
func (n *Node) nearAndFar() (near, far int) {
	for i := range n.active.Len() {
		if p, _ := n.active.At(i); n.near(p) {
			near++
		}
	}
	return near, n.active.Len() - near
}

// side is a kind of peer: of the node's own zone, or of another.
type side uint8

const (
	anySide side = iota
	nearSide
	farSide
)

// is reports whether a peer is of that side.
func (n *Node) is(s side, p *views.Peer) bool { return s == anySide || (s == nearSide) == n.near(p) }

// lacks returns of which side the node has too few neighbors: links that lead out first.
func (n *Node) lacks() side {
	if !n.zoned() {
		return anySide
	}
	switch near, far := n.nearAndFar(); {
	case far < min(n.cfg.ZoneAcross, int(n.wanted)-n.nearWanted()):
		return farSide
	case near < n.nearWanted():
		return nearSide
	case n.full():
		return anySide
	default:
		return farSide
	}
}

// need is what the node lacks, and how many neighbors of that side it has.
func (n *Node) need() (lacking side, have int) {
	if lacking = n.lacks(); lacking == anySide {
		return anySide, 0
	}
	near, far := n.nearAndFar()
	if lacking == nearSide {
		return nearSide, near
	}
	return farSide, far
}

// gained makes the next exchange come soon if the latest has brought one more of a side of
// which there are still too few, and not at the cost of one of this zone. All others get rarer.
func (n *Node) gained(before side, had int, given *views.Peer) {
	if before == anySide || given != nil && n.near(given) {
		return
	}
	if lacking, have := n.need(); lacking == before && have > had {
		n.rotateSoon()
	}
}

// pickSpare picks a random spare peer that is eligible, one of a side that is lacking if
// there is any: who is of the wrong zone is better than nobody.
func (n *Node) pickSpare(eligible func(*views.Peer, views.Spare) bool) *views.Peer {
	if side := n.lacks(); side != anySide {
		if p := n.pickSide(side, eligible); p != nil {
			return p
		}
	}
	return n.passive.Pick(n.rng, eligible)
}

func (n *Node) pickSide(s side, eligible func(*views.Peer, views.Spare) bool) *views.Peer {
	return n.passive.Pick(n.rng, func(p *views.Peer, spare views.Spare) bool {
		return n.is(s, p) && eligible(p, spare)
	})
}

// givenUp is how well it suits the zones to give up a neighbor for another peer.
type givenUp struct {
	n         *Node
	near, far int // neighbors, with the other peer
	wanted    int
	// like says that the peer has given up one of this node's zone for this node, so that one
	// of them wins what the other one loses.
	like  bool
	comes side // the peer's
}

// givenUpFor looks at the zones before somebody is given up for p. Instead, if not nil, is whom
// that one is then linked to, and mostly who was given up for this node.
func (n *Node) givenUpFor(p, instead *views.Peer) givenUp {
	g := givenUp{n: n}
	if !n.zoned() {
		return g
	}
	g.near, g.far = n.nearAndFar()
	if n.near(p) {
		g.near++
		g.comes = nearSide
	} else {
		g.far++
		g.comes = farSide
	}
	g.wanted = n.nearWanted()
	g.like = instead != nil && !instead.Same(p) && n.near(instead)
	return g
}

// suits is 0 to 3: 2 if enough links still lead out, 1 if as many as wanted stay inside. Where
// another node of this zone has lost the link that this one wins, it gets one like it in return.
func (g *givenUp) suits(p *views.Peer) int {
	if !g.n.zoned() {
		return 0
	}
	suits, near := 0, g.n.near(p)
	if near || g.far > g.n.cfg.ZoneAcross {
		suits += 2
	}
	if g.like && g.n.is(g.comes, p) || !g.like && near == (g.near > g.wanted) {
		suits++
	}
	return suits
}

// seen remembers a peer of the side that is lacking, until the next exchange: in a small
// zone among large ones there is mostly none among the spare peers.
func (n *Node) seen(p *views.Peer) {
	if n.zoned() && n.near(p) && n.full() && n.lacks() == nearSide {
		n.write().kin = p
	}
}

// improve asks a peer of the side that is lacking for an exchange of links, and reports
// whether there was one to ask.
func (n *Node) improve() bool {
	lacking := n.lacks()
	if lacking == anySide || n.contactFirst() {
		return false
	}
	p := n.pickSide(lacking, n.mayAsk)
	if kin := n.book.kin; kin != nil {
		n.write().kin = nil
		if p == nil && lacking == nearSide {
			p = kin
		}
	}
	if p == nil || n.requestTo(p) >= 0 || n.active.Has(p.ID) {
		return false
	}
	n.request(p, request{priority: Swap, even: true})
	return true
}

// contactFirst reports whether a rotation, with the latest contact, comes before the zones:
// every other time if there was one. It may be of another part of the cluster, and a node of a
// large zone may lack links out of it for ever.
func (n *Node) contactFirst() bool {
	return n.rotation.met != nil && n.passive.Len() > int(n.wanted) && n.rng.IntN(2) == 0
}

// mayAsk reports whether a spare peer may be asked now.
func (n *Node) mayAsk(p *views.Peer, s views.Spare) bool {
	return s.NotBefore <= n.now && n.requestTo(p) < 0
}
