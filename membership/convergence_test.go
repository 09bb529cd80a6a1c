// Whole clusters: how they form, what they survive, and how calm they are. Times
// are virtual, with a latency of 1 ms; run with -v to see them.

package membership_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/kithmesh/kith/membership"
)

// cluster starts so many nodes at once, and waits until they are one.
func cluster(t *testing.T, count int, seed uint64) *world {
	t.Helper()
	w := newWorld(t, membership.DefaultConfig(), seed)
	for i := range count {
		w.start(fmt.Sprintf("n%d", i))
	}
	w.until("one cluster", 20*time.Second, w.whole)
	return w
}

func (w *world) oneComponent() bool { return w.components() == 1 }
func (w *world) full() bool         { return w.short() == 0 && w.whole() }

// each runs a test for some sizes and seeds.
func each(t *testing.T, sizes []int, seeds uint64, test func(t *testing.T, count int, seed uint64)) {
	for _, count := range sizes {
		for seed := range seeds {
			t.Run(fmt.Sprintf("%d nodes, seed %d", count, seed), func(t *testing.T) {
				t.Parallel()
				test(t, count, seed)
			})
		}
	}
}

func TestConvergenceAtOnce(t *testing.T) {
	each(t, []int{2, 3, 6, 7, 10, 50, 200}, 5, func(t *testing.T, count int, seed uint64) {
		w := cluster(t, count, seed)
		t.Logf("one cluster after %v, %d requests", w.now, w.sent[membership.Neighbor])
		if count <= 6 {
			w.until("everybody knows everybody", 20*time.Second, w.full)
		}
	})
}

func TestConvergenceOneByOne(t *testing.T) {
	each(t, []int{2, 3, 6, 7, 10, 50, 200}, 2, func(t *testing.T, count int, seed uint64) {
		w := newWorld(t, membership.DefaultConfig(), seed)
		for i := range count {
			w.start(fmt.Sprintf("n%d", i))
			w.run(w.now + 20*time.Millisecond)
			if w.components() != 1 {
				t.Fatalf("not let in within 20 ms\n%s", w.views())
			}
		}
		t.Logf("one cluster %v after the last", w.until("one cluster", 20*time.Second, w.whole))
	})
}

// Everybody starts within a moment, and asks anybody: small groups let each other in
// and know nobody else. The islands become one at the next visits to the meeting
// place.
func TestConvergenceIslands(t *testing.T) {
	const count, seeds = 32, 200
	for _, within := range []time.Duration{time.Millisecond, 200 * time.Millisecond} {
		var longest time.Duration
		islands := 0
		for seed := range uint64(seeds) {
			w := newWorld(t, membership.DefaultConfig(), seed)
			w.latency = func() time.Duration {
				return 100*time.Microsecond + time.Duration(w.rng.Int64N(int64(time.Millisecond)))
			}
			for i := range count {
				w.add(fmt.Sprintf("n%d", i))
			}
			for _, m := range w.members {
				at := time.Duration(w.rng.Int64N(int64(within)))
				w.at(at, &event{what: "start", run: func() { w.step(m, membership.Input{Kind: membership.Start}) }})
			}
			w.run(within + 10*time.Millisecond)
			if w.components() > 1 {
				islands++
			}
			w.until("one component", 3*time.Second, w.oneComponent)
			longest = max(longest, w.now)
		}
		if islands == 0 {
			t.Error("there was never more than one island")
		}
		t.Logf("started within %v: islands in %d of %d, one component after %v at the most", within, islands, seeds, longest)
	}
}

