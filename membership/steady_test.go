// The same inputs give the same effects; whatever happens to a cluster, it is one
// again when it is left in peace.

package membership_test

import (
	"fmt"
	"hash/fnv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/kithmesh/kith/membership"
)

// fingerprint is what an effect says, wherever its peers are in memory.
func fingerprint(e *membership.Effect) string {
	text := fmt.Sprintf("%d %v %d %s %+v %v %d %v %d", e.Kind, e.Peer, e.Link, describe(&e.Message),
		e.Timer, e.After, e.Event.Kind, e.Event.Peer, e.Token)
	for _, s := range e.Message.Sample {
		text += s.Age.String()
	}
	return text
}

func TestSameSeedSameEffects(t *testing.T) {
	run := func(seed uint64) (uint64, int) {
		w := newWorld(t, membership.DefaultConfig(), seed)
		w.latency = func() time.Duration { return time.Duration(w.rng.Int64N(int64(5 * time.Millisecond))) }
		sum := fnv.New64()
		count := 0
		w.effect = func(m *member, e *membership.Effect) {
			count++
			_, _ = fmt.Fprintln(sum, w.now, m.name, fingerprint(e))
		}
		for i := range 15 {
			w.start(fmt.Sprintf("n%d", i))
		}
		w.run(10 * time.Second)
		w.crash(w.members[3])
		w.leave(w.members[4])
		w.cut(1, w.members[5:10]...)
		w.run(20 * time.Second)
		w.heal()
		w.start("n3")
		w.run(30 * time.Second)
		return sum.Sum64(), count
	}
	first, count := run(1)
	if again, _ := run(1); again != first {
		t.Fatal("two runs differ")
	}
	if other, _ := run(2); other == first {
		t.Fatal("the seed makes no difference")
	}
	if count < 3_000 {
		t.Fatalf("only %d effects", count)
	}
}

// pauses are short and long against a latency, a heartbeat, silence and a request.
var pauses = []time.Duration{
	time.Millisecond, 5 * time.Millisecond, 50 * time.Millisecond, 200 * time.Millisecond,
	time.Second, 2500 * time.Millisecond, 4 * time.Second, 20 * time.Second,
}

func TestAnythingThenPeace(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := newWorld(t, membership.DefaultConfig(), rapid.Uint64().Draw(rt, "seed"))
		w.fatal = rt.Fatalf
		most := rapid.SampledFrom(pauses[:4]).Draw(rt, "latency")
		w.latency = func() time.Duration { return time.Duration(1 + w.rng.Int64N(int64(most))) }
		for i := range rapid.SampledFrom([]int{5, 6, 7, 10, 15}).Draw(rt, "nodes") {
			w.start(fmt.Sprintf("n%d", i))
		}
		anybody := func(rt *rapid.T) *member {
			return w.members[rapid.IntRange(0, len(w.members)-1).Draw(rt, "who")]
		}
		rt.Repeat(map[string]func(*rapid.T){
			"wait": func(rt *rapid.T) {
				w.run(w.now + rapid.SampledFrom(pauses).Draw(rt, "wait"))
			},
			"crash": func(rt *rapid.T) {
				if m := anybody(rt); m.up && len(w.alive()) > 1 {
					w.crash(m)
				}
			},
			"leave": func(rt *rapid.T) {
				if m := anybody(rt); m.up && !m.paused && len(w.alive()) > 1 {
					w.leave(m)
				}
			},
			"restart": func(rt *rapid.T) {
				m := anybody(rt)
				if m.up {
					w.crash(m)
				}
				w.start(m.name)
			},
			"cut":  func(rt *rapid.T) { w.cut(rapid.IntRange(0, 2).Draw(rt, "part"), anybody(rt), anybody(rt)) },
			"heal": func(*rapid.T) { w.heal() },
			"pause": func(rt *rapid.T) {
				if m := anybody(rt); m.up {
					w.pause(m)
				}
			},
			"resume": func(rt *rapid.T) { w.resume(anybody(rt)) },
		})
		w.heal()
		for _, m := range w.members {
			w.resume(m)
		}
		w.until("one cluster", 3*time.Minute, w.whole)
	})
}
