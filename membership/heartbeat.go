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
	known, info := n.active.Get(from.ID)
	if known == nil || info.Link != link {
		if m.Active {
			n.stranger(from, link)
		}
		return
	}
	if !m.Active {
		if n.now-info.Since > n.cfg.Grace {
			n.closeLink(from, link)
			n.remove(from.ID, NotActive)
			n.setAside(from, n.cfg.CoolDown)
		}
		return
	}
	info.Degree = m.Degree
	info.Stamp, info.StampAt = m.Sent, n.now
	if rtt := n.now - m.Echo - m.Held; m.Echo > 0 && rtt >= 0 && rtt < time.Minute {
		info.RTT = rtt
	}
}

// fromNeighbor reports whether a message that only neighbors send comes from one;
// whoever else sends it believes to be one.
func (n *Node) fromNeighbor(from *views.Peer, link uint64) bool {
	if _, info := n.active.Get(from.ID); info != nil && info.Link == link {
		return true
	}
	n.stranger(from, link)
	return false
}

// stranger deals with a peer that has this node in its view without being in
// ours. Handshakes in flight are given a grace; then it is told.
func (n *Node) stranger(from *views.Peer, link uint64) {
	n.stats.Strangers++
	i := n.strangers.find(from.ID)
	switch {
	case n.requestTo(from) >= 0:
	case i < 0:
		n.strangers.add(from.ID, n.now)
	case n.now-n.strangers[i].at > n.cfg.Grace:
		n.strangers.remove(from.ID)
		n.send(from, link, Message{Kind: Disconnect, Reason: NotActive})
		n.closeLink(from, link)
	}
}
