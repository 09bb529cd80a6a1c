// Both ends of a link send their heartbeats at the same time, and each in time.

package membership_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/kithmesh/kith/membership"
)

// beats is what is seen of the heartbeats on the links of a world, from one node to another.
type beats struct {
	last         map[[2]string]time.Duration
	sent, paired int
	longest      time.Duration
}

// watchBeats looks at all heartbeats of a world from now on. A pair is two within a time, one each
// way.
func watchBeats(w *world, within time.Duration) *beats {
	b := &beats{last: map[[2]string]time.Duration{}}
	w.effect = func(m *member, e *membership.Effect) {
		if e.Kind != membership.Send || e.Message.Kind != membership.Heartbeat {
			return
		}
		way, back := [2]string{m.name, e.Peer.ID}, [2]string{e.Peer.ID, m.name}
		if before, ok := b.last[way]; ok {
			b.longest = max(b.longest, w.now-before)
		}
		if before, ok := b.last[back]; ok && w.now-before <= within {
			b.paired++
		}
		b.last[way] = w.now
		b.sent++
	}
	return b
}

// A link carries one exchange in an interval: whoever is due first begins, the other one answers,
// and nobody waits for longer than an interval and a quarter.
func TestHeartbeatsArePairs(t *testing.T) {
	for _, latency := range []time.Duration{100 * time.Microsecond, 20 * time.Millisecond, 200 * time.Millisecond} {
		t.Run(latency.String(), func(t *testing.T) {
			cfg := membership.DefaultConfig()
			cfg.RotateInterval = 0
			w := newWorld(t, cfg, 1)
			w.latency = func() time.Duration { return latency }
			for i := range 12 {
				w.start(fmt.Sprintf("n%d", i))
			}
			w.until("one cluster", time.Minute, w.whole)
			w.run(w.now + 20*time.Second)
			b := watchBeats(w, latency)
			const seconds = 100
			ends := 0
			for _, m := range w.members {
				ends += m.node.Active().Len()
			}
			w.run(w.now + seconds*time.Second)
			if most := cfg.HeartbeatInterval*5/4 + time.Millisecond; b.longest > most {
				t.Errorf("nothing for %v on a link, want at most %v", b.longest, most)
			}
			if rate := float64(b.sent) / float64(ends*seconds); rate < 0.9 || rate > 1.1 {
				t.Errorf("%.2f heartbeats a second, want one", rate)
			}
			if share := 2 * float64(b.paired) / float64(b.sent); share < 0.8 {
				t.Errorf("%.0f %% of the heartbeats come in pairs", 100*share)
			}
		})
	}
}

// A heartbeat is answered if the own one is due within half an interval, and not again before that
// is so once more, whatever the neighbor sends.
func TestHeartbeatIsAnsweredOnce(t *testing.T) {
	o := newOne(t, 1, func(c *membership.Config) { c.HeartbeatInterval = time.Second }).has("a")
	answers := func() int {
		n := 0
		for _, e := range o.receives("a", membership.Message{Kind: membership.Heartbeat, Active: true, Degree: 1, Sent: 7 * time.Hour}) {
			if e.Kind == membership.Send && e.Message.Kind == membership.Heartbeat {
				if e.Message.Echo != 7*time.Hour || e.Message.Held != 0 || e.Message.Sent != o.now {
					t.Errorf("%+v", e.Message)
				}
				n++
			}
		}
		return n
	}
	if n := answers(); n != 1 {
		t.Fatalf("%d answers of a neighbor that is new", n)
	}
	sent := 0
	for range 100 {
		o.now += 100 * time.Millisecond
		sent += answers()
	}
	if sent < 8 || sent > 14 {
		t.Errorf("%d answers to 100 heartbeats in 10 s", sent)
	}
}
