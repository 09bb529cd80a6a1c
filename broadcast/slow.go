// Links that do not keep up: lazy after a while, ended after another.

package broadcast

import "time"

// A link that stays full for a part of StallAfter becomes lazy: who relays waits less
// than who publishes. Whoever is held up by a slow link looks slow to the node before it,
// which must not take it for that.
const (
	relayShare   = 4
	publishShare = 2
	// publishing is how long after its last message a node counts as a publisher.
	publishing = time.Second
	// excuse is how long nobody waits for a link that was full for StallAfter: it becomes
	// lazy at once when it is full again.
	excuse = 30 * time.Second
)

// hold is how long a link may hold up whoever fills it.
func (n *Node) hold() time.Duration {
	if n.stats.Published > 0 && n.now-n.self.seen < publishing {
		return n.cfg.StallAfter / publishShare
	}
	return n.cfg.StallAfter / relayShare
}

// congested notes that too much waits to be written on l.
func (n *Node) congested(l *link) {
	if n.full.has(l.slot) {
		return
	}
	n.full |= only(l.slot)
	l.fullSince = n.now
	if n.excused.has(l.slot) {
		l.excusedAt = n.now
		n.demote(l)
	}
}

// pardon has links waited for again that have not been slow for long.
func (n *Node) pardon() {
	for slot := range n.excused.All() {
		if l := n.links[slot]; !l.stalled && n.now-l.excusedAt >= excuse {
			n.excused &^= only(slot)
		}
	}
}

// drained notes that the link can take more. One that was lazy for being slow is
// told what is in store, and asks for what it lacks at its own pace.
func (n *Node) drained(l *link) {
	if !n.full.has(l.slot) {
		return
	}
	n.full &^= only(l.slot)
	if l.stalled {
		l.stalled = false
		n.able |= only(l.slot)
		n.sendDigest(l)
	}
	n.pump(l)
}

// stall makes links lazy that have been congested for too long, and expels them
// when that goes on.
func (n *Node) stall() {
	for slot := range n.full.All() {
		l := n.links[slot]
		switch {
		case n.now-l.fullSince >= n.cfg.SlowAfter:
			n.stats.Expelled++
			n.effects = append(n.effects, Effect{Kind: Expel, To: only(slot)})
			l.fullSince = n.now // once
		case !n.excused.has(slot) && n.now-l.fullSince >= n.cfg.StallAfter:
			n.excused |= only(slot)
			l.excusedAt = n.now
			fallthrough
		case n.now-l.fullSince >= n.hold():
			if !l.stalled {
				n.demote(l)
			}
		}
	}
}

// demote makes a link lazy in every tree. Deviation: the paper knows no slow links.
func (n *Node) demote(l *link) {
	n.stats.Stalls++
	l.stalled = true
	n.able &^= only(l.slot)
	n.shared.eager &^= only(l.slot)
	for _, s := range n.sources { // order-free: each tree loses the link for itself
		if s.own != nil {
			s.own.eager &^= only(l.slot)
		}
	}
	for i := range l.cursors {
		l.cursors[i].source.feeding &^= only(l.slot)
	}
	l.cursors = nil
	n.fasted(l)
}

// stallAt returns when stall has something to do.
func (n *Node) stallAt() time.Duration {
	at := never
	for slot := range n.full.All() {
		l := n.links[slot]
		d := n.cfg.SlowAfter
		switch {
		case !l.stalled:
			d = n.hold()
		case !n.excused.has(slot):
			d = n.cfg.StallAfter
		}
		at = min(at, l.fullSince+d)
	}
	return at
}
