// Whole meshes: everybody gets everything, once and in order.

package broadcast_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/kithmesh/kith/broadcast"
)

// flood returns the hops of a flooding from h to the last node.
func flood(h *host) int {
	seen, front, hops := map[*host]bool{h: true}, []*host{h}, 0
	for {
		var next []*host
		for _, at := range front {
			for _, e := range at.neighbors() {
				if !seen[e.far] {
					seen[e.far] = true
					next = append(next, e.far)
				}
			}
		}
		if len(next) == 0 {
			return hops
		}
		front, hops = next, hops+1
	}
}

func mesh(t *testing.T, seed uint64, nodes int, cfg broadcast.Config) *world {
	w := newWorld(t, seed, cfg)
	for range nodes {
		w.start()
	}
	w.regular(5)
	w.run(3 * time.Second)
	return w
}

func TestSteady(t *testing.T) {
	for seed := range uint64(2) {
		w := mesh(t, seed, 24, broadcast.DefaultConfig())
		publishers := w.nodes[:3]
		const messages = 200
		var before broadcast.Stats
		for i := range messages {
			if i == 100 {
				before = w.totals()
			}
			for _, p := range publishers {
				p.publish()
			}
			w.run(10 * time.Millisecond)
		}
		w.run(time.Second)
		after := w.totals()
		if r := rmr(before, after); r > 0.05 {
			t.Errorf("seed %d: RMR %.3f, want at most 0.05", seed, r)
		}
		for _, p := range publishers {
			last := uint8(0)
			for _, h := range w.nodes {
				if got := len(h.got[p.life]); got != messages {
					t.Errorf("seed %d: %s has %d of %s, want %d", seed, h.name, got, p.life, messages)
				}
				last = max(last, h.hops[fmt.Sprintf("%s/%d", p.life.ID(), messages)])
			}
			if most := flood(p); float64(last) > 1.25*float64(most) {
				t.Errorf("seed %d: last hop %d, flooding %d", seed, last, most)
			}
		}
		if after.Gaps > 0 {
			t.Errorf("seed %d: %d gaps", seed, after.Gaps)
		}
		if testing.Verbose() {
			t.Logf("seed %d: rmr %.3f, %+v", seed, rmr(before, after), after)
		}
	}
}

// A node is killed every second, and another started.
func TestChurn(t *testing.T) {
	for seed := range uint64(2) {
		w := mesh(t, seed, 24, broadcast.DefaultConfig())
		first := w.nodes[:]
		const seconds, rate = 8, 40
		for range seconds {
			victim := w.nodes[3+w.rng.IntN(len(w.nodes)-3)]
			if !victim.dead {
				w.kill(victim)
				w.at(50*time.Millisecond, func() {
					w.start()
					w.regular(5)
				})
			}
			for range rate {
				for _, p := range w.nodes[:3] {
					p.publish()
				}
				w.run(time.Second / rate)
			}
		}
		w.run(5 * time.Second)
		for _, h := range first {
			if h.dead {
				continue
			}
			for _, p := range first[:3] {
				if got := len(h.got[p.life]); got != seconds*rate {
					t.Errorf("seed %d: %s has %d of %s, want %d", seed, h.name, got, p.life, seconds*rate)
				}
			}
		}
		if testing.Verbose() {
			t.Logf("seed %d: %+v", seed, w.totals())
		}
	}
}
