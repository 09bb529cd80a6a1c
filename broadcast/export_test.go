// What must hold of a node's state after every step.

package broadcast

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Check returns what does not hold.
func (n *Node) Check() error {
	c := &checker{n: n}
	c.links()
	c.order()
	held := 0
	for life, s := range n.sources { // order-free: each is checked for itself
		c.in = s.life.String()
		c.that(life == s.life && s.id == life.ID(), "is listed as %s", life)
		c.tree(s)
		c.ring(s)
		c.repair(s)
		held += s.held
	}
	c.in = "node"
	c.store(held)
	c.due()
	return errors.Join(c.faults...)
}

// Memory returns what the node remembers the origin by: another one after it has
// forgotten it in between.
func (n *Node) Memory(life Life) any { return n.sources[life] }

// Lacks reports whether something of the origin is missing.
func (n *Node) Lacks(life Life) bool { return n.sources[life] != nil && n.sources[life].lack != nil }

// Holds reports whether a message is in store.
func (n *Node) Holds(life Life, sequence uint64) bool {
	return n.sources[life] != nil && n.sources[life].at(sequence) != nil
}

// Pushes returns the links on which messages of an origin are pushed, or those of all
// that have no tree of their own.
func (n *Node) Pushes(of Life) Slots {
	s := n.sources[of]
	if s == nil {
		return n.shared.eager & n.able
	}
	to := n.treeOf(s).eager & n.able &^ s.feeding
	if s.own == nil {
		return to
	}
	return to &^ only(s.parent)
}

// Since returns when the first link came up, and whether one has.
func (n *Node) Since() (time.Duration, bool) { return n.since, n.since != never }

// Routes returns how many ways to single nodes are known.
func (n *Node) Routes() int { return len(n.routes) + len(n.senders) }

// Left returns what the node remembers beside itself, empty for nothing.
func (n *Node) Left() string {
	var left []string
	for _, what := range []struct {
		name  string
		count int
	}{
		{"links", len(n.slots) + n.up.Len()},
		{"sources", len(n.sources) - 1},
		{"routes", len(n.routes)},
		{"senders", len(n.senders)},
		{"messages", n.store.held},
		{"entries", n.store.count},
		{"bytes", n.store.bytes},
		{"to be announced", len(n.dirty)},
		{"held", len(n.held)},
		{"lacking", len(n.lacking)},
		{"echoing", len(n.echoing)},
		{"grafts", len(n.grafts)},
	} {
		if what.count != 0 {
			left = append(left, fmt.Sprintf("%d %s", what.count, what.name))
		}
	}
	return strings.Join(left, ", ")
}

// Slots returns how many places for messages the rings have.
func (n *Node) Slots() (places int) {
	for _, s := range n.sources { // order-free: a sum
		places += len(s.ring)
	}
	return places
}

type checker struct {
	n      *Node
	in     string
	faults []error
}

func (c *checker) that(holds bool, format string, args ...any) {
	if !holds {
		c.faults = append(c.faults, fmt.Errorf("%s: %s", c.in, fmt.Sprintf(format, args...)))
	}
}

// within checks that sets have no links that are not up.
func (c *checker) within(what string, set Slots) {
	c.that(set&^c.n.up == 0, "%s are %b, up are %b", what, set, c.n.up)
}

func (c *checker) isUp(what string, slot int) {
	c.that(slot == -1 || c.n.up.has(slot), "%s is %d, up are %b", what, slot, c.n.up)
}

func (c *checker) links() {
	n := c.n
	c.in = "links"
	var up Slots
	for slot, l := range n.links {
		if l == nil {
			continue
		}
		up |= only(slot)
		c.that(l.slot == slot && n.slots[l.number] == slot, "%d is not at its place", l.number)
		c.that(l.stalled != n.able.has(slot), "%d is stalled and able, or neither", l.number)
		for i := range l.cursors {
			s := l.cursors[i].source
			c.that(l.cursors[i].until > 0 || s.feeding.has(slot), "%d has a cursor of %s, which does not know", l.number, s.life)
			c.that(n.sources[s.life] == s, "%d has a cursor of %s, which is forgotten", l.number, s.life)
		}
	}
	c.that(up == n.up && len(n.slots) == up.Len(), "up are %b, noted %b, %d numbers", up, n.up, len(n.slots))
	c.within("able", n.able)
	c.within("eager", n.shared.eager)
	c.within("pruned", n.shared.pruned)
	c.within("turned", n.turned)
	c.within("yields", n.yields)
	for _, h := range n.held {
		c.within("held", h.to)
	}
	c.that(len(n.grafts) == 0, "%d grafts left over", len(n.grafts))
}

// order checks the ring of sources.
func (c *checker) order() {
	n := c.n
	c.in = "order"
	count := 0
	for s := n.newest.newer; s != &n.newest; s = s.newer {
		count++
		c.that(s.newer.older == s && s.older.newer == s, "%s is not linked both ways", s.life)
		c.that(s.newer == &n.newest || s.seen <= s.newer.seen, "%s is out of order", s.life)
		c.that(n.sources[s.life] == s, "%s is forgotten", s.life)
	}
	c.that(count == len(n.sources), "has %d of %d", count, len(n.sources))
	c.that(count <= max(n.cfg.MaxSources, 1), "%d sources", count)
	c.that(n.recent == nil || n.sources[n.recent.life] == n.recent, "the recent one is forgotten")
}

