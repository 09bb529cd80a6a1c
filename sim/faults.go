// What goes wrong: crashes, farewells, pauses, cuts, and nodes that are hard to
// reach or slow.

package sim

import (
	"time"

	"github.com/kithmesh/kith/membership"
)

// Crash kills a node's process. Its host closes the connections, so that the
// neighbors hear of it within one frame's time, and refuses new ones.
func (w *World) Crash(id NodeID) { w.kill(id, false) }

// CrashHost turns a node's host off. Nobody hears anything: the neighbors notice the
// silence, and a dial to it times out.
func (w *World) CrashHost(id NodeID) { w.kill(id, true) }

func (w *World) kill(id NodeID, dark bool) {
	if !w.Lives(id) {
		return
	}
	s := &w.seats[id]
	s.dark = dark
	w.mix(uint64(w.now), uint64(id)<<16|1<<8)
	for len(s.links) > 0 {
		l := &w.links[s.links[0]]
		side := l.sideOf(id)
		far := &l.ends[1-side]
		switch {
		case !far.open:
		case dark:
			w.watchSilence(l, 1-side)
		default:
			w.scheduleLoss(l, 1-side, w.arrival(l, 1-side), w.endOf(l, 1-side))
		}
		w.hangUp(l, side)
	}
	w.exit(id)
}

// endOf is the reason that one side of a link gives for its end: only a dialer can
// find the other unreachable.
func (w *World) endOf(l *link, side uint8) membership.Reason {
	if side == 0 && l.ready > w.now {
		return membership.Unreachable
	}
	return membership.Closed
}

// Leave lets a node say goodbye and end.
func (w *World) Leave(id NodeID) {
	if w.seats[id].state != up {
		return
	}
	w.step(id, &membership.Input{Kind: membership.Leave})
	w.Crash(id)
}

// Pause stops a node's process, as SIGSTOP does: what arrives waits, and what it
// does not send others miss.
func (w *World) Pause(id NodeID) {
	s := &w.seats[id]
	if s.state != up {
		return
	}
	s.state = paused
	for _, position := range s.links {
		l := &w.links[position]
		if side := 1 - l.sideOf(id); l.ends[side].open {
			w.watchSilence(l, side)
		}
	}
}

// Resume lets a paused process go on. First it sees all that has happened.
func (w *World) Resume(id NodeID) {
	s := &w.seats[id]
	if s.state != paused {
		return
	}
	s.state = up
	held := s.held
	s.held = nil
	for i := range held {
		w.count(held[i].kind, 1)
		w.happen(&held[i])
	}
}

// Hide makes a node unreachable from outside, as one behind an address translator
// is: it can dial others, and nobody can dial it. Links that it has stay.
func (w *World) Hide(id NodeID) { w.seats[id].inner = true }

// Slow makes a node a slow reader, which takes that long for every frame of each
// link; 0 ends it.
func (w *World) Slow(id NodeID, every time.Duration) { w.seats[id].every = every }

// cut stops every frame from one set of nodes to another.
type cut struct {
	from, to func(NodeID) bool
}

// Cut lets no frame pass from one set of nodes to another. For a partition, cut
// both ways. The functions are asked again and again, and must give the same
// answers until the next Heal.
func (w *World) Cut(from, to func(NodeID) bool) {
	w.cuts = append(w.cuts, cut{from, to})
	for i := range w.links {
		l := &w.links[i]
		for side := range uint8(2) {
			near, far := &l.ends[side], &l.ends[1-side]
			if near.open && far.open && from(far.node) && to(near.node) {
				w.watchSilence(l, side)
			}
		}
	}
}

// CutInTwo cuts the nodes of a set off from all others, both ways.
func (w *World) CutInTwo(in func(NodeID) bool) {
	out := func(id NodeID) bool { return !in(id) }
	w.Cut(in, out)
	w.Cut(out, in)
}

// Heal removes every cut. What was held back arrives.
func (w *World) Heal() {
	w.cuts = w.cuts[:0]
	waiting := w.waiting
	w.waiting = nil
	for i := range waiting {
		e := w.post(waiting[i].kind, w.now)
		at, seq, next := e.at, e.seq, e.next
		*e = waiting[i]
		e.at, e.seq, e.next = at, seq, next
	}
}

// blocked reports whether frames from one node to another are stopped by a cut.
func (w *World) blocked(from, to NodeID) bool {
	for i := range w.cuts {
		if w.cuts[i].from(from) && w.cuts[i].to(to) {
			return true
		}
	}
	return false
}

// Reaches reports whether frames pass from one node to another.
func (w *World) Reaches(from, to NodeID) bool { return !w.blocked(from, to) }

// watchSilence makes one end of a link notice, in time, that it hears nothing. The
// latest heartbeat came up to one interval ago. Where the dial is not through yet,
// it is the dial that fails.
func (w *World) watchSilence(l *link, side uint8) {
	at, reason := l.begun+w.cfg.DialTimeout, membership.Unreachable
	if side == 1 || l.ready <= w.now {
		interval := w.cfg.Membership.HeartbeatInterval
		if interval == 0 {
			interval = time.Second
		}
		at = w.now + w.cfg.Silence - time.Duration(w.rng.Int64N(int64(min(interval, w.cfg.Silence))))
		reason = membership.Silent
	}
	e := w.post(silentEvent, at)
	e.link, e.side, e.detail = l.number, side, uint8(reason)
}

// silent ends a link at which nothing has been heard for too long, unless the other
// side can be heard again. Only neighbors' links are watched; any other ends as idle.
func (w *World) silent(e *event) {
	l := w.lookup(e.link)
	if l == nil || !l.ends[e.side].open {
		return
	}
	near, far := &l.ends[e.side], &l.ends[1-e.side]
	switch {
	case far.open && w.seats[far.node].state == up && !w.blocked(far.node, near.node):
	case membership.Reason(e.detail) == membership.Silent && !near.kept:
	default:
		w.lose(e)
	}
}
