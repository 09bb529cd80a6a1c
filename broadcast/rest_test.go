// Trees come to rest: when nothing happens to the mesh any more, nobody grafts and
// nobody prunes, however many publish.

package broadcast_test

import (
	"testing"
	"time"

	"github.com/kithmesh/kith/broadcast"
)

// TestRest has every node publish after some churn, where links are short and where
// they are so long that much is under way.
func TestRest(t *testing.T) {
	for seed := range uint64(2) {
		w := newWorld(t, seed, broadcast.DefaultConfig())
		if seed%2 == 1 {
			w.delay = func() time.Duration { return time.Duration(20+w.rng.IntN(130)) * time.Millisecond }
		}
		for range 12 {
			w.start()
		}
		w.regular(5)
		speak := func(d time.Duration) {
			for end := w.now + d; w.now < end; {
				for _, h := range w.nodes {
					if !h.dead {
						h.publish()
						w.run(8 * time.Millisecond)
					}
				}
			}
		}
		for range 4 {
			if victim := w.nodes[w.rng.IntN(len(w.nodes))]; !victim.dead {
				w.kill(victim)
			}
			speak(500 * time.Millisecond)
			w.start()
			w.regular(5)
		}
		speak(10 * time.Second)
		before := w.totals()
		speak(4 * time.Second)
		after := w.totals()
		if changes := after.Grafts + after.Prunes - before.Grafts - before.Prunes; changes > 4 {
			t.Errorf("seed %d: %d GRAFTs and PRUNEs in 4 s, want next to none", seed, changes)
		}
		if r := rmr(before, after); r > 0.001 {
			t.Errorf("seed %d: RMR %.4f, want 0", seed, r)
		}
		if testing.Verbose() {
			t.Logf("seed %d: before %+v\nafter %+v", seed, before, after)
		}
	}
}

// TestFirstWords has everybody say something for the first time, on a tree that one
// origin has made: announcements overtake messages, which nobody may take for a torn
// tree.
func TestFirstWords(t *testing.T) {
	w := newWorld(t, 1, broadcast.DefaultConfig())
	w.delay = func() time.Duration { return time.Duration(w.rng.IntN(40)) * time.Millisecond }
	for range 32 {
		w.start()
	}
	w.regular(5)
	for range 4 {
		w.nodes[0].publish()
		w.run(3 * time.Second)
	}
	before := w.totals()
	for _, h := range w.nodes[1:] {
		h.publish()
		w.run(3 * time.Second)
	}
	if r := rmr(before, w.totals()); r > 0.05 {
		t.Errorf("RMR %.3f, want about 0", r)
	}
}
