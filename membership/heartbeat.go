// HEARTBEAT: keeps links alive, measures them, and settles disagreements about
// who is whose neighbor. Deviation: the paper relies on TCP and on traffic.

package membership

import (
	"time"

	"github.com/kithmesh/kith/views"
)

// Both ends of a link send their heartbeats at the same time, so that the second one carries the
// acknowledgment of the first. Whoever is due first begins, and the other one answers at once if it
// is due within half an interval. Who has answered waits for an interval and a quarter, the longest
// of all pauses: so the same one begins again, and if it does not, the other one does in time. What
// is due within a sixteenth of an interval is sent with what is due now.
const (
	answerWithin  = 2  // the interval's half
	answerPause   = 4  // an interval and its quarter
	beatsTogether = 16 // the interval's sixteenth
)

// sendHeartbeats tells every neighbor that is due that it is one, and sets the timer for the next.
func (n *Node) sendHeartbeats() {
	interval := n.cfg.HeartbeatInterval
	pause := views.Jitter(interval, n.rng)
	next := pause
	for i := range n.active.Len() {
		if due := n.active.Due(i, n.now); due <= interval/beatsTogether {
			n.beat(i, pause)
		} else {
			next = min(next, due)
		}
	}
	n.schedule(Timer{Kind: HeartbeatTimer}, next)
}

// beat tells the neighbor at a position that it is one, for the next time after a pause.
func (n *Node) beat(i int, pause time.Duration) {
	p, info := n.active.At(i)
	m := Message{Kind: Heartbeat, Active: true, Degree: n.degree(), Sent: n.now}
	m.Echo, m.Held = n.active.Echo(i, n.now)
	n.active.Postpone(i, n.now, pause)
	n.send(p, info.Link, m)
}

// onHeartbeat notes what a neighbor says of itself and of us, and answers if it is time to.
func (n *Node) onHeartbeat(from *views.Peer, link uint64, m *Message) {
	if !m.Active {
		n.disowned(from, link)
		return
	}
	rtt := n.now - m.Echo - m.Held
	if m.Echo <= 0 || rtt < 0 || rtt >= time.Minute {
		rtt = 0
	}
	if n.mayGo(from, m.Degree) {
		n.endStay(from.ID)
		return
	}
	i := n.active.Beat(from, m.Degree, m.Sent, n.now, rtt)
	interval := n.cfg.HeartbeatInterval
	if i >= 0 && interval > 0 && n.active.Due(i, n.now) <= interval/answerWithin {
		n.beat(i, interval+interval/answerPause)
	}
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