func (c *checker) tree(s *source) {
	c.within("offers", s.offers)
	c.within("feeding", s.feeding)
	c.isUp("parent", s.parent)
	c.isUp("via", s.via)
	c.isUp("best", s.best)
	c.isUp("asked", s.asked)
	if s.own != nil {
		c.within("eager", s.own.eager)
		c.within("pruned", s.own.pruned)
		c.that(!s.own.eager.has(s.parent), "the parent is eager")
	}
	for slot := range s.feeding.All() {
		branches := 0 // a link may have asked for parts besides
		for _, cur := range c.n.links[slot].cursors {
			if cur.source == s && cur.until == 0 {
				branches++
			}
		}
		c.that(branches == 1, "%d cursors of a branch in slot %d", branches, slot)
	}
	c.that(s != c.n.self || (s.parent == -1 && s.lack == nil && s.top == s.upto), "self is astray")
}

func (c *checker) ring(s *source) {
	held := 0
	for sequence := s.low; sequence <= s.top && len(s.ring) > 0; sequence++ {
		if s.at(sequence) == nil {
			continue
		}
		held++
		c.that(sequence != s.upto+1, "%d is not delivered", sequence)
		c.that(sequence <= s.upto+uint64(c.n.cfg.Window), "%d is beyond the window after %d", sequence, s.upto)
		c.that(sequence <= s.upto || s.lack != nil, "%d waits, and nothing lacks", sequence)
	}
	all := 0
	for _, m := range s.ring {
		if m.held {
			all++
		}
	}
	c.that(held == all && held == s.held, "%d messages in reach of %d, counted %d", held, all, s.held)
	c.that(len(s.ring) == 0 || s.top-s.low < uint64(len(s.ring)), "%d to %d in a ring of %d", s.low, s.top, len(s.ring))
	c.that(len(s.ring)&(len(s.ring)-1) == 0, "ring of %d", len(s.ring))
	c.that(len(s.ring) <= 8*(held+c.n.cfg.Window)+minRing, "ring of %d for %d", len(s.ring), held)
	c.that(held == 0 || s.at(s.low) != nil, "low is %d, which is not here", s.low)
	c.that(held > 0 || s.empty(), "is empty and does not know")
}

func (c *checker) repair(s *source) {
	n := c.n
	count := func(list []*source) (times int) {
		for _, o := range list {
			if o == s {
				times++
			}
		}
		return times
	}
	one := map[bool]int{true: 1}
	c.that(count(n.dirty) == one[s.dirty], "dirty %t, listed %d times", s.dirty, count(n.dirty))
	c.that(count(n.lacking) == one[s.lacking], "lacking %t, listed %d times", s.lacking, count(n.lacking))
	c.that(count(n.echoing) == one[s.echoing], "echoing %t, listed %d times", s.echoing, count(n.echoing))
	k := s.lack
	if k == nil {
		return
	}
	c.that(s.lacking, "lacks something and is not listed")
	c.that(n.chaseAt != never, "is not chased")
	c.within("tried", k.tried)
	var marks Slots
	for _, m := range k.marks {
		c.that(!marks.has(m.slot), "two marks of slot %d", m.slot)
		marks |= only(m.slot)
	}
	c.within("marks", marks)
}

func (c *checker) store(held int) {
	n := c.n
	bytes, places, before := 0, 0, time.Duration(0)
	for i := range n.store.count {
		e := n.store.nth(i)
		if m := e.source.at(e.sequence); m != nil {
			bytes += len(m.frame) + overhead
			c.that(before <= m.at, "the store is out of order")
			before = m.at
		}
	}
	for _, s := range n.sources { // order-free: a sum
		places += len(s.ring)
	}
	c.that(bytes+placeBytes*places == n.store.bytes, "%d bytes and %d places in store, counted %d", bytes, places, n.store.bytes)
	c.that(n.store.bytes <= n.cfg.StoreBytes || n.store.count <= 1, "%d bytes in store", n.store.bytes)
	c.that(held == n.store.held && held <= n.store.count, "%d messages, %d in store, %d in order", held, n.store.held, n.store.count)
	c.that(len(n.senders) <= n.cfg.MaxSources, "%d senders", len(n.senders))
	c.that(len(n.routes) <= len(n.sources), "%d routes, %d sources", len(n.routes), len(n.sources))
	c.that(!slices.Contains(n.lacking, nil), "nothing lacks")
}

// due checks that a Tick is asked for when there is something to do.
func (c *checker) due() {
	n := c.n
	c.that(n.wakeAt <= min(n.flushAt, n.sweepAt, n.chaseAt, n.stallAt(), n.pumpAt()), "sleeps too long")
	c.that(len(n.dirty)+len(n.held) == 0 || n.flushAt != never, "does not announce")
	c.that(len(n.sources) == 1 || n.sweepAt != never, "does not sweep")
}
