// NEIGHBOR and its answer (paper §4.3): the one way into an active view.

package membership

import (
	"slices"

	"github.com/kithmesh/kith/views"
)

// request is a Neighbor that waits for its answer.
type request struct {
	peer     *views.Peer
	number   uint32
	priority Priority
	// spread: on acceptance tell the neighbors about the newcomer, by ForwardJoins
	// of priority walk.
	spread bool
	walk   Priority
	// room is a peer with a free slot, for whomever the asked gives up in a Swap.
	room *views.Peer
	// probe: the peer is lost, and any answer means that it is not.
	probe bool
	// even: an acceptance counts only if the asked gave somebody up, too.
	even bool
}

// makesRoom reports whether the asker gives up a neighbor for the peer it asked:
// for a newcomer or in an exchange, but not when it only wanted to fill a slot.
func (r *request) makesRoom() bool { return r.priority == Joining || r.priority == Swap }

// request asks p to become a neighbor, unless it is one, has been asked, was one a
// moment ago, or has left. If p is hearsay, and has proved who it is here, it is asked
// at the address that it had then.
func (n *Node) request(p *views.Peer, r request) {
	if known, spare := n.passive.Get(p.ID); spare.Proved && known.Incarnation >= p.Incarnation {
		p = known
	}
	if n.isSelf(p) || n.active.Has(p.ID) || n.requestTo(p) >= 0 || n.tooSoon(p) || n.book.left.has(p) {
		return
	}
	n.lastRequest = max(1, n.lastRequest+1)
	r.peer, r.number = p, n.lastRequest
	b := n.write()
	b.requests = append(b.requests, r)
	n.send(p, 0, Message{
		Kind: Neighbor, Request: r.number, Priority: r.priority, Degree: n.degree(), Peer: r.room,
	})
	n.schedule(Timer{Kind: RequestTimer, Sequence: r.number, ID: p.ID}, n.cfg.NeighborTimeout)
}

// requestTo returns the position of the request to p, in whatever life, or -1.
// There is at most one.
func (n *Node) requestTo(p *views.Peer) int {
	for i, r := range n.book.requests {
		if r.peer.ID == p.ID {
			return i
		}
	}
	return -1
}

// requestToLife returns the position of the request to this life of p, or -1.
func (n *Node) requestToLife(p *views.Peer) int {
	if i := n.requestTo(p); i >= 0 && n.book.requests[i].peer.Same(p) {
		return i
	}
	return -1
}

// takeRequest removes and returns a request.
func (n *Node) takeRequest(i int) request {
	b := n.write()
	r := b.requests[i]
	b.requests = slices.Delete(b.requests, i, i+1)
	b.kept.remove(r.peer.ID)
	return r
}

// onNeighbor answers a request. One from a neighbor is answered yes again, one
// that crossed our own is its acceptance; else the priority decides.
func (n *Node) onNeighbor(from *views.Peer, link uint64, m *Message) {
	if known, info := n.active.Get(from.ID); known != nil {
		n.relink(known, info.Link, from, link)
		n.accept(from, link, m, nil)
		return
	}
	if i := n.requestToLife(from); i >= 0 {
		if r := n.takeRequest(i); n.room(from) > 0 || r.makesRoom() {
			r.even = false
			n.accept(from, link, m, nil)
			n.admitAsked(from, link, r, m)
			return
		}
	}
	if !n.welcome(from, m) {
		n.stats.RefusedNeighbors++
		n.send(from, link, Message{
			Kind: NeighborReply, Request: m.Request, Verdict: Refused,
			Degree: n.degree(), Sample: n.sampleFor(from, answerSample),
		})
		return
	}
	if m.Priority == High && n.room(from) == 0 && n.hosts() {
		n.host(from, link, m)
		return
	}
	first := n.active.Len() == 0
	var evicted *views.Peer
	if m.Priority == High || m.Priority == Swap {
		evicted = n.makeRoom(from, n.placeFor(from, m), m.Priority == Swap)
	}
	n.accept(from, link, m, evicted)
	n.admit(from, link)
	if first && m.Priority == Joining {
		n.awaitOthers(n.cfg.Grace / 4) // the walks, and whom our contact evicted
	}
}

