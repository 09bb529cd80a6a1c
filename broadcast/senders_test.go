// Many senders, each of a single message, on the shared tree.

package broadcast_test

import (
	"testing"
	"time"

	"github.com/kithmesh/kith/broadcast"
)

// everybodySpeaks lets nodes send one message each, one after the other, and wants each
// to be everywhere within the given time. It returns the RMR of all but the first ten.
func everybodySpeaks(t *testing.T, w *world, within time.Duration) float64 {
	t.Helper()
	var before broadcast.Stats
	for i, h := range w.nodes {
		if i == 10 {
			before = w.totals()
		}
		h.publish()
		w.run(within)
		for _, o := range w.nodes {
			if !o.fresh[h.life][1] {
				t.Fatalf("%v after %s has sent, %s has not got it", within, h.name, o.name)
			}
		}
		w.run(500*time.Millisecond - within)
	}
	return rmr(before, w.totals())
}

// An origin that was never heard of is announced by a shorter way than that on which
// its message is about to come. That is no reason to ask for it.
func TestAnnouncementOfAStrangerIsNotAnsweredAtOnce(t *testing.T) {
	cfg := broadcast.DefaultConfig()
	cfg.LazyDelay = 0
	for seed := range uint64(3) {
		w := mesh(t, seed, 100, cfg)
		if r := everybodySpeaks(t, w, 100*time.Millisecond); r > 0.02 {
			t.Errorf("seed %d: RMR %.3f, want at most 0.02", seed, r)
		}
	}
}

// What is announced again is about a tree that others' messages have changed since: to
// move by it tears the tree, and each tear makes others.
func TestSharedTreeIsNotMovedByOldAnnouncements(t *testing.T) {
	cfg := broadcast.DefaultConfig()
	cfg.Threshold = 3 // as a deeper tree, of more nodes, would be with the default
	for seed := range uint64(2) {
		w := mesh(t, seed, 200, cfg)
		if r := everybodySpeaks(t, w, 400*time.Millisecond); r > 0.05 {
			t.Errorf("seed %d: RMR %.3f, want at most 0.05", seed, r)
		}
	}
}
