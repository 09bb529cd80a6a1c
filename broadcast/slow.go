// Links that do not keep up: lazy after a while, ended after another.

package broadcast

import "time"

// congested notes that too much waits to be written on l.
func (n *Node) congested(l *link) {
	if !l.full {
		l.full, l.fullSince = true, n.now
	}
}

// drained notes that the link can take more. One that was lazy for being slow is
// told what is in store, and asks for what it lacks at its own pace.
func (n *Node) drained(l *link) {
	if !l.full {
		return
	}
	l.full = false
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
	for slot := range n.up.All() {
		l := n.links[slot]
		switch {
		case !l.full:
		case n.now-l.fullSince >= n.cfg.SlowAfter:
			n.stats.Expelled++
			n.effects = append(n.effects, Effect{Kind: Expel, To: only(slot)})
			l.fullSince = n.now // once
		case !l.stalled && n.now-l.fullSince >= n.cfg.StallAfter:
			n.demote(l)
		}
	}
}

// demote makes a link lazy in every tree.
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
}

// stallAt returns when stall has something to do.
func (n *Node) stallAt() time.Duration {
	at := never
	for slot := range n.up.All() {
		l := n.links[slot]
		switch {
		case !l.full:
		case l.stalled:
			at = min(at, l.fullSince+n.cfg.SlowAfter)
		default:
			at = min(at, l.fullSince+n.cfg.StallAfter)
		}
	}
	return at
}
