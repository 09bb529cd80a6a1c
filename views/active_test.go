// The active view: bounds, uniform choices, and the helpers of these tests.

package views_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/kithmesh/kith/views"
)

func peer(id string) *views.Peer {
	return &views.Peer{ID: id, Incarnation: 1, Addr: id + ":1"}
}

func life(id string, incarnation uint64) *views.Peer {
	p := peer(id)
	p.Incarnation = incarnation
	return p
}

func source(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 1)) }

// activeOf is a full view of the IDs, whose links are numbered from 1.
func activeOf(ids ...string) *views.Active {
	a := views.NewActive(len(ids))
	for i, id := range ids {
		a.Add(peer(id), views.Neighbor{Link: uint64(i + 1)})
	}
	return &a
}

func TestActive(t *testing.T) {
	a := views.NewActive(2)
	if a.Full() || a.Free() != 2 || a.Remove("a") != nil || a.Pick(source(1), "", "") != nil {
		t.Fatal("a new view is empty")
	}
	if !a.Add(peer("a"), views.Neighbor{Link: 7}) || !a.Add(peer("b"), views.Neighbor{Link: 8}) {
		t.Fatal("there was room")
	}
	if a.Add(peer("c"), views.Neighbor{}) || !a.Full() || a.Free() != 0 || a.Len() != 2 {
		t.Fatal("a full view takes nobody")
	}
	a.Remove("a")
	if a.Add(life("b", 2), views.Neighbor{}) {
		t.Fatal("an ID is in the view once, in whatever life")
	}
	// The column of what is known moves with its peer.
	if p, info := a.Get("b"); p.ID != "b" || info.Link != 8 {
		t.Fatalf("got %v %+v", p, info)
	}
	renamed := peer("b")
	renamed.Meta = "new"
	a.Update(renamed)
	a.Update(peer("stranger"))
	if p, info := a.Get("b"); p != renamed || info.Link != 8 || a.Len() != 1 {
		t.Fatal("an update changes the record and nothing else")
	}
	var none views.Active
	if none.Add(peer("a"), views.Neighbor{}) {
		t.Fatal("the zero view takes nobody")
	}
}

func TestActivePickLeavesOut(t *testing.T) {
	a := activeOf("a", "b", "c")
	for range 100 {
		if p := a.Pick(source(1), "a", "b"); p.ID != "c" {
			t.Fatalf("picked %v", p)
		}
	}
	if p := activeOf("a", "b").Pick(source(1), "a", "b"); p != nil {
		t.Fatalf("picked %v", p)
	}
}

func TestActivePickIsUniform(t *testing.T) {
	ids := []string{"a", "b", "c", "d", "e", "f", "g"}
	a := activeOf(ids...)
	rng := source(1)
	seen := map[string]int{}
	const draws = 50_000
	for range draws {
		seen[a.Pick(rng, "b", "f").ID]++
	}
	uniform(t, seen, 5, draws)
}

func TestActiveSampleIsUniform(t *testing.T) {
	a := activeOf("a", "b", "c", "d", "e", "f")
	rng := source(2)
	seen := map[string]int{}
	const draws = 20_000
	for range draws {
		sample := a.Sample(nil, 2, "c", rng)
		if len(sample) != 2 || sample[0].Peer == sample[1].Peer {
			t.Fatalf("sample %v", sample)
		}
		for _, s := range sample {
			if s.Age != 0 {
				t.Fatal("a neighbor has just been heard")
			}
			seen[s.Peer.ID]++
		}
	}
	uniform(t, seen, 5, 2*draws)
	for i, id := range []string{"a", "b", "c", "d", "e", "f"} {
		if _, info := a.Get(id); info.Link != uint64(i+1) {
			t.Fatal("sampling has mixed up who has which link")
		}
	}
	if sample := a.Sample(nil, 99, "", rng); len(sample) != 6 {
		t.Fatalf("%d of 6", len(sample))
	}
}

// uniform fails unless the draws are spread evenly over so many values: the
// chi-square is within six standard deviations of its mean.
func uniform(t *testing.T, seen map[string]int, values, draws int) {
	t.Helper()
	if len(seen) != values {
		t.Fatalf("%d values, want %d: %v", len(seen), values, seen)
	}
	expected := float64(draws) / float64(values)
	chi := 0.0
	for _, n := range seen {
		chi += (float64(n) - expected) * (float64(n) - expected) / expected
	}
	if limit := float64(values) + 6*math.Sqrt(2*float64(values)); chi > limit {
		t.Fatalf("chi-square %.1f, at most %.1f: %v", chi, limit, seen)
	}
}

func TestJitter(t *testing.T) {
	rng := source(3)
	low, high := time.Hour, time.Duration(0)
	for range 10_000 {
		d := views.Jitter(time.Second, rng)
		low, high = min(low, d), max(high, d)
	}
	if low < 750*time.Millisecond || low > 760*time.Millisecond || high > 1250*time.Millisecond || high < 1240*time.Millisecond {
		t.Fatalf("between %v and %v", low, high)
	}
	if views.Jitter(0, rng) != 0 || views.Jitter(-1, rng) != -1 || views.Jitter(1, rng) != 1 {
		t.Fatal("the smallest durations stay")
	}
}

// The same operations and the same source give the same view, order and choices.
func TestSameSeedSameChoices(t *testing.T) {
	run := func() string {
		rng := source(5)
		a, v := views.NewActive(5), views.NewPassive(8)
		var trace []byte
		for i := range 500 {
			p := peer(fmt.Sprintf("p%d", rng.IntN(30)))
			switch i % 5 {
			case 0:
				a.Add(p, views.Neighbor{})
			case 1:
				v.Add(0, views.Sighting{Peer: p}, nil, rng)
			case 2:
				a.Remove(p.ID)
			case 3:
				trace = fmt.Append(trace, a.Pick(rng, "", ""), v.Sample(nil, 3, 0, "", rng))
			case 4:
				v.Remove(p.ID)
			}
		}
		for i := range v.Len() {
			p, _ := v.At(i)
			trace = fmt.Append(trace, p.ID)
		}
		return string(trace)
	}
	if first, again := run(), run(); first != again {
		t.Fatal("two runs differ")
	}
}
