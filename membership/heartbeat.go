// HEARTBEAT: keeps links alive, measures them, and settles disagreements about
// who is whose neighbor. Deviation: the paper relies on TCP and on traffic.

package membership

import (
	"time"

	"github.com/kithmesh/kith/views"
)

// sendHeartbeats tells every neighbor that it is one.
func (n *Node) sendHeartbeats() {
	for i := range n.active.Len() {
		p, info := n.active.At(i)
		m := Message{Kind: Heartbeat, Active: true, Degree: n.degree(), Sent: n.now}
		if info.Stamp > 0 {
			m.Echo, m.Held = info.Stamp, n.now-info.StampAt
		}
		n.send(p, info.Link, m)
	}
}

// onHeartbeat notes what a neighbor says of itself and of us.
func (n *Node) onHeartbeat(from *views.Peer, link uint64, m *Message) {
	if !m.Active {
		n.disowned(from, link)
		return
	}
	rtt := n.now - m.Echo - m.Held
	if m.Echo <= 0 || rtt < 0 || rtt >= time.Minute {
		rtt = 0
	}
	n.active.Beat(from, m.Degree, m.Sent, n.now, rtt)
}

// disowned removes a neighbor that does not have us in its view, unless that may
// still be the handshake.
func (n *Node) disowned(from *views.Peer, link uint64) {
	if _, info := n.active.Get(from.ID); n.now-info.Since > n.cfg.Grace {
		n.closeLink(from, link)
		n.remove(from.ID, NotActive)
		n.setAside(from, n.cfg.CoolDown)
	}
}

// stranger deals with a peer that has this node in its view without being in
// ours. Handshakes in flight are given a grace; then it is told.
func (n *Node) stranger(from *views.Peer, link uint64) {
	n.stats.Strangers++
	i := n.book.strangers.find(from.ID)
	switch {
	case n.requestTo(from) >= 0:
	case i < 0:
		n.write().strangers.add(from.ID, n.now)
	case n.now-n.book.strangers[i].at > n.cfg.Grace:
		n.book.strangers.remove(from.ID)
		n.send(from, link, Message{Kind: Disconnect, Reason: NotActive})
		n.closeLink(from, link)
	}
}
