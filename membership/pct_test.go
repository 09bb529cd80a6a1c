// PCT: the randomized scheduler of Burckhardt, Kothari, Musuvathi and Nagarakatte
// ("A randomized scheduler with probabilistic guarantees of finding bugs", 2010).

package membership_test

import (
	"math/rand/v2"
	"slices"
	"time"
)

// mostDelay is how long anything may wait for what is less urgent: a message, a
// timer, the next thing of the story. It is shorter than silence, after which a
// transport would give a link up, and a request and its answer may together be later
// than the request's time.
const mostDelay = 2500 * time.Millisecond

// pct decides what happens next. Its threads are the lanes of the world: each side of
// each link, the meeting place, each node's timers, the transport's, and the story.
// Every lane has a random priority, and always the one with the highest goes on; at
// depth-1 random points it is made the lowest. With n lanes and k steps, a fault that
// needs depth orderings to come about is met with a probability of at least
// 1/(n·k^(depth-1)) a seed, whatever else happens; here but for what mostDelay
// forbids.
type pct struct {
	*world
	dice       *rand.Rand
	priorities map[lane]float64
	changes    []int // the steps after which the lane that ran becomes the lowest
	lowest     float64
	steps      int
}

func newPCT(w *world, dice *rand.Rand, depth, steps int) *pct {
	p := &pct{world: w, dice: dice, priorities: map[lane]float64{}}
	for range depth - 1 {
		p.changes = append(p.changes, dice.IntN(steps))
	}
	return p
}

// next lets the most urgent lane go on.
func (p *pct) next() {
	e := p.choose()
	if slices.Contains(p.changes, p.steps) {
		p.lowest--
		p.priorities[e.lane()] = p.lowest
	}
	p.steps++
	p.take(e)
}

// choose returns the first event of the most urgent lane. Timers may run ahead of
// what is under way, and some of others, but not too far.
func (p *pct) choose() *event {
	free := slices.DeleteFunc(slices.Clone(p.queue.events), p.blocked)
	latest := slices.MinFunc(free, (*event).before).at + mostDelay
	var best *event
	for _, e := range free {
		if e.timed() && e.at > latest {
			continue
		}
		if best == nil || p.urgency(e) > p.urgency(best) || e.lane() == best.lane() && e.before(best) < 0 {
			best = e
		}
	}
	return best
}

// blocked reports whether an event is behind a dial that cannot arrive yet.
func (p *pct) blocked(e *event) bool {
	return e.link != nil && !e.timed() && slices.ContainsFunc(p.queue.events, func(o *event) bool {
		return o.what == "dial" && o.link == e.link && o.side == e.side && p.waits(o)
	})
}

// urgency is the priority of an event's lane: a random one when it is new.
func (p *pct) urgency(e *event) float64 {
	l := e.lane()
	u, known := p.priorities[l]
	if !known {
		u = p.dice.Float64()
		p.priorities[l] = u
	}
	return u
}
