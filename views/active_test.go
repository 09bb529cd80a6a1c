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
		a.Add(peer(id), uint64(i+1), 0)
	}
	return &a
}

// picked is a neighbor that has neither of two IDs, which may be empty.
func picked(a *views.Active, rng *rand.Rand, not, nor string) *views.Peer {
	var excluded [2]*views.Peer
	for i, id := range []string{not, nor} {
		if id != "" {
			excluded[i] = peer(id)
		}
	}
	p, _ := a.Pick(rng, excluded[0], excluded[1])
	return p
}

func TestActive(t *testing.T) {
	a := views.NewActive(2)
	if a.Full() || a.Free() != 2 || a.Remove("a") != nil || picked(&a, source(1), "", "") != nil {
		t.Fatal("a new view is empty")
	}
	if !a.Add(peer("a"), 7, 0) || !a.Add(peer("b"), 8, time.Second) {
		t.Fatal("there was room")
	}
	if a.Add(peer("c"), 9, 0) || !a.Full() || a.Free() != 0 || a.Len() != 2 {
		t.Fatal("a full view takes nobody")
	}
	a.Remove("a")
	if a.Add(life("b", 2), 9, 0) {
		t.Fatal("an ID is in the view once, in whatever life")
	}
	// The column of what is known moves with its peer.
	if p, info := a.Get("b"); p.ID != "b" || info.Link != 8 {
		t.Fatalf("got %v %+v", p, info)
	}
	renamed := peer("b")
	renamed.Meta = "new"
	a.Update(renamed, 10, time.Minute)
	a.Update(peer("stranger"), 11, 0)
	want := views.Neighbor{Link: 10, Since: time.Second, Heard: time.Minute}
	if p, info := a.Get("b"); p != renamed || info != want || a.Len() != 1 {
		t.Fatalf("after an update: %+v", info)
	}
	var none views.Active
	if none.Add(peer("a"), 1, 0) {
		t.Fatal("the zero view takes nobody")
	}
}

func TestActivePickLeavesOut(t *testing.T) {
	a := activeOf("a", "b", "c")
	for range 100 {
		if p := picked(a, source(1), "a", "b"); p.ID != "c" {
			t.Fatalf("picked %v", p)
		}
	}
	if p := picked(activeOf("a", "b"), source(1), "a", "b"); p != nil {
		t.Fatalf("picked %v", p)
	}
}

// A neighbor is heard on its own link and in its own life only, whoever holds which
// record of it.
func TestActiveHeard(t *testing.T) {
	a := activeOf("a", "b")
	for _, c := range []struct {
		name string
		peer *views.Peer
		link uint64
		want bool
	}{
		{"itself", peer("b"), 2, true},
		{"another link", peer("b"), 1, false},
		{"a newer life", life("b", 2), 2, false},
		{"no neighbor", peer("c"), 2, false},
	} {
		if got := a.Heard(c.peer, c.link, time.Second); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
	if _, info := a.Get("b"); info.Heard != time.Second || info.Since != 0 {
		t.Fatalf("%+v", info)
	}
	if a.Link(peer("b")) != 2 || a.Link(peer("c")) != 0 {
		t.Fatal("b is on link 2, c on none")
	}
}

// A heartbeat without an echo leaves the round trip as it was; a round trip is kept
// in microseconds.
func TestActiveBeat(t *testing.T) {
	a := activeOf("a")
	a.Beat(peer("a"), 4, time.Hour, time.Minute, 1234567*time.Nanosecond)
	a.Beat(peer("a"), 5, 2*time.Hour, 2*time.Minute, 0)
	a.Beat(peer("stranger"), 1, 1, 1, 1)
	want := views.Neighbor{Link: 1, Degree: 5, RTT: 1234 * time.Microsecond}
	if _, info := a.Get("a"); info != want {
		t.Fatalf("%+v", info)
	}
}

// What is echoed is the latest time that a neighbor has sent, however late it is on the own clock.
func TestActiveEcho(t *testing.T) {
	a := activeOf("a")
	for _, now := range []time.Duration{0, time.Hour, 71 * time.Minute, 72 * time.Minute, 10_000 * time.Hour} {
		if stamp, held := a.Echo(0, now); stamp != 0 || held != 0 {
			t.Fatalf("%v, %v before the first heartbeat", stamp, held)
		}
	}
	for _, now := range []time.Duration{0, time.Hour, 71*time.Minute + 34*time.Second, 10_000 * time.Hour} {
		if at := a.Beat(peer("a"), 4, 7*time.Hour+now, now, 0); at != 0 {
			t.Fatalf("position %d", at)
		}
		stamp, held := a.Echo(0, now+1234*time.Millisecond)
		if stamp != 7*time.Hour+now || held != 1234*time.Millisecond {
			t.Errorf("%v, %v at %v", stamp, held, now)
		}
	}
	if at := a.Beat(peer("stranger"), 1, 1, 1, 1); at >= 0 {
		t.Errorf("position %d of a stranger", at)
	}
}

// A new neighbor is due a heartbeat, and one that has been sent one after a while, whatever the time is.
func TestActiveDue(t *testing.T) {
	for _, now := range []time.Duration{0, 2 * time.Second, 49*24*time.Hour + 17*time.Hour, 30_000 * time.Hour} {
		a := views.NewActive(1)
		a.Add(peer("a"), 1, now)
		if due := a.Due(0, now); due > 0 {
			t.Errorf("new, and due in %v", due)
		}
		a.Postpone(0, now, 750*time.Millisecond)
		for passed, want := range map[time.Duration]time.Duration{
			0: 750 * time.Millisecond, time.Second: -250 * time.Millisecond, time.Hour: 750*time.Millisecond - time.Hour,
		} {
			if due := a.Due(0, now+passed); due != want {
				t.Errorf("due in %v %v later, want %v", due, passed, want)
			}
		}
		a.Postpone(0, now, 1000*24*time.Hour)
		if due := a.Due(0, now); due < 20*24*time.Hour {
			t.Errorf("a very long pause is over in %v", due)
		}
	}
}

func TestActivePickIsUniform(t *testing.T) {
	ids := []string{"a", "b", "c", "d", "e", "f", "g"}
	a := activeOf(ids...)
	rng := source(1)
	seen := map[string]int{}
	const draws = 50_000
	for range draws {
		p, link := a.Pick(rng, peer("f"), peer("b"))
		if link != a.Link(p) {
			t.Fatalf("%s is not on link %d", p, link)
		}
		seen[p.ID]++
	}
	uniform(t, seen, 5, draws)
}

func TestActiveSampleIsUniform(t *testing.T) {
	a := activeOf("a", "b", "c", "d", "e", "f")
	rng := source(2)
	seen := map[string]int{}
	const draws = 20_000
	for range draws {
		sample := a.Sample(nil, 2, peer("c"), rng)
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
	if sample := a.Sample(nil, 99, peer("x"), rng); len(sample) != 6 {
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
				a.Add(p, 1, 0)
			case 1:
				v.Add(0, views.Sighting{Peer: p}, nil, rng)
			case 2:
				a.Remove(p.ID)
			case 3:
				trace = fmt.Append(trace, picked(&a, rng, "", ""), v.Sample(nil, 3, 0, p, rng))
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
