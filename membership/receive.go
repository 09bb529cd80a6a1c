// Messages and lost links: who they are from, and to which handler they go.

package membership

import (
	"time"

	"github.com/kithmesh/kith/views"
)

// receive handles a message that came on a link.
func (n *Node) receive(from *views.Peer, link uint64, m *Message) {
	if int(m.Kind) < len(n.stats.Received) {
		n.stats.Received[m.Kind]++
	}
	neighbor := n.active.Heard(from, link, n.now)
	switch {
	case neighbor:
	case from.ID == n.self.ID:
		n.stats.FromSelf++
		n.closeLink(from, link)
		return
	case n.outlived(from, link):
		return
	default:
		n.sighted(from)
		if m.fromNeighbors() {
			n.stranger(from, link)
			return
		}
	}
	switch m.Kind {
	case Neighbor:
		n.onNeighbor(from, link, m)
	case NeighborReply:
		n.onNeighborReply(from, link, m)
	case ForwardJoin:
		n.onForwardJoin(from, m)
	case Disconnect:
		n.onDisconnect(from, link, m)
	case Shuffle:
		n.onShuffle(from, m)
	case ShuffleReply:
		n.onShuffleReply(from, link, m)
	case Heartbeat:
		if neighbor {
			n.onHeartbeat(from, link, m)
		}
	case Join, JoinReply:
		n.stats.Misplaced++ // they belong to a meeting place
	default:
		n.stats.Misplaced++
	}
}

// fromNeighbors reports whether whoever sends the message believes to be a neighbor.
func (m *Message) fromNeighbors() bool {
	return m.Kind == ForwardJoin || m.Kind == Shuffle || m.Kind == Heartbeat && m.Active
}

// outlived settles which life of an ID counts. A newer life replaces a neighbor;
// an older one than is known first-hand is sent away, for as long as there is a
// tombstone, so that two nodes with one ID do not take turns.
func (n *Node) outlived(from *views.Peer, link uint64) bool {
	known, _ := n.active.Get(from.ID)
	if known != nil && known.Incarnation < from.Incarnation {
		n.disconnect(known, Message{Kind: Disconnect, Reason: Superseded}, Superseded)
		n.bury(known)
	}
	if !n.book.left.has(from) && n.knownLife(from.ID) <= from.Incarnation {
		return false
	}
	n.stats.Stale++
	n.send(from, link, Message{Kind: Disconnect, Reason: Superseded})
	n.closeLink(from, link)
	return true
}

// bury keeps a life that is over, and those before it, from being brought back by
// hearsay or by itself.
func (n *Node) bury(p *views.Peer) {
	n.passive.Remove(p.ID)
	n.book.lost.Remove(p.ID)
	n.write().left.add(p, n.now+n.cfg.TombstoneFor)
}

// sighted notes that a peer is alive: it has just sent something on a link whose
// hello proved who it is.
func (n *Node) sighted(from *views.Peer) {
	if n.active.Has(from.ID) {
		return // on another link
	}
	if n.book.lost.Remove(from.ID) || n.passive.Has(from.ID) {
		n.meet(from)
	}
	n.passive.Alive(from)
}

// linkLost handles the end of a link or the failure of a dial.
func (n *Node) linkLost(p *views.Peer, link uint64, reason Reason) {
	if known, info := n.active.Get(p.ID); known != nil && known.Same(p) && info.Link == link {
		n.remove(p.ID, reason)
		if reason == Slow || reason == Misbehaved {
			n.setAside(p, n.cfg.SlowCoolDown)
		} else {
			n.write().lost.Add(p, n.now, n.cfg.ProbeMin)
		}
		return
	}
	if i := n.requestToLife(p); i >= 0 {
		n.failRequest(i, p, reason)
		return
	}
	if reason == Unreachable || reason == WrongPeer {
		n.failed(p, reason)
	}
}

// failed records that a peer could not be reached. The paper removes it from the
// passive view at once; here it is kept for one more attempt, then looked for
// as lost, unless it was hearsay. An address at which somebody else answers is forgotten.
// What befalls one address says nothing about another one of the same ID.
func (n *Node) failed(p *views.Peer, reason Reason) {
	if lost := n.book.lost.Get(p.ID); lost != nil && lost.Itself(p) && reason == WrongPeer {
		n.book.lost.Remove(p.ID)
	}
	known, spare := n.passive.Get(p.ID)
	switch {
	case known == nil || !known.Itself(p):
	case reason == WrongPeer:
		n.passive.Remove(p.ID)
	case n.passive.Failed(p, n.now+views.Jitter(n.cfg.CoolDown, n.rng)) >= mostFails:
		n.passive.Remove(p.ID)
		wait := time.Duration(0)
		if spare.Proved {
			wait = n.cfg.ProbeMin
		}
		n.write().lost.Add(p, n.now, wait)
	}
}

// mostFails is how many attempts in a row a passive peer may fail. Our choice: 2,
// as one failure may be the network's.
const mostFails = 2

// setAside puts a peer that has proved who it is into the passive view, where it is not
// to be asked for a while.
func (n *Node) setAside(p *views.Peer, coolDown time.Duration) {
	n.meet(p)
	n.passive.SetAside(p, n.now+views.Jitter(coolDown, n.rng))
}

// meet takes a peer that has proved who it is into the passive view, unless it is this
// node, a neighbor or gone.
func (n *Node) meet(p *views.Peer) {
	if n.isSelf(p) || n.active.Has(p.ID) || n.book.left.has(p) {
		return
	}
	n.book.lost.Remove(p.ID)
	if n.passive.Prove(n.now, p, n.rng) {
		n.shuffle.learnt = true
	}
}

// isSelf reports whether p is this node, by ID or by an address that is its own.
func (n *Node) isSelf(p *views.Peer) bool {
	return p == n.self || n.isSelfHashed(p, views.Fingerprint(p.ID))
}

// isSelfHashed is isSelf for a peer of whose ID the fingerprint is known.
func (n *Node) isSelfHashed(p *views.Peer, hash uint16) bool {
	return hash == n.idHash && p.ID == n.self.ID ||
		views.Fingerprint(p.Addr) == n.addrHash && p.Addr == n.self.Addr
}

// sampleFor picks peers to tell to about: random neighbors and spare peers, at
// most k, never about itself.
func (n *Node) sampleFor(about *views.Peer, k int) []views.Sighting {
	from := len(n.samples)
	n.samples = n.active.Sample(n.samples, (k+1)/2, about, n.rng)
	n.samples = n.passive.Sample(n.samples, k-(len(n.samples)-from), n.now, about, n.rng)
	return n.samples[from:len(n.samples):len(n.samples)]
}

// answerSample is how many peers a refusal, an eviction or a farewell names, so
// that nobody is left without candidates; joinSample how many a newcomer is told.
// Our choice: a view's worth, and twice that.
const (
	answerSample = 5
	joinSample   = 10
)
