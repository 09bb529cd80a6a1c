// Guests: a place for whoever has no neighbor at all (paper §4.3, high priority), that
// cannot be taken for good by saying so. Deviation: in the paper it can.

package membership

import (
	"time"

	"github.com/kithmesh/kith/views"
)

// host takes in a peer that says it has no neighbor, for a while. That it has none is
// nobody's word but its own: the neighbor that has to go is not sent to it, and is
// asked to keep its place free, until it is asked back. The guest is told of others.
func (n *Node) host(guest *views.Peer, link uint64, m *Message) {
	displaced := n.victim(guest, nil)
	n.evict(displaced, n.self)
	n.write().displaced = displaced
	n.send(guest, link, Message{
		Kind: NeighborReply, Request: m.Request, Verdict: Accepted, Degree: n.degree(),
		Sample: n.sampleFor(guest, answerSample),
	})
	n.admit(guest, link)
	n.active.Host(guest, true)
	n.schedule(Timer{Kind: GuestTimer, ID: guest.ID}, n.cfg.GuestFor)
}

// hosts reports whether whoever asks with high priority is a guest only. It finds other
// neighbors by breaking a link and taking both its ends, for which it needs two free
// slots beside the one that it has found.
func (n *Node) hosts() bool { return n.cfg.GuestFor > 0 && n.wanted > 2 }

// hosting reports whether there is a guest. There is one at most.
func (n *Node) hosting() bool {
	for i := range n.active.Len() {
		if _, info := n.active.At(i); info.Guest {
			return true
		}
	}
	return false
}

// endStay ends the stay of a guest. Where there is room it stays as any other. With the ID of
// a neighbor that had to go and could not be asked back yet it asks that one.
func (n *Node) endStay(id string) {
	guest, info := n.active.Get(id)
	switch {
	case !info.Guest:
		if back := n.book.displaced; back != nil && back.ID == id {
			n.askBack()
		}
	case n.room(nil) == 0:
		n.evict(guest, nil)
		n.passive.Remove(guest.ID) // it has had more than its share of being known
	default:
		n.active.Host(guest, false)
		n.askBack()
	}
}

// mayGo reports whether a guest has found others, by what its heartbeat says: whoever lies
// goes sooner.
func (n *Node) mayGo(guest *views.Peer, degree uint8) bool {
	_, info := n.active.Get(guest.ID)
	return info.Guest && degree > othersOfGuest
}

// othersOfGuest is how many neighbors a guest has to have besides its host to be let go. Our
// choice: 2, so that it does not hang on one link.
const othersOfGuest = 2

// askBack asks the neighbor that had to go for a guest to come back, or later if both became
// neighbors only just now. Until it has answered nobody else gets the place, least of
// all the guest.
func (n *Node) askBack() {
	back := n.book.displaced
	if back == nil {
		return
	}
	if n.tooSoon(back) {
		n.keep(back)
		n.schedule(Timer{Kind: GuestTimer, ID: back.ID}, n.cfg.CoolDown+n.cfg.CoolDown/4) // it counts by its own clock
		return
	}
	n.write().displaced = nil
	n.request(back, request{priority: Low})
	if n.requestTo(back) >= 0 {
		n.keep(back)
	}
}

// keepFree keeps a slot for a neighbor that has a guest in this node's place, until it
// should have asked back. A node without neighbors does not wait.
func (n *Node) keepFree(host *views.Peer) {
	if n.active.Len() > 0 {
		n.keep(host)
		n.schedule(Timer{Kind: RefillTimer, Sequence: n.repair.sequence}, n.keepFor())
	}
}

// keep keeps a slot for p from now on.
func (n *Node) keep(p *views.Peer) {
	kept := &n.write().kept
	kept.remove(p.ID)
	kept.add(p.ID, n.now)
}

// keepFor is how long a slot is kept: as long as the guest stays, and a request takes.
func (n *Node) keepFor() time.Duration { return n.cfg.GuestFor + n.cfg.NeighborTimeout }

// room is how many slots are free for p, or with nil for nobody in particular. Those
// that are kept for others are not; where p has one kept, those kept for others since.
func (n *Node) room(p *views.Peer) int {
	free := int(n.wanted) - n.active.Len()
	if free > 0 && n.active.Len() > 0 {
		for _, k := range n.book.kept {
			switch {
			case n.now-k.at >= n.keepFor():
			case p != nil && k.id == p.ID:
				return max(0, free)
			default:
				free--
			}
		}
	}
	return max(0, free)
}
