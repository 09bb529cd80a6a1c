// Repair (paper §4.3): filling free slots from the passive view.

package membership

import (
	"time"

	"github.com/kithmesh/kith/views"
)

// repair is the state of filling free slots. It goes in rounds: in a round every
// candidate is asked once, and no more than a full passive view holds, as every
// refusal brings new ones; after a round in vain there is a pause, which grows.
type repair struct {
	hold     time.Duration // nobody is asked before; somebody is about to ask us
	sequence uint32        // of the RefillTimer that ends the pause
	asked    uint16        // how many were asked in this round
	pauses   uint8         // how many there were in a row
	resting  bool          // the pause after a round in vain
}

// restartRepair begins a new round at once.
func (n *Node) restartRepair() {
	n.nextRound()
	n.repair.sequence++
	n.repair.pauses = 0
}

// nextRound begins the next round.
func (n *Node) nextRound() {
	n.passive.NewRound(n.now)
	n.repair.asked = 0
	n.repair.resting = false
}

// awaitOthers asks nobody for a while, as others are about to ask this node.
func (n *Node) awaitOthers(d time.Duration) {
	n.repair.hold = n.now + d
	n.schedule(Timer{Kind: RefillTimer, Sequence: n.repair.sequence}, d)
}

// refill is called after every step: while there are free slots and somebody to
// ask, ask. Deviation: the paper tries one candidate after another when a
// neighbor fails; here it is the state that asks for repair, not the event, and
// several slots are filled at once.
func (n *Node) refill() {
	if n.repair.resting || n.now < n.repair.hold {
		return
	}
	for n.repairing() < min(n.room(nil), n.cfg.Parallel) {
		p := n.candidate()
		if p == nil {
			if n.repairing() == 0 {
				n.endRound()
			}
			return
		}
		n.request(p, request{priority: n.urgency()})
	}
}

// repairing is how many free slots are being filled.
func (n *Node) repairing() int {
	count := 0
	for _, r := range n.book.requests {
		if !r.makesRoom() {
			count++
		}
	}
	return count
}

// urgency is high exactly when there is no neighbor (paper §4.3), for one request
// at a time, and not at once after an eviction: that would only pass it on.
func (n *Node) urgency() Priority {
	if n.active.Len() > 0 || n.humble {
		return Low
	}
	for _, r := range n.book.requests {
		if r.priority == High {
			return Low
		}
	}
	return High
}

// candidate picks a random spare peer that was not asked in this round and is not
// being left alone; an isolated node leaves nobody alone.
func (n *Node) candidate() *views.Peer {
	if int(n.repair.asked) >= n.passive.Size() {
		return nil
	}
	if p := n.book.evictor; p != nil {
		n.write().evictor = nil
		if n.requestTo(p) < 0 && !n.tooSoon(p) && !n.active.Has(p.ID) {
			return p
		}
	}
	isolated := n.active.Len() == 0
	p := n.pickSpare(func(p *views.Peer, s views.Spare) bool {
		return !s.Asked && (isolated || s.NotBefore <= n.now) && n.requestTo(p) < 0
	})
	if p != nil {
		n.passive.Asked(p)
		n.repair.asked++
	}
	return p
}

// endRound rests after a round in vain. A node that misses two neighbors or more
// asks a full one to break a link and takes both its ends. With one missing there
// may be nobody left to link to, except for a neighbor that misses one too: then
// this node takes one end of the broken link and that neighbor the other.
func (n *Node) endRound() {
	n.humble = false
	if n.passive.Len() == 0 && n.book.lost.Len() == 0 {
		return
	}
	switch {
	case n.active.Len() == 0:
		if p := n.book.lost.Pick(n.rng); p != nil {
			n.request(p, request{priority: High})
		}
	case n.room(nil) >= 2:
		n.swapWithSomebody(request{})
	default:
		if room := n.neighborWithRoom(); room != nil {
			n.swapWithSomebody(request{room: room})
		}
	}
	n.rest()
}

// neighborWithRoom returns a neighbor that has a free slot, by its heartbeats.
func (n *Node) neighborWithRoom() *views.Peer {
	for i := range n.active.Len() {
		if p, info := n.active.At(i); info.Degree > 0 && int(info.Degree) < int(n.wanted) {
			return p
		}
	}
	return nil
}

func (n *Node) rest() {
	r := &n.repair
	r.resting = true
	r.sequence++
	wait := backoff(&r.pauses, n.cfg.RefillMin, n.cfg.RefillMax)
	n.schedule(Timer{Kind: RefillTimer, Sequence: r.sequence}, views.Jitter(wait, n.rng))
}

// refillExpired begins the next round, or ends a hold.
func (n *Node) refillExpired(t Timer) {
	if t.Sequence != n.repair.sequence {
		return
	}
	if n.repair.resting {
		n.nextRound()
	}
}

// swapWithSomebody asks a random spare peer for an exchange of links.
func (n *Node) swapWithSomebody(r request) {
	if p := n.passive.Pick(n.rng, n.mayAsk); p != nil {
		r.priority = Swap
		n.request(p, r)
	}
}

// keepProbing sets the timer of the next look for a lost peer, if there is any.
func (n *Node) keepProbing() {
	if n.probing || n.book.lost.Sought() == 0 {
		return
	}
	n.probing = true
	n.schedule(Timer{Kind: ProbeTimer}, views.Jitter(n.cfg.ProbeMin, n.rng))
}

// probe looks for a lost peer. One that is found again becomes a neighbor by an
// exchange of links, as it was one before. Deviation: the paper forgets failed
// peers, and with them the other half of a partitioned cluster.
//
// If hearsay has it that the peer is back, perhaps in a new life, its word is tried every
// other time; a link is not exchanged for a peer that others have found.
func (n *Node) probe() {
	p := n.book.lost.Due(n.now, n.cfg.ProbeMax, n.rng)
	if p == nil {
		return
	}
	n.stats.Probes++
	told, _ := n.passive.Get(p.ID)
	switch {
	case told == nil:
		n.request(p, request{priority: Swap, probe: true})
	case n.rng.IntN(2) == 0:
		n.request(told, request{priority: Low, probe: true})
	default:
		n.request(p, request{priority: Low, probe: true})
	}
}
