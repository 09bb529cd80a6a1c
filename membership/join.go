// JOIN (paper §4.2): how a newcomer is let in, and how a node goes on asking.

package membership

import (
	"time"

	"github.com/kithmesh/kith/views"
)

// joining is the newcomer's side: it asks until it is well connected, and again
// when it is not any more.
type joining struct {
	sequence uint32 // of the latest JoinTimer
	armed    bool   // it is set
	pauses   uint8  // how many there were in a row
}

// enough is how many neighbors end the joining: with one, the node hangs on the
// one that has just let everybody else in too.
const enough = 2

// restart makes the next attempt come soon.
func (j *joining) restart() {
	j.armed = false
	j.pauses = 0
}

// wellConnected reports whether the meeting place has nothing more to offer. A
// node that knows few others is in a small cluster or, if many joined at the same
// time, on an island: a handful of nodes that know each other and nobody else.
// From inside they look the same, so it goes on asking, ever more slowly.
func (n *Node) wellConnected() bool {
	return n.active.Len() >= min(enough, int(n.wanted)) && !n.knowsFew()
}

// knowsFew reports whether the passive view is under half.
func (n *Node) knowsFew() bool { return 2*n.passive.Len() < n.passive.Size() }

// keepJoining sets the timer of the next attempt. Attempts never end; the pause
// between them grows.
func (n *Node) keepJoining() {
	j := &n.joining
	if n.wellConnected() {
		j.restart()
		return
	}
	if j.armed {
		return
	}
	j.armed = true
	j.sequence++
	wait := backoff(&j.pauses, n.cfg.JoinMin, n.cfg.JoinMax)
	n.schedule(Timer{Kind: JoinTimer, Sequence: j.sequence}, views.Jitter(wait, n.rng))
}

// backoff returns the next of pauses that double from shortest to longest.
func backoff(pauses *uint8, shortest, longest time.Duration) time.Duration {
	wait := shortest
	for range *pauses {
		wait = min(2*wait, longest)
	}
	if wait < longest {
		*pauses++
	}
	return wait
}

func (n *Node) joinExpired(t Timer) {
	if !n.joining.armed || t.Sequence != n.joining.sequence {
		return
	}
	n.joining.armed = false
	n.linkUp()
	n.ask()
}

// ask takes a Join to a meeting place. A node without neighbors asks with high
// priority; one that only visits brings a sample, so that two parts of a cluster
// that have lost each other meet.
func (n *Node) ask() {
	m := Message{Kind: Join, Priority: High, Degree: n.degree(), Peer: n.self}
	if n.active.Len() > 0 {
		m.Priority = Low
		m.Sample = n.sampleFor(n.self, joinSample)
	}
	n.stats.Sent[Join]++
	n.effect(Ask).Message = m
}

// onJoin answers a newcomer at a meeting place. Nobody is believed there: the
// newcomer becomes a neighbor only after this node has dialed the address it
// gave and found it there.
func (n *Node) onJoin(token uint64, m *Message) {
	n.stats.Received[Join]++
	reply := Message{Kind: JoinReply, Peer: n.self}
	reply.Verdict, reply.Incarnation = n.letIn(m)
	if reply.Verdict == Accepted || reply.Verdict == Redirected || reply.Verdict == Undialable {
		reply.Sample = n.sampleFor(m.Peer, joinSample)
		n.visited(m)
	}
	n.stats.Sent[JoinReply]++
	e := n.effect(Answer)
	e.Token, e.Message = token, reply
}

// letIn decides about a newcomer and, if it is welcome, asks it to be a neighbor.
func (n *Node) letIn(m *Message) (Verdict, uint64) {
	p := m.Peer
	if p == nil {
		return Refused, 0 // a decoded Join has one
	}
	if p.ID == n.self.ID {
		if p.Itself(n.self) {
			return Own, 0
		}
		n.stats.Duplicates++
		return Stale, n.self.Incarnation
	}
	if known := n.knownLife(p.ID); known > p.Incarnation || n.book.left.has(p) {
		return Stale, known
	}
	if neighbor, _ := n.active.Get(p.ID); neighbor != nil {
		if neighbor.Same(p) {
			return Accepted, 0
		}
		return Redirected, 0 // it asks by itself, which proves that its earlier life is over
	}
	if n.tooSoon(p) || !n.write().joins.take(n.now, n.joinRate(), n.cfg.JoinRate) {
		n.stats.Redirected++
		return Redirected, 0
	}
	verdict := Accepted
	if n.book.undialable.remove(p.ID) {
		verdict = Undialable
	}
	n.invite(p, m.Priority, true)
	return verdict, 0
}

