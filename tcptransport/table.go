// Who is linked to whom: at most one link to each life of a peer.

package tcptransport

import (
	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/views"
)

// life identifies a peer.
type life struct {
	id          string
	incarnation uint64
}

func lifeOf(p *views.Peer) life { return life{p.ID, p.Incarnation} }

// seat is the place of one life's link. It exists while it holds something.
type seat struct {
	link *link // the current link, nil when there is none
	// leaving is the last link that has left and is not at its end yet: it may
	// have something to send, to receive or to report. The next one is not dialed,
	// and does not receive, before that.
	leaving *link
	// promised counts the connections that were accepted and are not Ready yet.
	// This node does not dial while there is one.
	promised int
}

// seatOf returns the seat of k, and makes it when there is none. All methods of
// the table are called with the mutex held.
func (t *Transport) seatOf(k life) *seat {
	s := t.seats[k]
	if s == nil {
		s = new(seat)
		t.seats[k] = s
	}
	return s
}

// sweep removes the seat of k when it is empty.
func (t *Transport) sweep(k life) {
	if s := t.seats[k]; s != nil && s.link == nil && s.leaving == nil && s.promised == 0 {
		delete(t.seats, k)
	}
}

// enter makes l the current link of its peer.
func (t *Transport) enter(l *link) {
	t.seatOf(lifeOf(l.peer)).link = l
	t.links[l.number] = l
}

// leave takes l out of the table: it is no longer its peer's current link.
func (t *Transport) leave(l *link) {
	if !t.isCurrent(l) {
		return
	}
	delete(t.links, l.number)
	s := t.seats[lifeOf(l.peer)]
	s.link, s.leaving = nil, l
}

// forget removes the last trace of l, at its end.
func (t *Transport) forget(l *link) {
	close(l.done)
	if l.dialed && l.stream == nil {
		t.dialing--
	}
	k := lifeOf(l.peer)
	s := t.seats[k]
	if s == nil || s.leaving != l {
		return
	}
	s.leaving = nil
	if l.after != nil && !l.after.over() {
		s.leaving = l.after // l has failed without waiting for it
	}
	t.sweep(k)
}

// isCurrent reports whether l is in the table still.
func (t *Transport) isCurrent(l *link) bool { return t.links[l.number] == l }

// newest returns the largest incarnation of id to which a link is up, 0 when
// there is none.
func (t *Transport) newest(id string) uint64 {
	var newest uint64
	for k, s := range t.seats {
		if k.id == id && s.link != nil && s.link.state == Up {
			newest = max(newest, k.incarnation)
		}
	}
	return newest
}

// promise answers the hello of peer. If it accepts, the connection is promised
// until admit or withdraw is called.
func (t *Transport) promise(peer *views.Peer) reply {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return reply{verdict: VerdictBusy, detail: "closing"}
	}
	if newest := t.newest(peer.ID); newest > peer.Incarnation {
		return reply{verdict: VerdictStale, incarnation: newest}
	}
	k := lifeOf(peer)
	var current *link
	if s := t.seats[k]; s != nil {
		current = s.link
	}
	switch {
	case current == nil:
		if t.count(useInbound) >= t.cfg.MaxInbound {
			return reply{verdict: VerdictBusy}
		}
	case current.state == Dialing:
		if t.self.ID < peer.ID {
			return reply{verdict: VerdictCrossed}
		}
		current.state = Waiting
		current.giveUp()
	}
	t.seatOf(k).promised++
	return reply{verdict: VerdictOK}
}

// withdraw ends the promise of a connection that did not become Ready.
func (t *Transport) withdraw(peer *views.Peer) {
	t.mu.Lock()
	defer t.mu.Unlock()
	k := lifeOf(peer)
	s := t.seats[k]
	s.promised--
	if l := s.link; l != nil && l.state == Waiting && s.promised == 0 {
		l.dialAgain()
	}
	t.sweep(k)
}

// admit makes the promised connection s the link of peer. It returns the link
// when the caller has to run it, and false when the connection is not wanted.
func (t *Transport) admit(s *stream, peer *views.Peer) (*link, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	k := lifeOf(peer)
	place := t.seats[k]
	place.promised--
	if t.closed || t.newest(peer.ID) > peer.Incarnation {
		if l := place.link; l != nil && l.state == Waiting && place.promised == 0 {
			l.dialAgain()
		}
		t.sweep(k)
		return nil, false
	}
	l, before := place.link, t.supersede(peer)
	if l != nil && l.state == Up {
		t.retire(l, membership.Closed, ErrReplaced)
		l = nil
	}
	if place.leaving != nil {
		before = append(before, place.leaving)
	}
	t.conns[s.raw] = useInbound
	if l != nil { // dialing or waiting: its own goroutine goes on
		l.giveUp()
		t.raise(l, s, peer, before)
		l.out.release(false)
		l.handed <- s
		return nil, true
	}
	l = t.newLink(peer)
	t.enter(l)
	t.raise(l, s, peer, before)
	return l, true
}

// commit makes s, which this node has dialed, the connection of l, and reports
// false when l does not want it any more.
func (t *Transport) commit(l *link, s *stream, peer *views.Peer) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.stopped || l.ending != nil || l.state != Dialing {
		return false
	}
	t.conns[s.raw] = useOutbound
	t.raise(l, s, peer, t.supersede(peer))
	l.out.release(true)
	return true
}

// raise gives l its connection.
func (t *Transport) raise(l *link, s *stream, peer *views.Peer, before []*link) {
	if l.dialed {
		t.dialing--
	}
	l.state, l.stream, l.peer, l.before = Up, s, peer, before
	s.link = l
	l.patience.attach(s.conn)
}

// supersede ends the links to older lives of peer, and returns all that are not at
// their end yet.
func (t *Transport) supersede(peer *views.Peer) (leaving []*link) {
	for k, s := range t.seats {
		if k.id != peer.ID || k.incarnation >= peer.Incarnation {
			continue
		}
		if s.link != nil {
			t.retire(s.link, membership.Superseded, &PeerError{Want: s.link.peer, Got: peer})
		}
		if s.leaving != nil {
			leaving = append(leaving, s.leaving)
		}
	}
	return leaving
}
