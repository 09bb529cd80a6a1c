// Links: what package tcptransport promises, without its sockets.

package sim

import (
	"errors"
	"slices"
	"time"

	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/views"
)

// link is one logical link between two lives of two nodes; the first end is the
// dialer's. A dial that will fail has no second end.
type link struct {
	number uint64 // its position plus one, and above it how often that was used
	ends   [2]end
	begun  time.Duration
	ready  time.Duration // when the dial is through
	used   time.Duration // when a frame was last sent
	broken bool          // the dial will fail, or the link is about to be lost
}

// end is one side of a link. One that is not open hears nothing more of it.
type end struct {
	node NodeID
	life uint32
	peer *views.Peer   // who is on the other side
	last time.Duration // when the latest frame arrives here, so that none overtakes it
	load int           // frames under way to here, counted for slow readers only
	open bool
	kept bool // by its node, as the link of a neighbor
}

// lookup returns the link with that number, if it still exists.
func (w *World) lookup(number uint64) *link {
	position := uint32(number) - 1
	if int(position) >= len(w.links) || w.links[position].number != number {
		return nil
	}
	return &w.links[position]
}

// linkOf returns a node's open link with that number, or with 0 its current link to
// that life of a peer, and which side the node is.
func (w *World) linkOf(id NodeID, to *views.Peer, number uint64) (*link, uint8) {
	if number != 0 {
		if l := w.lookup(number); l != nil {
			for side := range uint8(2) {
				if e := &l.ends[side]; e.open && e.node == id && e.life == w.seats[id].life {
					return l, side
				}
			}
		}
		return nil, 0
	}
	for _, position := range w.seats[id].links {
		l := &w.links[position]
		side := l.sideOf(id)
		if p := l.ends[side].peer; p == to || p.Same(to) {
			return l, side
		}
	}
	return nil, 0
}

func (l *link) sideOf(id NodeID) uint8 {
	if l.ends[0].node == id {
		return 0
	}
	return 1
}

// join makes an end of a link a node's. A node has one link to each life of a peer.
func (w *World) join(l *link, side uint8, id NodeID, peer *views.Peer) {
	l.ends[side] = end{node: id, life: w.seats[id].life, peer: peer, open: true}
	w.seats[id].links = append(w.seats[id].links, uint32(l.number)-1)
}

// hangUp closes one end of a link, and forgets the link when both are closed.
func (w *World) hangUp(l *link, side uint8) {
	e := &l.ends[side]
	e.open = false
	position := uint32(l.number) - 1
	links := w.seats[e.node].links
	if i := slices.Index(links, position); i >= 0 {
		links[i] = links[len(links)-1]
		w.seats[e.node].links = links[:len(links)-1]
	}
	if !l.ends[0].open && !l.ends[1].open {
		w.forget(l)
	}
}

// forget frees the place of a link. The next one there gets another number.
func (w *World) forget(l *link) {
	position := uint32(l.number) - 1
	*l = link{number: l.number + 1<<32}
	w.unused = append(w.unused, position)
}

// newLink returns an empty link.
func (w *World) newLink() *link {
	if last := len(w.unused) - 1; last >= 0 {
		position := w.unused[last]
		w.unused = w.unused[:last]
		return &w.links[position]
	}
	w.links = append(w.links, link{number: 1<<32 | uint64(len(w.links)+1)})
	return &w.links[len(w.links)-1]
}

// dial begins a link. When two dials cross, the second finds the link that the
// first has begun: this is what the transport's breaking of ties amounts to.
func (w *World) dial(id NodeID, to *views.Peer) *link {
	w.stats.Dials++
	l := w.newLink()
	w.join(l, 0, id, to)
	l.begun, l.used = w.now, w.now
	target, known := w.Find(to)
	if !known {
		w.failDial(l, w.cfg.DialTimeout, membership.Unreachable)
		return l
	}
	there := w.cfg.Latency(w.rng, id, target)
	trip := there + w.cfg.Latency(w.rng, target, id)
	l.ready = w.now + time.Duration(w.cfg.DialTrips)*trip
	s := &w.seats[target]
	switch {
	case s.dark || s.inner || w.blocked(id, target) || w.blocked(target, id),
		w.cfg.DialLoss > 0 && w.rng.Float64() < w.cfg.DialLoss,
		s.state == paused: // its host accepts, and nobody says hello
		w.failDial(l, w.cfg.DialTimeout, membership.Unreachable)
	case s.state == ended, s.state == absent:
		w.failDial(l, trip, membership.Unreachable)
	case !s.peer.Same(to):
		w.failDial(l, 2*trip, membership.WrongPeer)
	default:
		w.join(l, 1, target, w.seats[id].peer)
		idle := w.post(idleEvent, l.ready+w.cfg.Idle)
		idle.link = l.number
	}
	return l
}

