// The checker of histories: which promises of Kith a run has broken.
//
// The events of a node make sense by themselves, and no neighbor is kept that cannot be
// heard. What is promised of messages, and from where that comes:
//
//   - Each is delivered once at most, and those of one life in order; what is missing in
//     between is reported before what comes after it (kith.Subscribe, kith.OnGap).
//   - A node gets what was published after it had its first neighbor (docs/deviations.md,
//     newcomers), as long as somebody it can reach has it.
//   - Whoever got a message has it for 30 s (StoreAge). A node that was cut off asks for what
//     it lacks when it is back. So a message must come if some node that got it was alive
//     in a time of calm together with the one that lacks it, before that time was over.
//     It may come later by as long as an earlier one that is missing is waited for.
//   - What is missing is asked for during 5 s (GapWait), and then given up, reported. So a
//     report is a fault if it comes earlier; or if for that long, and the time in which the
//     mesh gets around a fault before, a node that had the message could be reached.
//   - A message that nobody has got but a node that was killed since is nobody's fault. Who
//     says goodbye sends what it has said first (kith.Node.Leave).

//go:build unix

package integration_test

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

// findings is what a checker has found.
type findings struct {
	faults []string
	// Figures that tell whether there was anything to check.
	members, messages, deliveries int
	// reported counts the messages that were reported as missing, excused those that a node
	// which lived to the end missed, for a good reason.
	reported, excused int
}

// checker holds a history against the promises.
type checker struct {
	*history
	findings
	heard map[*lifetime]records
	of    map[string]*lifetime
}

// check returns all faults of a history.
func (h *history) check() findings {
	c := &checker{history: h, heard: make(map[*lifetime]records), of: make(map[string]*lifetime)}
	c.members = len(h.lives)
	for _, l := range h.lives {
		c.heard[l] = l.records()
		c.of[l.life] = l
		c.messages += len(l.said)
	}
	for _, l := range h.lives {
		for _, fault := range checkStream(l.told, h.active) {
			c.fault("%s: %s", l.life, fault)
		}
		c.lingering(l)
	}
	ordered := true
	for _, l := range h.lives {
		for _, life := range slices.Sorted(maps.Keys(c.heard[l])) {
			ordered = c.order(l, life) && ordered
		}
	}
	if !ordered {
		return c.findings // what follows looks things up by their order
	}
	for _, l := range h.lives {
		for _, origin := range h.lives {
			c.losses(l, origin)
		}
		c.farewell(l)
	}
	return c.findings
}

func (c *checker) fault(format string, args ...any) {
	c.faults = append(c.faults, fmt.Sprintf(format, args...))
}

// checkStream returns what is wrong with the events of one life.
func checkStream(stream []told, most int) (faults []string) {
	up := make(map[string]bool)
	for i, e := range stream {
		fault := func(what string) {
			faults = append(faults, fmt.Sprintf("event %d, %s %s: %s", i+1, e.kind, e.peer, what))
		}
		switch e.kind {
		case "snapshot":
			clear(up)
			for _, peer := range e.peers {
				if up[peer] {
					fault("it lists " + peer + " twice")
				}
				up[peer] = true
			}
		case "neighbor_up":
			if up[e.peer] {
				fault("it was up already")
			}
			up[e.peer] = true
		case "neighbor_update":
			if !up[e.peer] {
				fault("it was not up")
			}
		case "neighbor_down":
			if !up[e.peer] {
				fault("it was not up")
			}
			delete(up, e.peer)
		case "isolated":
			if len(up) > 0 {
				fault(fmt.Sprintf("there are %d neighbors", len(up)))
			}
		default:
			fault("there is no such event")
		}
		if len(up) > most {
			fault(fmt.Sprintf("%d neighbors, want at most %d", len(up), most))
		}
	}
	return faults
}

// lingering checks that nobody keeps a neighbor that it cannot hear.
func (c *checker) lingering(l *lifetime) {
	since := make(map[string]time.Duration)
	drop := func(peer string, at time.Duration) {
		from, up := since[peer]
		delete(since, peer)
		if silent := c.silence(l.node, peer, from, min(at, l.died)); up && silent > c.limits.notice {
			c.fault("%s has kept %s until %v, which it could not hear for %v", l.life, peer, at, silent)
		}
	}
	for _, e := range l.told {
		switch e.kind {
		case "snapshot":
			clear(since)
			for _, peer := range e.peers {
				since[peer] = e.at
			}
		case "neighbor_up":
			since[e.peer] = e.at
		case "neighbor_down":
			drop(e.peer, e.at)
		}
	}
	for _, peer := range slices.Sorted(maps.Keys(since)) {
		drop(peer, l.died)
	}
}

// silence is the longest time within the given one for which a node ran and could not
// exchange packets with a peer. What comes after the last moment does not count.
func (c *checker) silence(node, peer string, from, until time.Duration) (most time.Duration) {
	var sum time.Duration
	for i, m := range c.network[:max(len(c.network)-1, 0)] {
		_, runs := m.part[node]
		if m.direct[[2]string{node, peer}] || !runs {
			sum = 0
			continue
		}
		sum += max(0, min(until, c.network[i+1].at)-max(from, m.at))
		most = max(most, sum)
	}
	return most
}

