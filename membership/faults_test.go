// What goes wrong in the test world.

package membership_test

import (
	"time"

	"github.com/kithmesh/kith/membership"
)

// leave ends a member gracefully: it says goodbye, then its transport shuts down.
func (w *world) leave(m *member) {
	w.step(m, membership.Input{Kind: membership.Leave})
	w.crash(m)
}

// crash ends a member at once. Its peers' kernels reset what was connected.
func (w *world) crash(m *member) {
	for _, l := range w.links {
		for side := range 2 {
			if l.ends[side].m == m && l.ends[side].open {
				w.close(l, side)
			}
		}
	}
	m.up = false
}

// vanish ends a member without a word: its peers hear nothing until silence tells.
func (w *world) vanish(m *member) {
	m.up = false
	w.listen(func(l *link) bool { return l.ends[0].m == m || l.ends[1].m == m })
}

// cut parts the given members from the others. What is under way is held back;
// both sides of a link hear nothing, and notice after a while.
func (w *world) cut(part int, members ...*member) {
	for _, m := range members {
		m.part = part
	}
	w.listen(severed)
}

// heal makes everybody reachable again.
func (w *world) heal() {
	for _, m := range w.members {
		m.part = 0
	}
	for _, l := range w.links {
		for side := range 2 { // of earlier lives too
			if m := l.ends[side].m; m != nil {
				m.part = 0
			}
		}
		for _, e := range l.stuck {
			w.at(w.now, e)
		}
		l.stuck = nil
	}
}

// pause stops a member without ending it; its peers hear nothing of it.
func (w *world) pause(m *member) {
	m.paused = true
	w.listen(func(l *link) bool { return l.ends[0].m == m && m.paused || l.ends[1].m == m && m.paused })
}

// resume lets a paused member go on with all that has happened meanwhile.
func (w *world) resume(m *member) {
	m.paused = false
	held := m.held
	m.held = nil
	for _, in := range held {
		w.step(m, in)
	}
}

// listen loses the links that are dead by then, when silence is noticed.
func (w *world) listen(dead func(*link) bool) {
	w.at(w.now+silence, &event{what: "silence", run: func() {
		for _, l := range w.links {
			if dead(l) {
				w.lose(l, 0, membership.Silent)
				w.lose(l, 1, membership.Silent)
			}
		}
	}})
}

// until runs the world until the condition holds, looking every so often, and
// returns how long it took. It fails the test when that is too long.
func (w *world) until(what string, most time.Duration, holds func() bool) time.Duration {
	w.t.Helper()
	began := w.now
	for !holds() {
		if w.now-began > most {
			w.fatal("after %v still not: %s\n%.4000s", most, what, w.views())
		}
		w.run(w.now + 10*time.Millisecond)
	}
	return w.now - began
}
