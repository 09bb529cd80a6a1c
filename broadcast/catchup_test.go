// Catching up: a node that was away gets what is in store, once.

package broadcast_test

import (
	"testing"
	"time"

	"github.com/kithmesh/kith/broadcast"
)

// TestCatchUp cuts a node off while others publish, for longer than its neighbors keep
// what it misses, and lets it come back while they go on. Links are so narrow that to
// catch up takes longer than an answer.
func TestCatchUp(t *testing.T) {
	for _, away := range []time.Duration{time.Second, 8 * time.Second} {
		cfg := broadcast.DefaultConfig()
		cfg.StoreAge = 4 * time.Second
		w := newWorld(t, 1, cfg)
		for range 6 {
			w.start()
		}
		w.delay = func() time.Duration { return 10 * time.Millisecond }
		w.pace = 2 * time.Millisecond
		w.regular(3)
		origin, back := w.nodes[0], w.nodes[5]
		speak := func(d time.Duration) {
			for end := w.now + d; w.now < end; w.run(5 * time.Millisecond) {
				origin.publish()
			}
		}
		speak(2 * time.Second)
		for _, e := range back.neighbors() {
			w.unlink(e)
		}
		speak(away)
		before := back.core.Stats()
		w.link(back, w.nodes[1])
		w.link(back, w.nodes[2])
		speak(8 * time.Second)
		w.run(time.Second)
		after := back.core.Stats()
		got, missed := len(back.got[origin.life]), int(back.missed[origin.life])
		last, _ := origin.core.Next()
		if got+missed != int(last-1) {
			t.Errorf("away %s: has %d and misses %d of %d", away, got, missed, last-1)
		}
		if most := max(0, away-cfg.StoreAge+100*time.Millisecond); missed > int(most/(5*time.Millisecond)) {
			t.Errorf("away %s: misses %d", away, missed)
		}
		if dups := after.Duplicates - before.Duplicates; dups > 10 {
			t.Errorf("away %s: %d duplicates of %d messages", away, dups, after.Received-before.Received)
		}
	}
}