// order checks that what one life heard of another came once, and without a hole that was
// not reported.
func (c *checker) order(l *lifetime, life string) (ordered bool) {
	ordered = true
	last := c.heard[l][life][0].From - 1
	for _, e := range c.heard[l][life] {
		switch {
		case e.From <= last:
			ordered = false
			c.fault("%s has been given %s %d to %d at %v, after %d: twice, or out of order", l.life, life, e.From, e.Until, e.At, last)
		case e.From > last+1:
			ordered = false
			c.fault("%s has been given %s %d at %v after %d, and no report of a gap", l.life, life, e.From, e.At, last)
		}
		last = max(last, e.Until)
		if n := int(e.Until - e.From + 1); e.Gap {
			c.reported += n
		} else {
			c.deliveries += n
		}
	}
	return ordered
}

// losses checks what one life did not get of another: before the first it heard, in
// the gaps that were reported, and after the last.
func (c *checker) losses(l, origin *lifetime) {
	life := origin.life
	all := c.heard[l][life]
	last := c.heard[l].last(life)
	for _, e := range all {
		if e.Gap {
			if said, ok := find(origin.said, e.From); ok && e.At < said+c.limits.giveUp {
				c.fault("%s has given up %s %d at %v, published at %v only", l.life, life, e.From, e.At, said)
				continue
			}
			c.judge(l, e.From, e.Until, func(n uint64) string { return c.hasty(l, life, n, e.At) })
		}
	}
	first := origin.saidAfter(l.joined)
	if first > uint64(len(origin.said)) {
		return // it came after all of which it is known when they were published
	}
	if len(all) > 0 {
		c.judge(l, first, all[0].From-1, func(n uint64) string {
			if fault := c.never(l, life, n); fault != "" {
				return fmt.Sprintf("%s, member since %v and given the first of these at %v", fault, l.joined, all[0].At)
			}
			return ""
		})
		first = last + 1
	}
	most := max(last, uint64(len(origin.said)))
	for _, other := range c.lives {
		most = max(most, c.heard[other].last(life))
	}
	most = min(most, origin.saidAfter(l.died)) // later ones it need not have
	c.judge(l, first, most, func(n uint64) string { return c.never(l, life, n) })
}

// judge asks of each message why it should not be missing, and notes the first for
// which there is a reason.
func (c *checker) judge(l *lifetime, from, until uint64, why func(uint64) string) {
	for n := from; n <= until && n > 0; n++ {
		if fault := why(n); fault != "" {
			c.fault("%s (%d to %d are missing)", fault, from, until)
			return
		}
		if l.died == forever {
			c.excused++
		}
	}
}

// holders calls yield for everybody who had a message, with the moment when it got it.
func (c *checker) holders(life string, sequence uint64, yield func(*lifetime, time.Duration) (found bool)) bool {
	if at, ok := find(c.of[life].said, sequence); ok && yield(c.of[life], at) {
		return true
	}
	for _, other := range c.lives {
		if at, ok := find(c.heard[other][life], sequence); ok && yield(other, at) {
			return true
		}
	}
	return false
}

// hasty says why a gap should not have been reported, nothing if that was right.
func (c *checker) hasty(l *lifetime, life string, sequence uint64, at time.Duration) (fault string) {
	c.holders(life, sequence, func(holder *lifetime, got time.Duration) bool {
		since := at - c.limits.giveUp - c.limits.repair
		had := got >= at-c.limits.kept && got <= at-c.limits.giveUp
		if holder == l || !had || !holder.lived(since, at) || !l.lived(since, at) || !c.together(holder.node, l.node, since, at) {
			return false
		}
		fault = fmt.Sprintf("%s has given up %s %d at %v, which %s had got at %v, with nothing between them since %v",
			l.life, life, sequence, at, holder.life, got, since)
		return true
	})
	return fault
}

// never says why a message should have come that was never heard of.
func (c *checker) never(l *lifetime, life string, sequence uint64) (fault string) {
	c.holders(life, sequence, func(holder *lifetime, got time.Duration) bool {
		for _, calm := range c.calm {
			from := max(calm.from, got, l.joined)
			until := from + c.limits.repair
			if until > calm.until || until > got+c.limits.kept || !holder.lived(from, until) {
				continue
			}
			// It may be held up by an earlier one that is missing.
			if holder == l || !l.lived(from, until+c.limits.giveUp) {
				continue
			}
			fault = fmt.Sprintf("%s has never been given %s %d, which %s had got at %v, though all was well from %v to %v",
				l.life, life, sequence, holder.life, got, calm.from, calm.until)
			return true
		}
		return false
	})
	return fault
}

// farewell checks that one who left has told somebody all that it said, if it could.
func (c *checker) farewell(l *lifetime) {
	since := l.died - c.limits.giveUp - c.limits.repair
	witness := func(other *lifetime) bool {
		return other != l && other.lived(since, l.died+c.limits.giveUp) && c.together(l.node, other.node, since, l.died)
	}
	if !l.left || !l.lived(since, l.died) || !slices.ContainsFunc(c.lives, witness) {
		return
	}
	for _, e := range l.said {
		known := c.holders(l.life, e.From, func(holder *lifetime, _ time.Duration) bool { return holder != l })
		if !known {
			c.fault("%s has left at %v, and nobody has got its message %d of %v", l.life, l.died, e.From, e.At)
			return
		}
	}
}
