// Frames of a broadcast: sent on links, under way, and received.

package sim

import (
	"encoding/binary"

	"github.com/kithmesh/kith/broadcast"
)

// letters keeps the frames that are under way, each as the input that it will be. What
// they point to is shared, and changes no more.
type letters struct {
	all  []broadcast.Input
	free []uint32
}

// pack returns the number of a letter with a copy of the input.
func (p *letters) pack(in *broadcast.Input) uint32 {
	if last := len(p.free) - 1; last >= 0 {
		n := p.free[last]
		p.free = p.free[:last]
		p.all[n] = *in
		return n
	}
	p.all = append(p.all, *in)
	return uint32(len(p.all) - 1)
}

// take returns a letter, and its place to the pool.
func (p *letters) take(n uint32) broadcast.Input {
	in := p.all[n]
	p.drop(n)
	return in
}

func (p *letters) drop(n uint32) {
	p.all[n] = broadcast.Input{}
	p.free = append(p.free, n)
}

// push sends a message on links, one hop further.
func (b *Broadcast) push(id NodeID, s *station, e *broadcast.Effect) {
	b.send(id, s, e.To, &broadcast.Input{Kind: broadcast.Received, Gossip: broadcast.Gossip{
		Life: []byte(e.Life), Sequence: e.Sequence, First: binary.BigEndian.Uint64(e.Frame),
		Hop: e.Hop + 1, Frame: e.Frame,
	}})
}

// send puts a frame on links. On one that is gone it is lost: the membership has been,
// or is about to be, told of that.
func (b *Broadcast) send(id NodeID, s *station, to broadcast.Slots, in *broadcast.Input) {
	for slot := range to.All() {
		in.Link = s.lanes[slot].link
		l, side := b.world.linkOf(id, nil, in.Link)
		if l == nil {
			continue
		}
		if e := b.world.dispatch(l, side, carriedEvent); e != nil {
			e.detail = b.number
			e.number = b.letters.pack(in)
		}
		if at := &s.lanes[slot]; !at.full && l.ends[1-side].load >= b.world.congested() {
			at.full, b.crowded = true, true
			s.filled |= 1 << slot
		}
	}
}

// arrive hands a frame to the core at one end of a link.
func (b *Broadcast) arrive(e *event) {
	near := b.world.land(e)
	if near == nil {
		return
	}
	id, load := near.node, near.load
	in := b.letters.take(e.number)
	if b.stations[id].core.Slot(in.Link) < 0 {
		b.stats.Strange++
		return
	}
	b.count(&in)
	if b.crowded && load <= b.world.drained() {
		b.noticeDrained(e)
	}
	b.step(id, &in)
}

// count counts a frame that has come.
func (b *Broadcast) count(in *broadcast.Input) {
	switch in.Kind {
	case broadcast.Received:
		b.stats.Payloads++
		return
	case broadcast.Routed:
		b.stats.Directs++
		return
	case broadcast.Told, broadcast.LinkUp, broadcast.LinkDown, broadcast.Published,
		broadcast.Congested, broadcast.Drained, broadcast.Tick:
	}
	switch in.Control.Kind {
	case broadcast.IHave:
		b.stats.IHaves++
	case broadcast.Graft:
		b.stats.Grafts++
	case broadcast.Prune:
		b.stats.Prunes++
	case broadcast.Gone:
		b.stats.Gones++
	}
}

// congested and drained are from how many frames that wait on a link it counts as
// congested, and down to how many as drained again. Only those to slow readers wait.
func (w *World) congested() int { return max(1, w.cfg.QueueFrames/2) }
func (w *World) drained() int   { return w.cfg.QueueFrames / 4 }

// noticeDrained tells the core that sent a frame that its link can take more.
func (b *Broadcast) noticeDrained(e *event) {
	l := b.world.lookup(e.link)
	far := &l.ends[1-e.side]
	if !far.open || int(far.node) >= len(b.stations) || b.stations[far.node].core == nil {
		return
	}
	s := &b.stations[far.node]
	slot := s.core.Slot(e.link)
	if slot >= 0 && s.lanes[slot].full {
		s.lanes[slot].full = false
		b.step(far.node, &broadcast.Input{Kind: broadcast.Drained, Link: e.link})
	}
}
