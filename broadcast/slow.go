// Links that do not keep up: lazy after a while, ended after another.

package broadcast

import "time"

// excuse is how long nobody waits for a link that has stalled: it becomes lazy at once
// when it is full again.
const excuse = 30 * time.Second

// congested notes that too much waits to be written on l.
func (n *Node) congested(l *link) {
	if n.full.has(l.slot) {
		return
	}
	n.full |= only(l.slot)
	l.fullSince = n.now
	if n.excused.has(l.slot) {
		n.demote(l)
	}
}

// pardon has links waited for again that have not stalled for long.
func (n *Node) pardon() {
	for slot := range n.excused.All() {
		if l := n.links[slot]; !l.stalled && n.now-l.stalledAt >= excuse {
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
		case !l.stalled && n.now-l.fullSince >= n.cfg.StallAfter:
			n.demote(l)
		}
	}
}

// demote makes a link lazy in every tree. Deviation: the paper knows no slow links.
func (n *Node) demote(l *link) {
	n.stats.Stalls++
	l.stalled, l.stalledAt = true, n.now
	n.excused |= only(l.slot)
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
		if l := n.links[slot]; l.stalled {
			at = min(at, l.fullSince+n.cfg.SlowAfter)
		} else {
			at = min(at, l.fullSince+n.cfg.StallAfter)
		}
	}
	return at
}
