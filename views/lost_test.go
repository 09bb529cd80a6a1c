// The lost list: bounds, backoff, and what counts as a sign of life.

package views_test

import (
	"testing"
	"time"

	"github.com/kithmesh/kith/views"
)

func TestLostIsBounded(t *testing.T) {
	l := views.NewLost(2)
	l.Add(peer("a"), 1*time.Second, time.Second)
	l.Add(peer("b"), 2*time.Second, time.Second)
	l.Add(peer("c"), 3*time.Second, time.Second)
	if l.Len() != 2 || l.Has("a") || !l.Has("b") || !l.Has("c") {
		t.Fatal("the one that was lost first is forgotten")
	}
	if !l.Remove("b") || l.Remove("b") || l.Len() != 1 {
		t.Fatal("b was there once")
	}
	none := views.NewLost(0)
	none.Add(peer("a"), 0, time.Second)
	if none.Len() != 0 || none.Pick(source(1)) != nil || none.Due(time.Hour, time.Hour, source(1)) != nil {
		t.Fatal("a list of size 0 takes nobody")
	}
}

func TestLostKeepsBackoffOfKnown(t *testing.T) {
	l := views.NewLost(4)
	rng := source(1)
	l.Add(life("a", 2), 0, time.Second)
	l.Due(time.Second, time.Minute, rng) // its wait is 2 s from now on
	l.Add(life("a", 1), 5*time.Second, time.Millisecond)
	l.Add(life("a", 3), 5*time.Second, time.Millisecond)
	if p, since := l.At(0); p.Incarnation != 3 || since != 0 {
		t.Fatalf("%d, lost at %v", p.Incarnation, since)
	}
	if p := l.Due(2*time.Second, time.Minute, rng); p != nil {
		t.Fatal("the backoff began anew")
	}
}

func TestLostBackoff(t *testing.T) {
	const longest = 30 * time.Second
	for seed := range uint64(20) {
		l := views.NewLost(4)
		rng := source(seed)
		l.Add(peer("a"), 0, 2*time.Second)
		var waits []time.Duration
		last := time.Duration(0)
		for now := time.Duration(0); len(waits) < 100; now += 10 * time.Millisecond {
			if l.Due(now, longest, rng) != nil {
				waits = append(waits, now-last)
				last = now
			}
		}
		want := 2 * time.Second
		for i, wait := range waits {
			low, high := want*3/4, want*5/4+10*time.Millisecond
			if i == 0 {
				low, high = want, want // as it was added
			}
			if wait < low || wait > high {
				t.Fatalf("seed %d: wait %d is %v, want %v ±25 %%", seed, i, wait, want)
			}
			want = min(2*want, longest)
		}
	}
}

func TestLostDueTakesWhoWaitsLongest(t *testing.T) {
	l := views.NewLost(4)
	rng := source(1)
	l.Add(peer("a"), 0, 3*time.Second)
	l.Add(peer("b"), 0, 1*time.Second)
	l.Add(peer("c"), 0, 2*time.Second)
	for _, want := range []string{"b", "c", "a"} {
		if p := l.Due(3*time.Second, time.Hour, rng); p == nil || p.ID != want {
			t.Fatalf("got %v, want %s", p, want)
		}
	}
}

func TestLostExpire(t *testing.T) {
	l := views.NewLost(4)
	l.Add(peer("a"), 1*time.Second, time.Second)
	l.Add(peer("b"), 2*time.Second, time.Second)
	l.Add(peer("c"), 3*time.Second, time.Second)
	if dropped := l.Expire(2 * time.Second); dropped != 1 || l.Has("a") || !l.Has("b") || !l.Has("c") {
		t.Fatalf("dropped %d", dropped)
	}
	// What is known of the others is still theirs.
	if p, since := l.At(0); p.ID == "b" && since != 2*time.Second || p.ID == "c" && since != 3*time.Second {
		t.Fatalf("%s was lost at %v", p, since)
	}
}

func TestLostSeenSince(t *testing.T) {
	l := views.NewLost(4)
	l.Add(life("a", 2), 10*time.Second, time.Second)
	for _, c := range []struct {
		name string
		peer *views.Peer
		at   time.Duration
		want bool
	}{
		{"before the loss", life("a", 2), 9 * time.Second, false},
		{"at the loss", life("a", 2), 10 * time.Second, false},
		{"after the loss", life("a", 2), 11 * time.Second, true},
		{"a newer life, whenever", life("a", 3), 0, true},
		{"somebody else", peer("b"), 0, true},
	} {
		if got := l.SeenSince(c.peer, c.at); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

func TestLostPickIsUniform(t *testing.T) {
	l := views.NewLost(4)
	rng := source(1)
	for _, id := range []string{"a", "b", "c", "d"} {
		l.Add(peer(id), 0, time.Second)
	}
	seen := map[string]int{}
	const draws = 20_000
	for range draws {
		seen[l.Pick(rng).ID]++
	}
	uniform(t, seen, 4, draws)
}
