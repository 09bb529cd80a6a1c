// What a node remembers for a while beside its views.

package membership

import (
	"time"

	"github.com/kithmesh/kith/views"
)

// notebook is what a node has in hand and in mind beside its views. In a cluster at
// rest that is nothing, so that a node has a notebook of its own only while there is
// something in it. It is read as n.book and written as n.write().
type notebook struct {
	requests []request // the Neighbor requests that wait for an answer
	// displaced is the neighbor that had to go for the latest guest.
	displaced *views.Peer
	// kept are those who have a guest in this node's place, and who had to go for one
	// here: a slot is kept for each.
	kept notes
	// traded is the latest exchange of links, which the neighbor that lost its place
	// may undo.
	traded trade
	// evictor is who gave this node up last, to be asked before anybody else.
	evictor *views.Peer
	// kin is a peer of the node's own zone, when it has too few neighbors of it.
	kin  *views.Peer
	lost views.Lost // who is looked for

	joins      bucket // newcomers let in
	visits     bucket // visitors from the meeting place that were listened to
	evictions  bucket // neighbors given up because others asked
	highs      notes  // who evicted somebody here by asking with high priority
	admitted   notes  // who was taken in of late
	strangers  notes  // who believes to be a neighbor and is not
	undialable notes  // newcomers that could not be dialed back
	left       tombs  // who left
}

// write returns the node's own notebook.
func (n *Node) write() *notebook {
	if n.book == &n.blank {
		n.book = &notebook{lost: views.NewLost(n.cfg.LostSize)}
	}
	return n.book
}

// forgetOld drops what nobody has confirmed for too long, and the notebook when it
// is empty.
func (n *Node) forgetOld() {
	if n.room(nil) == 0 {
		n.passive.NewRound(n.now) // whoever leaves a slot begins one anyway
	}
	n.passive.Expire(n.now, n.now-n.cfg.MaxAge)
	if n.book == &n.blank {
		return
	}
	b := n.book
	b.kept.expire(n.now - n.keepFor())
	if b.traded.until < n.now {
		b.traded = trade{}
	}
	if n.full() {
		b.evictor = nil
	}
	if b.kin != nil && n.lacks() != nearSide {
		b.kin = nil
	}
	b.lost.Expire(n.now - n.cfg.LostFor)
	b.left.expire(n.now)
	b.highs.expire(n.now - n.cfg.HighInterval)
	b.admitted.expire(n.now - n.cfg.CoolDown)
	b.strangers.expire(n.now - 10*n.cfg.Grace)
	b.undialable.expire(n.now - time.Minute)
	if b.empty() && b.joins.full(n.now, n.joinRate()) && b.evictions.full(n.now, n.cfg.EvictRate) &&
		b.visits.full(n.now, visitRate) {
		n.book = &n.blank
	}
}

// empty reports whether nothing is remembered but how many tokens were taken.
func (b *notebook) empty() bool {
	return len(b.requests) == 0 && b.displaced == nil && len(b.kept) == 0 && b.traded.out == nil && b.evictor == nil && b.kin == nil && b.lost.Len() == 0 && len(b.highs) == 0 &&
		len(b.admitted) == 0 && len(b.strangers) == 0 && len(b.undialable) == 0 && len(b.left) == 0
}
