// What one node has of a broadcast: its core, its links, and the steps it takes.

package sim

import (
	"time"

	"github.com/kithmesh/kith/broadcast"
	"github.com/kithmesh/kith/membership"
)

// station is a node's place in a broadcast, in its latest life. Without a core the node
// does not live.
type station struct {
	core  *broadcast.Node
	life  broadcast.Life
	born  time.Duration
	wakes uint32 // the number of the latest Wake, which replaces those before
	lanes []lane // by slot
	// filled are the lanes of which the core is still to hear that they are full.
	filled broadcast.Slots
}

// lane is a link to a neighbor; one with number 0 is none.
type lane struct {
	peer string
	link uint64
	full bool // too much waits there
}

// heed follows what the membership says about neighbors.
func (b *Broadcast) heed(id NodeID, e *membership.Event) {
	switch e.Kind {
	case membership.NeighborUp, membership.NeighborUpdate:
		b.up(id, e.Peer.ID, e.Link)
	case membership.NeighborDown:
		b.down(id, e.Peer.ID)
	case membership.Isolated:
	}
}

// up makes a neighbor of a peer, or moves it to another link.
func (b *Broadcast) up(id NodeID, peer string, link uint64) {
	s := &b.stations[id]
	if old := s.laneTo(peer); old != nil {
		if old.link == link {
			return
		}
		b.down(id, peer)
	}
	b.step(id, &broadcast.Input{Kind: broadcast.LinkUp, Link: link, Target: peer})
	if slot := s.core.Slot(link); slot >= 0 {
		s.lanes[slot].peer = peer
	}
}

// down forgets a neighbor.
func (b *Broadcast) down(id NodeID, peer string) {
	if old := b.stations[id].laneTo(peer); old != nil {
		link := old.link
		*old = lane{}
		b.step(id, &broadcast.Input{Kind: broadcast.LinkDown, Link: link})
	}
}

func (s *station) laneTo(peer string) *lane {
	for i := range s.lanes {
		if l := &s.lanes[i]; l.link != 0 && l.peer == peer {
			return l
		}
	}
	return nil
}

// occupy gives a link that has come up the lane of its slot.
func (s *station) occupy(link uint64) {
	slot := s.core.Slot(link)
	if slot < 0 {
		return
	}
	for len(s.lanes) <= slot {
		s.lanes = append(s.lanes, lane{})
	}
	s.lanes[slot] = lane{link: link}
}

func (s *station) takeFilled() broadcast.Slots {
	filled := s.filled
	s.filled = 0
	return filled
}

// step hands an input to a node's core and carries out what comes of it, and of that.
func (b *Broadcast) step(id NodeID, in *broadcast.Input) {
	w, s := b.world, &b.stations[id]
	in.Now = b.now(s)
	w.mix(uint64(w.now)^in.Link<<1, uint64(id)<<24|uint64(b.number)<<16|uint64(in.Kind)<<8|uint64(in.Gossip.Hop)^in.Gossip.Sequence<<40)
	effects := s.core.Step(*in)
	if in.Kind == broadcast.LinkUp {
		s.occupy(in.Link)
	}
	var spread [][]byte
	for i := range effects {
		e := &effects[i]
		if e.Kind == broadcast.Spread {
			spread = append(spread, e.Frame)
			continue
		}
		b.carryOut(id, s, e, in)
	}
	for slot := range s.takeFilled().All() {
		b.step(id, &broadcast.Input{Kind: broadcast.Congested, Link: s.lanes[slot].link})
	}
	for _, payload := range spread {
		b.publish(id, payload)
	}
}

// carryOut does what a core wants done. Nothing of it steps a core at once.
func (b *Broadcast) carryOut(id NodeID, s *station, e *broadcast.Effect, in *broadcast.Input) {
	switch e.Kind {
	case broadcast.Push:
		b.push(id, s, e)
	case broadcast.Tell:
		b.send(id, s, e.To, &broadcast.Input{Kind: broadcast.Told, Control: e.Control})
	case broadcast.Pass:
		g := in.Gossip
		g.Hop++
		g.Frame = e.Frame
		b.send(id, s, e.To, &broadcast.Input{Kind: broadcast.Routed, Gossip: g, Target: in.Target})
	case broadcast.Deliver:
		if e.Fresh && in.Kind != broadcast.Published {
			b.stats.Fresh++
		}
		b.tell(id, e)
	case broadcast.Miss:
		b.stats.Missed += e.Until - e.From + 1
		b.tell(id, e)
	case broadcast.Arrive:
		b.tell(id, e)
	case broadcast.Expel:
		b.expel(id, s, e.To)
	case broadcast.Wake:
		s.wakes++
		t := b.world.post(wakeEvent, s.born+e.At)
		t.node, t.life, t.detail, t.number = id, b.world.seats[id].life, b.number, s.wakes
	case broadcast.Spread: // a step of its own, after this one
	}
}

func (b *Broadcast) tell(id NodeID, e *broadcast.Effect) {
	if b.OnEvent != nil {
		b.OnEvent(id, e)
	}
}

// expel gives links up as too slow. The membership hears of it as of any other loss.
func (b *Broadcast) expel(id NodeID, s *station, to broadcast.Slots) {
	for slot := range to.All() {
		if l, side := b.world.linkOf(id, nil, s.lanes[slot].link); l != nil {
			b.stats.Expelled++
			l.broken = true
			b.world.scheduleLoss(l, side, b.world.now, membership.Slow)
		}
	}
}

// awake hands a node's Tick to it, unless the Wake was replaced.
func (b *Broadcast) awake(e *event) {
	seat := &b.world.seats[e.node]
	if seat.life != e.life || seat.state == ended || b.stations[e.node].wakes != e.number {
		return
	}
	if !b.world.asleep(e, e.node) {
		b.step(e.node, &broadcast.Input{Kind: broadcast.Tick})
	}
}