// relink notes that a neighbor asked again, on another link or with a changed
// record. It gave its old link up, so this side does too.
func (n *Node) relink(known *views.Peer, old uint64, from *views.Peer, link uint64) {
	if old == link && *known == *from {
		return
	}
	if old != link {
		n.closeLink(known, old)
	}
	n.active.Update(from, link, n.now)
	n.emit(Event{Kind: NeighborUpdate, Peer: from, Link: link})
}

// welcome decides whether the asker may become a neighbor. Requests of our own do
// not reserve a slot: most are refused, and two nodes that both wait for others
// would refuse each other. One that is accepted too late is Surplus.
func (n *Node) welcome(from *views.Peer, m *Message) bool {
	if n.tooSoon(from) {
		return false
	}
	switch m.Priority {
	case Low, Joining:
		return n.room(from) > 0 || n.returns(from)
	case High:
		return n.room(from) > 0 || n.mayEvictFor(from)
	case Swap:
		return n.room(from) > 0 || n.mayEvict()
	}
	return false
}

// tooSoon reports whether p was taken in less than a cool-down ago: every coming and
// going is an event for the application, and must not be as frequent as p likes.
func (n *Node) tooSoon(p *views.Peer) bool {
	i := n.book.admitted.find(p.ID)
	return i >= 0 && n.now-n.book.admitted[i].at < n.cfg.CoolDown
}

// mayEvict limits evictions at the request of others.
func (n *Node) mayEvict() bool {
	return n.write().evictions.take(n.now, n.cfg.EvictRate, float64(n.wanted))
}

// mayEvictFor limits evictions by high priority, per asker and in all, and to one
// guest at a time: whoever may always evict takes over the views of everybody.
func (n *Node) mayEvictFor(from *views.Peer) bool {
	if n.hosting() || n.book.displaced != nil || n.book.highs.has(from.ID) || !n.mayEvict() {
		n.stats.LimitedHighs++
		return false
	}
	n.write().highs.add(from.ID, n.now)
	return true
}

// accept answers yes. Evicted is who was given up for the asker, to be introduced
// to whomever the asker gives up in its turn.
func (n *Node) accept(from *views.Peer, link uint64, m *Message, evicted *views.Peer) {
	n.send(from, link, Message{
		Kind: NeighborReply, Request: m.Request, Verdict: Accepted, Degree: n.degree(), Peer: evicted,
	})
}

// onNeighborReply handles the answer to a request. An answer that matches none
// is ignored; if it is an acceptance the other side has us in its view, and must
// hear that we do not have it.
func (n *Node) onNeighborReply(from *views.Peer, link uint64, m *Message) {
	i := n.requestToLife(from)
	if i < 0 || n.book.requests[i].number != m.Request {
		n.stats.UnmatchedReplies++
		if m.Verdict == Accepted && !n.active.Has(from.ID) && i < 0 {
			n.send(from, link, Message{Kind: Disconnect, Reason: NotActive})
			n.closeLink(from, link)
		}
		return
	}
	r := n.takeRequest(i)
	n.merge(m.Sample, nil)
	if r.probe {
		n.rotateSoon()
	}
	if m.Verdict == Accepted {
		n.admitAsked(from, link, r, m)
		return
	}
	n.closeLink(from, link) // it was made for this answer
}

// admitAsked takes in a peer that accepted our request. When the view has filled
// up meanwhile, a newcomer or a swap gets a place made; somebody asked only to
// fill a slot is not needed any more, nor is one that takes and does not give.
func (n *Node) admitAsked(from *views.Peer, link uint64, r request, m *Message) {
	if n.room(from) == 0 && (!r.makesRoom() || r.even && m.Peer == nil) {
		n.stats.Surplus++
		n.send(from, link, Message{
			Kind: Disconnect, Reason: NotActive, Sample: n.sampleFor(from, answerSample),
		})
		n.closeLink(from, link)
		n.setAside(from, n.cfg.CoolDown)
		return
	}
	side, had := n.need()
	n.exchangeFor(from, r, m)
	n.admit(from, link)
	n.gained(side, had, m.Peer)
	if r.spread {
		n.spread(from, r.walk)
	}
}

