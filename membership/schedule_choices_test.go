// What may happen next in a story whose schedules are explored, and how it does.

package membership_test

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// idle reports whether an event will change nothing, now or later: it need not wait.
func (e *event) idle() bool {
	l := e.link
	if l == nil || e.timed() || e.what == "gone" {
		return false
	}
	near, far := &l.ends[0], &l.ends[1]
	if e.what == "dial" {
		return far.m != nil && far.m.up && far.open && !severed(l) && far.m.links[lifeOf(near.m.self)] == l
	}
	return !severed(l) && !l.ends[e.side].open
}

// choices are all that may happen next.
func (x *explorer) choices(w *telling) []choice {
	for _, e := range w.heads() {
		if e.idle() && !w.waits(e) {
			return []choice{{event: e.seq}}
		}
	}
	var choices []choice
	for _, e := range w.heads() {
		if !w.waits(e) {
			choices = append(choices, choice{event: e.seq})
		}
	}
	if len(w.then) > 0 {
		choices = append(choices, choice{})
	}
	if w.jumps > 0 && len(choices) > 0 {
		for _, at := range w.alarms() {
			choices = append(choices, choice{until: at})
		}
	}
	return choices
}

// alarms are the times of the next timers, one of each kind.
func (w *telling) alarms() []time.Duration {
	var times []time.Duration
	kinds := map[string]bool{}
	for _, e := range w.pending() {
		if !e.timed() || e.what == "timer" && e.timer.Kind != w.awaits {
			continue
		}
		if kind := fmt.Sprint(e.what, e.timer.Kind); !kinds[kind] {
			kinds[kind] = true
			times = append(times, e.at)
		}
	}
	return slices.Compact(times)
}

// make lets the chosen happen.
func (x *explorer) make(w *telling, c choice) {
	switch {
	case c.event != 0:
		w.take(w.queue.events[slices.IndexFunc(w.queue.events, func(e *event) bool { return e.seq == c.event })])
	case c.until != 0:
		w.jumps--
		w.jump(c.until)
	default:
		then := w.then[0]
		w.then = w.then[1:]
		then(w.world)
	}
}

// jump lets time pass for the nodes while the network stands still.
func (w *world) jump(until time.Duration) {
	for {
		var next *event
		for _, e := range w.queue.events {
			if e.timed() && e.at <= until && (next == nil || e.earlier(next) < 0) {
				next = e
			}
		}
		if next == nil {
			w.now = max(w.now, until)
			return
		}
		w.take(next)
	}
}

// earlier is before, but for the order in which nodes have set timers to the same time.
func (e *event) earlier(o *event) int {
	return cmp.Or(cmp.Compare(e.at, o.at), cmp.Compare(e.owner(), o.owner()), cmp.Compare(e.seq, o.seq))
}

func (e *event) owner() string {
	if e.of == nil {
		return ""
	}
	return e.of.name
}
