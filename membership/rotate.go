// Rotation: exchanging a link for a random one now and then. Deviation: in the paper a
// full active view changes only when somebody fails, so that a crowd that came in
// through one door stays a long thin band for ever, and the halves of a partition stay
// joined by a thread, or apart.

package membership

import "github.com/kithmesh/kith/views"

// rotation is when this node rotates, and with whom. An overlay is mixed by the first
// exchanges; after that they only cost links, so that they get rarer and rarer.
type rotation struct {
	met      *views.Peer // the latest contact that was unknown
	sequence uint32      // of the current RotateTimer
	pauses   uint8       // how many there were since it began, while they grow
}

// scheduleRotation sets the timer of the next rotation, ±50 %.
func (n *Node) scheduleRotation() {
	if n.cfg.RotateInterval > 0 {
		pause := backoff(&n.rotation.pauses, n.cfg.RotateMin, n.cfg.RotateInterval)
		n.schedule(Timer{Kind: RotateTimer, Sequence: n.rotation.sequence}, n.halfToOneAndAHalf(pause))
	}
}

// rotateSoon begins with short pauses again, because there may be another part of the
// cluster to grow together with.
func (n *Node) rotateSoon() {
	if n.rotation.pauses > 1 {
		n.rotation.pauses = 0
		n.rotation.sequence++
		n.scheduleRotation()
	}
}

// rotateExpired rotates, for a link to or out of the node's own zone if there are too few.
// Where everybody is a neighbor there is nothing to gain.
func (n *Node) rotateExpired(t Timer) {
	if t.Sequence != n.rotation.sequence {
		return
	}
	n.scheduleRotation()
	if n.full() && n.improve() {
		n.stats.Rotations++
		return
	}
	if n.full() && n.passive.Len() > int(n.wanted) {
		n.rotate()
	}
}

// rotate exchanges one link, for one to the latest contact if there was any: a member
// at random, whom nobody else has chosen. It need not be in the passive view any more,
// from which hearsay comes and goes within a minute.
func (n *Node) rotate() {
	n.stats.Rotations++
	met := n.rotation.met
	n.rotation.met = nil
	if met != nil && !n.active.Has(met.ID) && !n.book.lost.Has(met.ID) {
		n.request(met, request{priority: Swap, even: true})
		return
	}
	n.swapWithSomebody(request{even: true})
}