func (n *Node) joinRate() float64 {
	if n.room(nil) == 0 {
		return n.cfg.JoinRateFull
	}
	return n.cfg.JoinRate
}

// knownLife returns the newest incarnation of the ID that is known first-hand.
func (n *Node) knownLife(id string) uint64 {
	known := n.book.left.incarnation(id)
	if p, _ := n.active.Get(id); p != nil {
		known = max(known, p.Incarnation)
	}
	return known
}

// invite asks a newcomer to become a neighbor. One without neighbors gets a place
// made for it, but not twice in HighInterval; one that has some only takes a free slot.
func (n *Node) invite(p *views.Peer, why Priority, spread bool) {
	r := request{priority: Low, walk: Low, spread: spread}
	switch {
	case why == High && (n.room(p) > 0 || !n.book.highs.has(p.ID)):
		r.priority, r.walk = Joining, High
	case n.room(p) == 0:
		return
	}
	n.request(p, r)
}

// spread sends the newcomer on its walks, one through each of the other
// neighbors: those left after somebody had to make room.
func (n *Node) spread(newcomer *views.Peer, priority Priority) {
	for i := range n.active.Len() {
		p, info := n.active.At(i)
		if p.ID != newcomer.ID {
			n.send(p, info.Link, Message{
				Kind: ForwardJoin, TTL: n.cfg.ARWL, Priority: priority, Peer: newcomer,
			})
		}
	}
}

// onForwardJoin is one step of a newcomer's walk. The paper ends it where the TTL
// is 0 or there is one neighbor, who is the sender; the rule behind both is that
// it ends where it cannot go on. It never ends at somebody who is the newcomer's
// neighbor already: a second link to the same node is none.
func (n *Node) onForwardJoin(from *views.Peer, m *Message) {
	if n.isSelf(m.Peer) || n.book.left.has(m.Peer) {
		return
	}
	ttl := min(m.TTL, n.cfg.ARWL)
	next, link := n.active.Pick(n.rng, from, m.Peer)
	ends := ttl == 0 || next == nil
	known := n.active.Has(m.Peer.ID)
	switch {
	case known && ends:
		return
	case known:
	case ends:
		n.endOfWalk(m)
		return
	case ttl == n.cfg.PRWL:
		n.hear(views.Sighting{Peer: m.Peer}, nil)
	}
	if !n.mayPass() {
		return
	}
	n.send(next, link, Message{
		Kind: ForwardJoin, TTL: ttl - 1, Priority: m.Priority, Peer: m.Peer,
	})
}

// endOfWalk offers the newcomer a place here. While too many come at once it is
// only remembered: the newcomer, and with it whom this node dials, is the choice of
// whoever sent the walk.
func (n *Node) endOfWalk(m *Message) {
	if len(n.book.requests) >= 2*int(n.wanted) || !n.write().joins.take(n.now, n.joinRate(), n.cfg.JoinRate) {
		n.stats.LimitedWalks++
		n.hear(views.Sighting{Peer: m.Peer}, nil)
		return
	}
	if m.Priority != High && n.room(m.Peer) == 0 {
		n.hear(views.Sighting{Peer: m.Peer}, nil)
	}
	n.invite(m.Peer, m.Priority, false)
}

// onJoinReply handles the answer from a meeting place. A contact that accepted
// is about to dial; until it has, nobody else is asked.
func (n *Node) onJoinReply(m *Message) {
	if m.Kind != JoinReply || m.Peer == nil {
		return // nobody was there, or nobody answered
	}
	n.stats.Received[JoinReply]++
	switch m.Verdict {
	case Accepted, Redirected, Undialable:
		if n.learn(views.Sighting{Peer: m.Peer}, nil) && n.active.Len() > 0 {
			n.rotation.met = m.Peer
		}
		n.merge(m.Sample, nil)
		n.linkUp()
	case Refused, Own, Stale:
		return
	}
	if m.Verdict == Accepted && n.active.Len() == 0 {
		n.awaitOthers(n.cfg.Grace / 2)
	}
}

// linkUp exchanges a link with a contact from another island: one that was unknown,
// where few are known and everybody soon knows everybody. From then on it is known
// here, with others of its island, so that no later visit would tell; hence it is
// asked again with every attempt to join. Deviation: the paper has no islands.
func (n *Node) linkUp() {
	p := n.rotation.met
	if p == nil || n.active.Len() == 0 {
		return
	}
	switch {
	case !n.passive.Has(p.ID):
		n.rotation.met = nil
	case n.knowsFew():
		n.request(p, request{priority: Swap})
	}
}
