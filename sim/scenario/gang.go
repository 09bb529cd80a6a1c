// Attackers: real cores whose words are changed on their way out.

package scenario

import (
	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/sim"
	"github.com/kithmesh/kith/views"
)

// attack is what a gang does.
type attack struct {
	name string
	// lies: their samples name nobody but each other.
	lies bool
	// hoards: they accept everybody, and give nobody up.
	hoards bool
	// forges: they hoard, and forge requests of high priority.
	forges bool
	// joins: what they forge is a join, at the meeting place.
	joins bool
	// clings: they also say that they would have no neighbor without the receiver, and
	// send the heartbeats that a neighbor expects.
	clings bool
	// bare: the honest have no limits on evictions, and no guests.
	bare bool
	// bounded: 1 % of the nodes must not get far with it.
	bounded bool
}

// gang is the attackers of a world, who know everybody.
type gang struct {
	t       *trial
	attack  attack
	is      func(sim.NodeID) bool
	members []*views.Peer
	active  bool // they have begun
	honest  []sim.NodeID
	sample  []views.Sighting // of the messages of the latest step
	number  uint32           // of the latest forged request
}

// gang puts attackers into the seats of a set. They behave until the attack begins.
func (t *trial) gang(a attack, is func(sim.NodeID) bool) *gang {
	g := &gang{t: t, attack: a, is: is}
	t.Disguise = func(id sim.NodeID, node *membership.Node) sim.Core {
		if !is(id) {
			return node
		}
		g.members = append(g.members, node.Self())
		return &liar{node: node, gang: g}
	}
	return g
}

// begin begins the attack.
func (g *gang) begin() {
	g.active = true
	for _, id := range g.t.Alive() {
		if !g.is(id) {
			g.honest = append(g.honest, id)
		}
	}
}

// forge lets every attacker send one forged request, to a random honest node.
func (g *gang) forge() {
	for _, p := range g.members {
		if id, ok := g.t.Find(p); ok {
			g.t.Tell(id, membership.Input{Kind: membership.Found})
		}
	}
}

// victim draws an honest node.
func (g *gang) victim() *views.Peer {
	return g.t.Peer(g.honest[g.t.Random().IntN(len(g.honest))])
}

// fellows draws up to k of the gang, for a sample.
func (g *gang) fellows(k int) []views.Sighting {
	n := len(g.members)
	start, offset := len(g.sample), g.t.Random().IntN(n)
	for i := range min(k, n) {
		g.sample = append(g.sample, views.Sighting{Peer: g.members[(offset+i)%n]})
	}
	return g.sample[start:len(g.sample):len(g.sample)]
}

// liar is one attacker: the world's [sim.Core] in place of a node's own.
type liar struct {
	node *membership.Node
	gang *gang
	out  []membership.Effect
	held []captive
}

// captive is an honest node that has the attacker as a neighbor.
type captive struct {
	peer *views.Peer
	link uint64
}

// Step lets the core take a step, and changes what it says.
func (l *liar) Step(in membership.Input) []membership.Effect {
	effects := l.node.Step(in)
	if !l.gang.active {
		return effects
	}
	l.gang.sample = l.gang.sample[:0]
	l.out = l.out[:0]
	for i := range effects {
		l.twist(&effects[i])
	}
	if l.gang.attack.hoards {
		l.grab(&in)
	}
	return l.out
}

// twist passes an effect on with a lie in it, or not at all.
func (l *liar) twist(e *membership.Effect) {
	m := &e.Message
	switch e.Kind {
	case membership.Close:
		if l.gang.attack.hoards {
			return
		}
	case membership.Send, membership.Answer:
		if l.gang.attack.lies && len(m.Sample) > 0 {
			m.Sample = l.gang.fellows(len(m.Sample))
		}
		if l.gang.attack.hoards && m.Kind == membership.Disconnect {
			return
		}
		if l.gang.attack.clings && m.Kind == membership.Heartbeat {
			return // sent to all captives at once
		}
		if l.gang.attack.hoards && m.Kind == membership.NeighborReply && m.Verdict == membership.Refused {
			m.Verdict, m.Sample = membership.Accepted, nil
			l.out = append(l.out, *e)
			l.hold(e.Peer, e.Link)
			return
		}
	case membership.Emit:
		if e.Event.Kind == membership.NeighborUp && l.gang.attack.hoards {
			l.hold(e.Event.Peer, e.Event.Link)
			return
		}
	case membership.Schedule, membership.Ask:
	}
	l.out = append(l.out, *e)
}

// hold keeps the link of somebody who has the attacker as a neighbor.
func (l *liar) hold(p *views.Peer, link uint64) {
	l.out = append(l.out, membership.Effect{
		Kind: membership.Emit, Event: membership.Event{Kind: membership.NeighborUp, Peer: p, Link: link},
	})
	if l.gang.attack.clings {
		l.held = append(l.held, captive{p, link})
	}
}

// grab does what the core would not: it takes whoever accepts, and asks for more.
func (l *liar) grab(in *membership.Input) {
	g := l.gang
	switch {
	case in.Kind == membership.Received && in.Message.Kind == membership.NeighborReply &&
		in.Message.Verdict == membership.Accepted:
		l.hold(in.Peer, in.Link)
	case in.Kind == membership.Found && g.attack.joins:
		l.out = append(l.out, membership.Effect{Kind: membership.Ask, Message: membership.Message{
			Kind: membership.Join, Priority: membership.High, Peer: l.node.Self(),
		}})
	case in.Kind == membership.Found:
		g.number++
		l.out = append(l.out, membership.Effect{Kind: membership.Send, Peer: g.victim(), Message: membership.Message{
			Kind: membership.Neighbor, Request: g.number, Priority: membership.High,
		}})
	case in.Kind == membership.LinkLost:
		l.release(in.Link)
	case in.Kind == membership.Received && in.Message.Kind == membership.Disconnect:
		l.release(in.Link)
	case in.Kind == membership.Expired && in.Timer.Kind == membership.HeartbeatTimer:
		for _, c := range l.held {
			l.out = append(l.out, membership.Effect{Kind: membership.Send, Peer: c.peer, Link: c.link, Message: membership.Message{
				Kind: membership.Heartbeat, Active: true, Degree: 1, Sent: in.Now,
			}})
		}
	}
}

func (l *liar) release(link uint64) {
	for i := range l.held {
		if l.held[i].link == link {
			l.held = append(l.held[:i], l.held[i+1:]...)
			return
		}
	}
}
