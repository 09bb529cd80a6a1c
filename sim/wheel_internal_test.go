// The event queue against a sorted list.

package sim

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestWheelOrder adds and takes at random, with times from nanoseconds to weeks
// ahead and some in the past, and wants the order of a sorted list.
func TestWheelOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		type entry struct {
			at  time.Duration
			seq uint64
		}
		q := newWheel()
		var want []entry
		now := time.Duration(0)
		steps := rapid.IntRange(1, 200).Draw(t, "steps")
		for range steps {
			if rapid.IntRange(0, 2).Draw(t, "what") > 0 {
				spread := uint(rapid.IntRange(0, 51).Draw(t, "spread"))
				ahead := time.Duration(rapid.Int64Range(-1000, 1<<spread).Draw(t, "ahead"))
				at := max(0, now+ahead)
				e := q.add(at)
				want = append(want, entry{at, e.seq})
				continue
			}
			until := now + time.Duration(rapid.Int64Range(0, 1<<51).Draw(t, "until"))
			slices.SortFunc(want, func(a, b entry) int {
				return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.seq, b.seq))
			})
			got, ok := q.next(until)
			if due := len(want) > 0 && want[0].at <= until; ok != due {
				t.Fatalf("next until %v: %v, want %v", until, ok, due)
			}
			if !ok {
				now = until
				continue
			}
			if got.at != want[0].at || got.seq != want[0].seq {
				t.Fatalf("got event %d at %v, want %d at %v", got.seq, got.at, want[0].seq, want[0].at)
			}
			want = want[1:]
			now = max(now, got.at)
		}
		if q.count != len(want) {
			t.Fatalf("%d events left, want %d", q.count, len(want))
		}
	})
}

// TestWheelReuse shows that a queue in a steady state does not grow.
func TestWheelReuse(t *testing.T) {
	q := newWheel()
	rng := rand.New(rand.NewPCG(1, 1))
	for range 1000 {
		q.add(time.Duration(rng.Int64N(int64(time.Minute))))
	}
	most := len(q.events)
	for range 100_000 {
		e, ok := q.next(1 << 60)
		if !ok {
			t.Fatal("empty")
		}
		q.add(e.at + time.Duration(rng.Int64N(int64(time.Minute))))
	}
	if len(q.events) != most {
		t.Errorf("the queue has grown from %d to %d places", most, len(q.events))
	}
}

// BenchmarkWheel is the hold model: take the first event and add another, three of
// four a network's delay ahead and one a timer's.
func BenchmarkWheel(b *testing.B) {
	for _, pending := range []int{10_000, 100_000, 1_000_000, 5_000_000} {
		b.Run(strconv.Itoa(pending), func(b *testing.B) {
			q := newWheel()
			rng := rand.New(rand.NewPCG(1, 1))
			draw := func() time.Duration {
				if rng.IntN(4) > 0 {
					return 10*time.Millisecond + time.Duration(rng.Int64N(int64(50*time.Millisecond)))
				}
				return time.Second + time.Duration(rng.Int64N(int64(29*time.Second)))
			}
			for range pending {
				q.add(draw())
			}
			for range pending { // into the steady state
				e, _ := q.next(1 << 60)
				q.add(e.at + draw())
			}
			for b.Loop() {
				e, _ := q.next(1 << 60)
				q.add(e.at + draw())
			}
		})
	}
}
