// Schedules: every order in which a few nodes may hear what is under way, with time
// standing still but for some jumps.

package membership_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/kithmesh/kith/membership"
)

// telling is a world in which a story is told.
type telling struct {
	*world
	then   []func(*world)       // what is still to happen
	jumps  int                  // that time may still make
	awaits membership.TimerKind // the timers that it jumps to, besides those of the transport
	luck   *luck
}

// state is the world's, and how far the story is.
func (w *telling) state() uint64 {
	d := digest{sum: w.digest()}
	d.add(uint64(len(w.then)))
	d.add(uint64(w.jumps))
	return d.sum
}

// choice is one thing that may happen next: a delivery, the next thing of the story,
// or a jump in time.
type choice struct {
	event uint64        // the delivery's number, or 0
	until time.Duration // where time jumps to, or 0
}

// explorer goes through all orders of a story, depth first. Every order is told from
// the beginning; one that comes to a state that has been seen goes on there as
// before, and is not told to its end.
type explorer struct {
	t     *testing.T
	story story
	luck  uint64

	seen    map[uint64]float64 // every state, with the orders from there to an end
	orders  float64            // all, once they are told
	ends    int                // states in which nothing is under way
	levels  []level            // the states on the way to the current one
	path    []choice           // likewise
	cut     bool               // there were more states than may be explored
	most    int
	failure string
}

// level is a state on the current path.
type level struct {
	state  uint64
	left   []choice // not yet made
	orders float64
}

// explore tells a story in all orders.
func (x *explorer) explore() {
	x.seen = map[uint64]float64{}
	defer func() {
		if f := recover(); f != nil {
			text, ours := f.(failure)
			if !ours {
				panic(f)
			}
			x.failure = string(text)
		}
	}()
	for more := true; more; more = x.back() {
		w := x.tell()
		for x.enter(w) {
			x.make(w, x.path[len(x.path)-1])
		}
	}
}

// enter notes the state of the world, and the first choice there. It returns false
// where there is none, or the state has been seen.
func (x *explorer) enter(w *telling) bool {
	state := w.state()
	orders, seen := x.seen[state]
	switch {
	case seen:
		x.count(orders)
		return false
	case len(x.seen) >= x.most:
		x.cut = true
		return false
	}
	x.seen[state] = 1
	choices := x.choices(w)
	if len(choices) == 0 {
		x.end(w)
		x.count(1)
		return false
	}
	x.levels = append(x.levels, level{state: state, left: choices[1:]})
	x.path = append(x.path, choices[0])
	return true
}

// count adds orders to those of the state that has just been left.
func (x *explorer) count(orders float64) {
	if len(x.levels) == 0 {
		x.orders = orders
		return
	}
	x.levels[len(x.levels)-1].orders += orders
}

// back goes back to where a choice is left, and makes it. It returns false when
// there is none.
func (x *explorer) back() bool {
	for len(x.levels) > 0 {
		top := &x.levels[len(x.levels)-1]
		x.path = x.path[:len(x.levels)-1]
		if len(top.left) > 0 {
			x.path = append(x.path, top.left[0])
			top.left = top.left[1:]
			return true
		}
		x.seen[top.state] = top.orders
		orders := top.orders
		x.levels = x.levels[:len(x.levels)-1]
		x.count(orders)
	}
	return false
}

// failure is what must not be, thrown out of a world.
type failure string

// tell begins the story and makes the choices of the path.
func (x *explorer) tell() *telling {
	w := x.begin()
	for _, c := range x.path {
		x.make(w, c)
	}
	return w
}

func (x *explorer) begin() *telling {
	cfg := quiet()
	cfg.ActiveSize = x.story.active
	cfg.JoinMin, cfg.JoinMax = 10*time.Second, 10*time.Second
	w := &telling{
		world:  newWorld(x.t, cfg, 1),
		then:   x.story.then,
		jumps:  x.story.jumps,
		awaits: x.story.awaits,
		luck:   &luck{seed: x.luck},
	}
	w.fatal = func(format string, args ...any) { panic(failure(fmt.Sprintf(format, args...))) }
	w.latency = func() time.Duration { return 0 }
	w.observe = func(*member, *membership.Input) { w.luck.drawn = 0 }
	w.source = func() rand.Source { return w.luck }
	x.story.begin(w.world)
	return w
}

// end lets time pass when nothing is under way, and checks what comes of it.
func (x *explorer) end(w *telling) {
	x.ends++
	unnoticed := slices.ContainsFunc(w.queue.events, func(e *event) bool { return e.what == "silence" })
	if !unnoticed && !w.symmetric() {
		w.fatal("nothing is under way, and views are not symmetric")
	}
	w.luck.source = rand.NewPCG(1, 2)
	w.latency = func() time.Duration { return time.Millisecond }
	w.run(w.now + time.Minute)
	switch {
	case !w.symmetric():
		w.fatal("a minute later views are not symmetric")
	case w.components() != 1 && x.story.active > 1:
		w.fatal("a minute later there are %d components", w.components())
	case w.short() > 0 && x.story.active == 1:
		w.fatal("a minute later %d nodes could have more neighbors", w.short())
	}
}

// retell describes the current path, step by step.
func (x *explorer) retell() (told string) {
	w := x.begin()
	reset := w.observe
	tr := record(w.world)
	w.observe = func(m *member, in *membership.Input) {
		reset(m, in)
		tr.input(m, in)
	}
	defer func() {
		told = tr.text.String()
		_ = recover()
	}()
	tell := func(format string, args ...any) { fmt.Fprintf(&tr.text, format, args...) }
	tell("at first\n%s", w.views())
	for _, c := range x.path {
		switch {
		case c.until != 0:
			tell("time: %v\n", c.until)
		case c.event == 0:
			tell("the story goes on\n")
		}
		x.make(w, c)
	}
	tell("nothing is under way\n%s", w.views())
	x.end(w)
	return ""
}

// luck is a random source that begins anew with every step, so that the choices of
// a node depend on nothing but its state; or, when an order is at its end, one like
// any other.
type luck struct {
	seed   uint64
	drawn  uint64
	source rand.Source
}

// Uint64 implements rand.Source.
func (l *luck) Uint64() uint64 {
	if l.source != nil {
		return l.source.Uint64()
	}
	l.drawn++
	d := digest{sum: l.seed}
	d.add(l.drawn)
	return d.sum
}