// exchangeFor makes room for a peer that accepted. If it gave up a neighbor for
// us, that one and ours are introduced to each other: two links become two
// others, and nobody ends with fewer.
//
// A contact's neighbor is not sent to the newcomer, except where everybody knows
// everybody anyway: those who come in through one door, one after the other, would
// make a chain.
func (n *Node) exchangeFor(from *views.Peer, r request, m *Message) {
	given := m.Peer
	switch {
	case n.room(from) == 0:
		if r.priority == Joining {
			n.write().highs.add(from.ID, n.now)
		}
		victim := n.victim(from, given)
		if given == nil || victim == nil {
			place := n.placeAt(from, m.Degree)
			if r.spread && !n.knowsFew() {
				place = nil
			}
			n.makeRoom(from, place, r.priority == Swap)
			return
		}
		n.trades(victim, from, given)
	case given != nil && n.room(from) > 1:
		n.request(given, request{priority: Low})
	}
}

// makeRoom evicts somebody when the view is full, and sends it to a peer with a
// free slot, if one is known. It returns whom it had to leave without a place.
func (n *Node) makeRoom(forPeer, place *views.Peer, swap bool) *views.Peer {
	if n.room(forPeer) > 0 {
		return nil
	}
	victim := n.victim(forPeer, place)
	if victim == nil {
		victim, place = n.victim(forPeer, nil), nil // it is the only neighbor itself
	}
	if swap {
		n.trades(victim, forPeer, place)
	} else {
		n.evict(victim, place)
	}
	if place != nil {
		return nil
	}
	return victim
}

// placeFor returns a peer with a free slot for whoever is given up for the asker:
// the asker itself, if it has room for two, or one that it knows.
func (n *Node) placeFor(asker *views.Peer, m *Message) *views.Peer {
	if p := n.placeAt(asker, m.Degree); p != nil {
		return p
	}
	if m.Peer != nil && !n.isSelf(m.Peer) && !n.book.left.has(m.Peer) {
		return m.Peer
	}
	return nil
}

// placeAt returns p if, with that many neighbors, it can take this node and one more.
func (n *Node) placeAt(p *views.Peer, itsDegree uint8) *views.Peer {
	if int(itsDegree)+2 <= int(n.wanted) {
		return p
	}
	return nil
}

// admit is the only way into the active view: the handshake is complete and the
// link is live.
func (n *Node) admit(p *views.Peer, link uint64) {
	if i := n.requestTo(p); i >= 0 {
		n.takeRequest(i)
	}
	n.passive.Remove(p.ID)
	b := n.write()
	b.evictor = nil
	b.lost.Remove(p.ID)
	b.strangers.remove(p.ID)
	b.admitted.remove(p.ID)
	b.admitted.add(p.ID, n.now)
	b.kept.remove(p.ID)
	if b.displaced != nil && b.displaced.ID == p.ID {
		b.displaced = nil
	}
	n.repair.hold = 0
	n.humble = false
	n.active.Add(p, link, n.now)
	n.stats.Ups++
	n.emit(Event{Kind: NeighborUp, Peer: p, Link: link})
}

// failRequest gives a request up, because its peer could not be reached or did
// not answer. The dial that failed may have gone to another record of the same life.
func (n *Node) failRequest(i int, dialed *views.Peer, reason Reason) {
	r := n.takeRequest(i)
	n.stats.FailedRequests++
	if reason == Closed {
		return // its peer was closing the link for what went before, or is no more: the next dial tells
	}
	if r.priority == Joining {
		n.write().undialable.add(r.peer.ID, n.now)
	}
	n.failed(dialed, reason)
}

// requestExpired gives up a request that was not answered in time.
func (n *Node) requestExpired(t Timer) {
	for i, r := range n.book.requests {
		if r.number == t.Sequence && r.peer.ID == t.ID {
			n.closeLink(r.peer, 0)
			n.failRequest(i, r.peer, Silent)
			return
		}
	}
}

func (n *Node) degree() uint8 { return uint8(min(n.active.Len(), 255)) }
