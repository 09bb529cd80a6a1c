// Every order of deliveries, for a few nodes: the messages of one link keep
// their order, everything else may come before or after everything else.

package membership_test

import (
	"container/heap"
	"slices"
	"testing"
	"time"

	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/views"
)

// story is what is explored: how it begins, and what happens to the nodes at
// some time after that, in this order, between any two deliveries. It must end
// with everybody connected; in pairs, where a view has one place.
type story struct {
	active int
	begin  func(w *world)
	then   []func(w *world)
}

// Limits of an exploration. An order is the usual one, the oldest first, with
// some departures from it: first all orders with one are told, then those with
// up to two, and so on, and of each at most so many.
const (
	mostDepartures = 4
	mostOrders     = 600
)

// explore tells a story in every order, and returns how many were told.
func explore(t *testing.T, s story) int {
	t.Helper()
	told := 0
	for most := 1; most <= mostDepartures; most++ {
		told += exploreWithin(t, s, most)
	}
	return told
}

func exploreWithin(t *testing.T, s story, most int) int {
	t.Helper()
	var path []int
	for orders := 1; ; orders++ {
		w, widths := tell(t, s, path)
		w.run(w.now + 15*time.Second)
		if !w.symmetric() || s.active == 1 && w.short() > 0 || s.active > 1 && w.components() != 1 {
			t.Fatalf("order %v ends in\n%s", path, w.views())
		}
		if path = following(path, widths, most); path == nil || orders == mostOrders {
			return orders
		}
	}
}

// tell lets everything happen in the order that the path says, and returns how
// many choices there were at each point of it.
func tell(t *testing.T, s story, path []int) (*world, []int) {
	t.Helper()
	cfg := quiet()
	cfg.ActiveSize = s.active
	cfg.HeartbeatInterval = time.Second
	w := newWorld(t, cfg, 1)
	s.begin(w)
	then := s.then
	var widths []int
	for {
		heads := w.heads()
		width := len(heads)
		if len(then) > 0 {
			width++
		}
		if width == 0 {
			return w, widths
		}
		choice := 0
		if len(widths) < len(path) {
			choice = path[len(widths)]
		}
		widths = append(widths, width)
		if choice < len(heads) {
			w.take(heads[choice])
			continue
		}
		then[0](w)
		then = then[1:]
	}
}

// following returns the path after this one, nil after the last.
func following(path, widths []int, most int) []int {
	path = append(slices.Clone(path), make([]int, len(widths)-len(path))...)
	for i := len(path) - 1; i >= 0; i-- {
		departures := 0
		for _, choice := range path[:i] {
			departures += min(choice, 1)
		}
		if path[i]+1 < widths[i] && departures < most {
			path[i]++
			return path[:i+1]
		}
	}
	return nil
}

// heads are the deliveries that may be next: the first of every side of a link,
// and all at the meeting place. Timers wait until nothing is under way.
func (w *world) heads() []*event {
	type lane struct {
		link *link
		side int
	}
	taken := map[lane]bool{}
	var heads []*event
	for _, e := range w.pending() {
		l := lane{e.link, e.side}
		if e.what == "timer" || e.what == "silence" || e.link != nil && taken[l] {
			continue
		}
		taken[l] = true
		heads = append(heads, e)
	}
	return heads
}

// pending are all events, the next first.
func (w *world) pending() []*event {
	q := queue{events: slices.Clone(w.queue.events)}
	events := make([]*event, 0, q.Len())
	for q.Len() > 0 {
		e, _ := heap.Pop(&q).(*event)
		events = append(events, e)
	}
	return events
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
	cfg.RotateInterval = 24 * time.Hour
	cfg.ShuffleInterval = 24 * time.Hour
	cfg.ShuffleFast = 24 * time.Hour
	return cfg
}

// asks is one node going to another to join.
func asks(name, contact string) func(*world) {
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
		w.start(name)
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

func TestExplore(t *testing.T) {
	stories := map[string]story{
		"join and join": {
			active: 2,
			begin:  first(asks("a", ""), asks("b", "a")),
			then:   []func(*world){func(w *world) { asks("a", "b")(w) }},
		},
		"three join at once": {
			active: 2,
			begin:  first(asks("a", "b"), asks("b", "c"), asks("c", "a")),
		},
		"evict and neighbor": {
			active: 1,
			begin:  first(asks("a", ""), asks("b", "a"), settled, asks("c", "a"), knows("c", "a")),
			then:   []func(*world){asks("d", "c"), knows("d", "c", "b")},
		},
		"disconnect and neighbor": {
			active: 2,
			begin:  first(asks("a", ""), asks("b", "a"), asks("c", "a"), settled, asks("d", "a")),
			then:   []func(*world){breaks("a", "b"), knows("b", "a", "d")},
		},
		"restart and old link": {
			active: 2,
			begin:  first(asks("a", ""), asks("b", "a"), settled),
			then:   []func(*world){crashes("b"), asks("b", "a")},
		},
		"loss and late reply": {
			active: 2,
			begin:  first(asks("a", ""), asks("b", "a")),
			then:   []func(*world){breaks("b", "a"), knows("b", "a")},
		},
		"leave and refill": {
			active: 2,
			begin:  first(asks("a", ""), asks("b", "a"), asks("c", "a"), settled),
			then:   []func(*world){leaves("b"), breaks("a", "c"), asks("d", "c")},
		},
		"swap": {
			active: 1,
			begin: first(asks("a", ""), asks("b", "a"), settled, asks("c", ""), asks("d", "c"), settled,
				knows("a", "c", "d"), knows("b", "c", "d"), knows("c", "a", "b"), knows("d", "a", "b")),
			then: []func(*world){rotates("a"), rotates("d"), rotates("c")},
		},
	}
	for name, s := range stories {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			t.Logf("%d orders", explore(t, s))
		})
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