// failDial lets a dial fail after a while.
func (w *World) failDial(l *link, after time.Duration, reason membership.Reason) {
	w.stats.FailedDials++
	l.broken = true
	w.scheduleLoss(l, 0, w.now+after, reason)
}

// scheduleLoss lets one end of a link hear that it is lost.
func (w *World) scheduleLoss(l *link, side uint8, at time.Duration, reason membership.Reason) {
	e := w.post(lostEvent, at)
	e.link, e.side, e.detail = l.number, side, uint8(reason)
}

// close closes a node's side of a link after what was sent on it; the other side
// hears of it then.
func (w *World) close(id NodeID, to *views.Peer, number uint64) {
	if l, side := w.linkOf(id, to, number); l != nil {
		w.closeEnd(l, side)
	}
}

func (w *World) closeEnd(l *link, side uint8) {
	if far := &l.ends[1-side]; far.open {
		w.scheduleLoss(l, 1-side, w.arrival(l, 1-side), membership.Closed)
	}
	w.hangUp(l, side)
}

// arrival is when something sent now to one side of a link arrives there.
func (w *World) arrival(l *link, side uint8) time.Duration {
	far, near := &l.ends[side], &l.ends[1-side]
	far.last = max(far.last, max(w.now, l.ready)+w.cfg.Latency(w.rng, near.node, far.node))
	return far.last
}

// lose tells one end of a link that it is over.
func (w *World) lose(e *event) {
	l := w.lookup(e.link)
	if l == nil || !l.ends[e.side].open {
		return
	}
	near := &l.ends[e.side]
	if w.heldBack(e, l.ends[1-e.side].node, near.node, membership.Reason(e.detail)) || w.asleep(e, near.node) {
		return
	}
	id, peer := near.node, near.peer
	if far := &l.ends[1-e.side]; far.open && membership.Reason(e.detail) != membership.Closed {
		w.scheduleLoss(l, 1-e.side, w.arrival(l, 1-e.side), membership.Closed)
	}
	w.hangUp(l, e.side)
	w.step(id, &membership.Input{
		Kind: membership.LinkLost, Peer: peer, Link: e.link, Reason: membership.Reason(e.detail),
	})
}

var errNoLink = errors.New("has a neighbor without a link")

// heed notes which links a node keeps.
func (w *World) heed(id NodeID, e *membership.Event) {
	switch e.Kind {
	case membership.NeighborUp, membership.NeighborUpdate:
		if l, side := w.linkOf(id, e.Peer, e.Link); l != nil {
			l.ends[side].kept = true
			if w.cfg.LinkLoss > 0 && e.Kind == membership.NeighborUp && !l.ends[1-side].kept {
				b := w.post(breakEvent, w.now+time.Duration(w.rng.ExpFloat64()/w.cfg.LinkLoss*float64(time.Second)))
				b.link = l.number
			}
			return
		}
		w.fail(id, errNoLink)
	case membership.NeighborDown, membership.Isolated:
	}
}

// idle closes a link that nobody keeps and that has carried nothing. The nodes are
// not told: a core asks nothing of links on which it waits for nothing.
func (w *World) idle(e *event) {
	l := w.lookup(e.link)
	if l == nil || l.ends[0].kept && l.ends[1].kept {
		return
	}
	if until := max(l.used, l.ready) + w.cfg.Idle; until > w.now {
		next := w.post(idleEvent, until)
		next.link = e.link
		return
	}
	for side := range uint8(2) {
		if near := &l.ends[side]; near.open && !near.kept {
			if far := &l.ends[1-side]; far.open && far.kept {
				w.closeEnd(l, side)
				return
			}
			w.hangUp(l, side)
		}
	}
}

// breaks breaks a link for no reason. Both ends notice at once, as with a reset.
func (w *World) breaks(e *event) {
	if l := w.lookup(e.link); l != nil {
		for side := range uint8(2) {
			if l.ends[side].open {
				w.scheduleLoss(l, side, w.now, membership.Closed)
			}
		}
	}
}
