// Whole clusters: how they form, what they survive, and how calm they are.

package membership_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/kithmesh/kith/membership"
)


// cluster starts count nodes at once and waits until they are one.
func cluster(t *testing.T, count int, seed uint64) *world {
	t.Helper()
	w := newWorld(t, membership.DefaultConfig(), seed)
	for i := range count {
		w.start(fmt.Sprintf("n%d", i))
	}
	w.until("one cluster", 30*time.Second, w.whole)
	return w
}

func TestConvergenceAtOnce(t *testing.T) {
	for _, count := range []int{2, 3, 6, 7, 10, 50, 200} {
		t.Run(fmt.Sprint(count), func(t *testing.T) {
			for seed := range uint64(20) {
				w := cluster(t, count, seed)
				t.Log(seed, w.now, w.sent)
			}
		})
	}
}

func TestConvergenceOneByOne(t *testing.T) {
	for _, count := range []int{2, 3, 6, 7, 10, 50, 200} {
		t.Run(fmt.Sprint(count), func(t *testing.T) {
			for seed := range uint64(5) {
				w := newWorld(t, membership.DefaultConfig(), seed)
				for i := range count {
					w.start(fmt.Sprintf("n%d", i))
					w.run(w.now + 20*time.Millisecond)
				}
				t.Log(seed, w.until("one cluster", 30*time.Second, w.whole), w.sent)
			}
		})
	}
}

func TestConvergenceFlashCrowd(t *testing.T) {
	for seed := range uint64(5) {
		w := newWorld(t, membership.DefaultConfig(), seed)
		first := w.start("first")
		w.contact = func(*member) *member { return first }
		for i := range 200 {
			w.start(fmt.Sprintf("n%d", i))
		}
		one := w.until("one component", time.Minute, func() bool { return w.components() == 1 })
		all := one + w.until("one cluster", time.Minute, w.whole)
		t.Log(seed, one, all, w.sent)
	}
}

func TestConvergenceHalfKilled(t *testing.T) {
	for _, count := range []int{10, 32, 200} {
		for seed := range uint64(10) {
			w := cluster(t, count, seed)
			w.run(30 * time.Second)
			for i, m := range w.alive() {
				if i%2 == 0 {
					w.crash(m)
				}
			}
			began := w.now
			one := w.until("one component", 30*time.Second, func() bool { return w.components() == 1 })
			whole := one + w.until("one cluster", 30*time.Second, w.whole)
			full := time.Duration(-1)
			for w.now < began+20*time.Second && full < 0 {
				if w.run(w.now + 10*time.Millisecond); w.short() == 0 {
					full = w.now - began
				}
			}
			t.Log(count, seed, one, whole, "full", full, w.short())
		}
	}
}

func TestConvergenceHalfLeaves(t *testing.T) {
	for _, count := range []int{10, 32, 200} {
		for seed := range uint64(10) {
			w := cluster(t, count, seed)
			w.run(30 * time.Second)
			for i, m := range w.alive() {
				if i%2 == 0 {
					w.leave(m)
				}
			}
			began := w.now
			one := w.until("one component", 30*time.Second, func() bool { return w.components() == 1 })
			whole := one + w.until("one cluster", 30*time.Second, w.whole)
			t.Log(count, seed, one, whole, w.now-began)
			_ = began
		}
	}
}

func TestConvergenceHeal(t *testing.T) {
	for _, count := range []int{10, 32, 100} {
		for seed := range uint64(6) {
			w := cluster(t, count, seed)
			w.run(time.Minute)
			w.cut(1, w.members[:count/2]...)
			w.run(w.now + time.Minute)
			comps := w.components()
			w.heal()
			one := w.until("one component", 5*time.Minute, func() bool { return w.components() == 1 })
			whole := one + w.until("one cluster", 5*time.Minute, w.whole)
			t.Log(count, seed, comps, one, whole)
		}
	}
}

func TestConvergenceQuiet(t *testing.T) {
	w := cluster(t, 50, 1)
	w.run(time.Minute)
	before := w.sent
	ups := 0
	w.effect = func(m *member, e *membership.Effect) {
		if e.Kind == membership.Emit && e.Event.Kind == membership.NeighborUp {
			ups++
		}
	}
	w.run(31 * time.Minute)
	t.Log("ups per node and minute", float64(ups)/50/30)
	for k, n := range w.sent {
		if n > before[k] {
			t.Logf("%s: %.4f per node and second", membership.Kind(k), float64(n-before[k])/50/1800)
		}
	}
	if !w.whole() {
		t.Fatal(w.views())
	}
}
