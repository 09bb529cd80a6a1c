// Copies of a world: what would happen if.

package sim

import (
	"errors"
	"math/rand/v2"
	"slices"
)

// ErrFork is what [World.Fork] returns for a world that cannot be copied.
var ErrFork = errors.New("sim: a world with disguised nodes, pending calls or a broadcast cannot be copied")

// Fork returns a copy of the world, in which time goes on apart from it: several
// experiments can begin with one overlay that took long to build. What happens to
// the copy is what would have happened to the world. The hooks are not copied.
func (w *World) Fork() (*World, error) {
	if len(w.layers) > 0 || slices.ContainsFunc(w.calls, func(f func()) bool { return f != nil }) {
		return nil, ErrFork
	}
	c := *w
	c.OnEvent, c.Contact, c.Meets, c.Disguise = nil, nil, nil, nil
	c.group = w.group.Clone()
	c.source = new(rand.PCG)
	*c.source = *w.source
	c.rng = rand.New(c.source)
	c.queue = w.queue.clone()
	c.seats = slices.Clone(w.seats)
	c.alive = slices.Clone(w.alive)
	c.links = slices.Clone(w.links)
	c.unused = slices.Clone(w.unused)
	c.parcels = w.parcels.clone()
	c.calls = nil
	c.cuts = slices.Clone(w.cuts)
	c.waiting = slices.Clone(w.waiting)
	c.scratch = nil
	for i := range c.seats {
		s := &c.seats[i]
		s.links = slices.Clone(s.links)
		s.held = slices.Clone(s.held)
		if s.node == nil {
			continue
		}
		if s.core != Core(s.node) {
			return nil, ErrFork
		}
		source := *s.source
		s.source = &source
		s.node = s.node.Clone(c.group, rand.New(s.source))
		s.core = s.node
	}
	return &c, nil
}

func (q *wheel) clone() wheel {
	c := *q
	c.events = slices.Clone(q.events)
	c.due = slices.Clone(q.due)
	for l := range c.levels {
		c.levels[l].chain = slices.Clone(q.levels[l].chain)
		c.levels[l].used = slices.Clone(q.levels[l].used)
	}
	return c
}

func (p *parcels) clone() parcels {
	c := parcels{all: slices.Clone(p.all), free: slices.Clone(p.free)}
	for i := range c.all {
		at := &c.all[i]
		at.sample = slices.Clone(at.sample)
		at.message.Sample = at.sample
	}
	return c
}
