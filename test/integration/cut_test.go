// Hosts whose packets vanish: nobody is told, and every connection stays half open.

//go:build linux

package integration_test

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// TestHostsBlackHole cuts off one host after the other, and lets each come back. Its
// neighbors notice by its silence, and find others.
func TestHostsBlackHole(t *testing.T) {
	t.Parallel()
	const n = 12
	s := newSite(t, "blackhole", n)
	all := s.populate(t, n)

	var lost, found []time.Duration
	for _, victim := range []*process{all[0], all[5], all[11]} {
		s.setStatus(aside, victim)
		at := time.Now()
		s.lab.lose(t, s.where[victim].around()...)
		pairs := s.around(map[*process]time.Time{victim: at})
		took, reasons := s.awaitLoss(t, "neighbors give "+victim.id+" up", pairs)
		onlyReasons(t, reasons, "silent")
		lost = append(lost, took...)
		s.settle(t, "the others are one mesh")
		found = append(found, s.replaced(pairs)...)
		s.lab.mend(t)
		s.setStatus(running, victim)
		s.awaitWhole(t, victim.id+" is back")
	}
	report(t, "given up", lost)
	report(t, "replaced", found)
	s.sound(t)
}

// report logs percentiles.
func report(t *testing.T, what string, took []time.Duration) {
	t.Helper()
	if len(took) == 0 {
		t.Logf("%s: none", what)
		return
	}
	slices.Sort(took)
	t.Logf("%s: %d, p50 %v, p99 %v, most %v", what, len(took),
		percentile(took, 50), percentile(took, 99), percentile(took, 100))
}

// TestHostsPartition cuts the network in two halves. Each goes on as one mesh, also the one
// without NATS, and they grow together again.
func TestHostsPartition(t *testing.T) {
	t.Parallel()
	const n = 12
	s := newSite(t, "halves", n)
	all := s.populate(t, n)
	with, without := all[:n/2], all[n/2:]

	s.lab.lose(t, between(append(slices.Clone(s.hosts[:n/2]), s.meet), s.hosts[n/2:n])...)
	s.setStatus(aside, without...)
	s.awaitWhole(t, "the half with NATS is one mesh")
	s.setStatus(running, without...)
	s.setStatus(aside, with...)
	s.awaitWhole(t, "the half without NATS is one mesh")

	at := time.Now()
	s.lab.mend(t)
	s.setStatus(running, with...)
	s.awaitWhole(t, "the halves are one mesh again")
	t.Logf("whole %v after the repair", time.Since(at).Round(time.Millisecond))
	s.sound(t)
}

// TestHostsOneWay loses what one node sends to one of its neighbors, and not what it is sent.
// Both give up their link, and the mesh stays whole without it.
func TestHostsOneWay(t *testing.T) {
	t.Parallel()
	const n = 12
	s := newSite(t, "oneway", n)
	all := s.populate(t, n)
	from := all[3]
	s.mu.Lock()
	id := from.knows()[0]
	s.mu.Unlock()
	to := all[slices.IndexFunc(all, func(p *process) bool { return p.id == id })]

	at := time.Now()
	s.lab.lose(t, way{s.where[from], s.where[to]})
	took, reasons := s.awaitLoss(t, "the link is given up at both ends", []pair{{from, to, at}, {to, from, at}})
	report(t, "given up", took)
	t.Logf("reasons: %v", reasons)
	s.settle(t, "one mesh without that link")
	if slices.Contains(s.picture()[from.id], to.id) {
		t.Errorf("%s and %s are neighbors, and cannot talk", from.id, to.id)
	}
	s.lab.mend(t)
	s.sound(t)
}

// TestHostsWithoutNATS cuts off the host of the NATS server. The mesh goes on, and newcomers
// join when it is back.
func TestHostsWithoutNATS(t *testing.T) {
	t.Parallel()
	const n = 12
	s := newSite(t, "cutnats", n)
	all := s.populate(t, n-1)
	s.lab.lose(t, s.meet.around()...)
	victims := all[n-4:]
	killed := make(map[*process]time.Time)
	for _, p := range victims {
		killed[p] = p.kill(t)
	}
	_, reasons := s.awaitLoss(t, "neighbors notice", s.around(killed))
	onlyReasons(t, reasons, "closed")
	s.awaitWhole(t, "the survivors are one mesh without NATS")
	s.awaitEach(t, "repaired without NATS", all[:n-4], func(p *process) bool { return len(p.neighbors) >= 3 })

	s.lab.mend(t)
	for i, h := range s.hosts[n-4:] {
		s.startAt(t, h, fmt.Sprintf("late%d", i+1))
	}
	s.awaitWhole(t, "newcomers join over NATS")
	s.sound(t)
}
