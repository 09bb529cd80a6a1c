// Undoing exchanges: whoever loses its place to an exchange of links, and finds none
// where it was sent, gets it back. Deviation: the paper has no exchanges. Without this
// a node that takes links and gives none up collects them.

package membership

import (
	"time"

	"github.com/kithmesh/kith/views"
)

// trade is an exchange of links: out went, for in. It can be undone from one time
// until another.
type trade struct {
	out, in     *views.Peer
	from, until time.Duration
}

// trades gives a neighbor up in an exchange for another peer. It may return when the
// place that it was sent to is none, or when nobody has come for a while to whom it
// was sent.
func (n *Node) trades(out, in, instead *views.Peer) {
	n.evict(out, instead)
	t := trade{out: out, in: in, from: n.now, until: n.now + n.cfg.NeighborTimeout + n.cfg.Grace}
	if instead == nil {
		t.from += n.cfg.Grace / 2
	}
	n.write().traded = t
}

// returns reports whether p was given up in an exchange that it now undoes, and if so
// ends it: the peer that came in its place goes.
func (n *Node) returns(p *views.Peer) bool {
	t := n.book.traded
	if t.out == nil || !t.out.Same(p) || n.now < t.from || n.now > t.until {
		return false
	}
	if in, _ := n.active.Get(t.in.ID); in == nil || !in.Same(t.in) {
		return false
	}
	n.write().traded = trade{}
	n.stats.Undone++
	n.evict(t.in, nil)
	return true
}