// Small clusters go on visiting the meeting place, as their passive views never fill.
// Once everybody knows everybody that changes nothing.
func TestConvergenceVisitsInPeace(t *testing.T) {
	each(t, []int{3, 10, 11, 16}, 3, func(t *testing.T, count int, seed uint64) {
		cfg := membership.DefaultConfig()
		cfg.RotateInterval = 0
		w := newWorld(t, cfg, seed)
		for i := range count {
			w.start(fmt.Sprintf("n%d", i))
		}
		w.run(time.Minute)
		visits := w.sent[membership.Join]
		w.effect = func(m *member, e *membership.Effect) {
			if e.Kind == membership.Emit {
				t.Errorf("%s at %v: %s %v", m.name, w.now, e.Event.Kind, e.Event.Peer)
			}
		}
		w.run(w.now + 10*time.Minute)
		if visits = w.sent[membership.Join] - visits; visits < 10*count {
			t.Fatalf("only %d visits", visits)
		}
	})
}

// Everybody comes through one door.
func TestConvergenceFlashCrowd(t *testing.T) {
	each(t, []int{200}, 3, func(t *testing.T, count int, seed uint64) {
		w := newWorld(t, membership.DefaultConfig(), seed)
		first := w.start("first")
		w.contact = func(*member) *member { return first }
		for i := range count {
			w.start(fmt.Sprintf("n%d", i))
		}
		one := w.until("one component", 10*time.Second, w.oneComponent)
		whole := one + w.until("one cluster", 40*time.Second, w.whole)
		t.Logf("one component after %v, one cluster after %v", one, whole)
	})
}

func TestConvergenceHalfKilled(t *testing.T) {
	each(t, []int{10, 32, 100}, 3, func(t *testing.T, count int, seed uint64) {
		testHalfEnds(t, count, seed, (*world).crash)
	})
}

func TestConvergenceHalfLeaves(t *testing.T) {
	each(t, []int{10, 32, 100}, 3, func(t *testing.T, count int, seed uint64) {
		testHalfEnds(t, count, seed, (*world).leave)
	})
}

func testHalfEnds(t *testing.T, count int, seed uint64, end func(*world, *member)) {
	t.Helper()
	w := cluster(t, count, seed)
	w.run(30 * time.Second)
	for i, m := range w.members {
		if i%2 == 0 {
			end(w, m)
		}
	}
	one := w.until("one component", time.Second, w.oneComponent)
	whole := one + w.until("one cluster", 2*time.Second, w.whole)
	t.Logf("one component after %v, all but two full after %v", one, whole)
	if count <= 32 {
		t.Logf("all full after %v", whole+w.until("full views", 2*time.Second, w.full))
	}
}

func TestConvergencePartition(t *testing.T) {
	each(t, []int{10, 32, 100}, 2, func(t *testing.T, count int, seed uint64) {
		w := cluster(t, count, seed)
		w.run(time.Minute)
		w.cut(1, w.members[:count/2]...)
		w.run(w.now + time.Minute)
		if w.components() != 2 {
			t.Fatalf("%d components in two parts\n%s", w.components(), w.views())
		}
		w.heal()
		one := w.until("one component", 10*time.Second, w.oneComponent)
		whole := one + w.until("one cluster", 20*time.Second, w.whole)
		t.Logf("one component after %v, one cluster after %v", one, whole)
	})
}

// Half an hour in which nothing happens: the links change only by rotation, one
// exchange a node in 200 s, of which each costs four members a link and gives them
// another.
func TestConvergenceQuiet(t *testing.T) {
	const count, minutes = 50, 30
	w := cluster(t, count, 1)
	w.run(time.Minute)
	before, ups := w.sent, 0
	w.effect = func(_ *member, e *membership.Effect) {
		if e.Kind == membership.Emit && e.Event.Kind == membership.NeighborUp {
			ups++
		}
	}
	w.run(w.now + minutes*time.Minute)
	total := 0
	for kind, n := range w.sent {
		if n == 0 {
			continue
		}
		total += n - before[kind]
		t.Logf("%s: %.4f a node and second", membership.Kind(kind), float64(n-before[kind])/count/minutes/60)
	}
	perSecond, perMinute := float64(total)/count/minutes/60, float64(ups)/count/minutes
	t.Logf("%.2f messages a node and second, %.2f new links a node and minute", perSecond, perMinute)
	if perSecond > 6.5 || perMinute > 1.5 || !w.whole() {
		t.Fatalf("not calm\n%s", w.views())
	}
}
