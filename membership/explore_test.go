// What stories are made of, and what may happen next in them: the messages of one
// link keep their order, everything else may come before or after everything else.

package membership_test

import (
	"container/heap"
	"slices"
	"time"

	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/views"
)

// story is what is explored: how it begins, and what happens to the nodes at some
// time after that, in this order, between any two deliveries. It must end with
// everybody connected; in pairs, where a view has one place.
type story struct {
	active int
	begin  func(w *world)
	then   []func(w *world)
	// jumps is how often time may jump to a timer although deliveries wait: to the
	// next of the kind awaited, or to when the transport gives something up.
	jumps  int
	awaits membership.TimerKind
	// partial: there are too many orders to tell them all each time.
	partial bool
}

// heads are the deliveries that may be next: the first of every side of a link,
// and all at the meeting place. Timers wait until nothing is under way.
func (w *world) heads() []*event {
	var heads []*event
	for _, e := range w.queue.events {
		if e.timed() {
			continue
		}
		i := -1
		if e.link != nil {
			i = slices.IndexFunc(heads, func(o *event) bool { return o.lane() == e.lane() })
		}
		switch {
		case i < 0:
			heads = append(heads, e)
		case e.before(heads[i]) < 0:
			heads[i] = e
		}
	}
	slices.SortFunc(heads, (*event).before)
	return heads
}

// pending are all events, the next first.
func (w *world) pending() []*event {
	return slices.SortedFunc(slices.Values(w.queue.events), (*event).before)
}

// take lets one event happen, before all others.
func (w *world) take(e *event) {
	heap.Remove(&w.queue, slices.Index(w.queue.events, e))
	w.now = max(w.now, e.at)
	e.run()
}

// quiet is a configuration in which nothing happens by itself.
func quiet() membership.Config {
	cfg := membership.DefaultConfig()
	cfg.HeartbeatInterval = 0
	cfg.RecontactInterval = 0
	cfg.RotateMin, cfg.RotateInterval = 24*time.Hour, 24*time.Hour
	cfg.ShuffleInterval = 24 * time.Hour
	cfg.ShuffleFast = 24 * time.Hour
	return cfg
}

// asks is one node going to another to join.
func asks(name, contact string) func(*world) {
	return func(w *world) {
		goesTo(name, contact)(w)
		w.start(name)
	}
}

// asksAgain is a node's second attempt to join.
func asksAgain(name, contact string) func(*world) {
	return func(w *world) {
		goesTo(name, contact)(w)
		w.step(w.find(name), membership.Input{
			Kind: membership.Expired, Timer: membership.Timer{Kind: membership.JoinTimer, Sequence: 1},
		})
	}
}

// goesTo says whom a node finds at the meeting place.
func goesTo(name, contact string) func(*world) {
	return func(w *world) {
		before := w.contact
		w.contact = func(m *member) *member {
			if m.name == name {
				return w.find(contact)
			}
			if before != nil {
				return before(m)
			}
			return nil
		}
	}
}

// knows tells a node of others, as a state file would.
func knows(name string, others ...string) func(*world) {
	return func(w *world) {
		var sample []views.Sighting
		for _, o := range others {
			sample = append(sample, views.Sighting{Peer: w.find(o).self})
		}
		w.step(w.find(name), membership.Input{Kind: membership.Found, Sample: sample})
	}
}

// breaks ends the link between two nodes, wherever its messages are.
func breaks(a, b string) func(*world) {
	return func(w *world) {
		l, side := w.linkOf(w.find(a), w.find(b).self, 0)
		if l == nil {
			return
		}
		for _, s := range []int{side, 1 - side} {
			if l.ends[s].open {
				w.on(l, s, "broken", func(*member) { w.lose(l, s, membership.Silent) })
			}
		}
	}
}

// settled runs what has begun until only time would change anything.
func settled(w *world) {
	for heads := w.heads(); len(heads) > 0; heads = w.heads() {
		w.take(heads[0])
	}
}

func crashes(name string) func(*world) { return func(w *world) { w.crash(w.find(name)) } }
func leaves(name string) func(*world)  { return func(w *world) { w.leave(w.find(name)) } }

// first does things one after the other.
func first(steps ...func(*world)) func(*world) {
	return func(w *world) {
		for _, step := range steps {
			step(w)
		}
	}
}

// rotates lets a node exchange one of its links.
func rotates(name string) func(*world) {
	return func(w *world) {
		w.step(w.find(name), membership.Input{
			Kind: membership.Expired, Timer: membership.Timer{Kind: membership.RotateTimer},
		})
	}
}

// vanishes ends a node without a word to its neighbors.
func vanishes(name string) func(*world) { return func(w *world) { w.vanish(w.find(name)) } }
func stops(name string) func(*world)    { return func(w *world) { w.pause(w.find(name)) } }
func resumes(name string) func(*world)  { return func(w *world) { w.resume(w.find(name)) } }
