// The passive view: who gets in, and who leaves when it is full.

package views_test

import (
	"slices"
	"testing"
	"time"

	"github.com/kithmesh/kith/views"
)

// passiveOf is a full view of the IDs, all seen at 0.
func passiveOf(ids ...string) *views.Passive {
	v := views.NewPassive(len(ids))
	for _, id := range ids {
		v.Add(0, views.Sighting{Peer: peer(id)}, nil, source(1))
	}
	return &v
}

func idsOf(v *views.Passive) []string {
	var ids []string
	for i := range v.Len() {
		p, _ := v.At(i)
		ids = append(ids, p.ID)
	}
	slices.Sort(ids)
	return ids
}

func TestPassiveAdd(t *testing.T) {
	v := views.NewPassive(3)
	rng := source(1)
	now := time.Minute
	if !v.Add(now, views.Sighting{Peer: life("a", 2), Age: 10 * time.Second}, nil, rng) {
		t.Fatal("a is new")
	}
	_, spare := v.Get("a")
	spare.Fails, spare.NotBefore, spare.Round = 1, now+time.Hour, 3
	if spare.Seen != 50*time.Second {
		t.Fatalf("seen at %v", spare.Seen)
	}
	// Hearsay of the same life makes it younger, and nothing else; older hearsay
	// and older lives change nothing.
	for _, s := range []views.Sighting{
		{Peer: life("a", 2), Age: 5 * time.Second},
		{Peer: life("a", 2), Age: 30 * time.Second},
		{Peer: life("a", 1)},
	} {
		if v.Add(now, s, nil, rng) {
			t.Fatalf("%v is not new", s)
		}
	}
	if p, spare := v.Get("a"); p.Incarnation != 2 || spare.Seen != 55*time.Second || spare.Fails != 1 || spare.Round != 3 {
		t.Fatalf("%v %+v", p, spare)
	}
	// A newer life begins with a clean record.
	if !v.Add(now, views.Sighting{Peer: life("a", 3)}, nil, rng) {
		t.Fatal("a newer life is new")
	}
	if p, spare := v.Get("a"); p.Incarnation != 3 || *spare != (views.Spare{Seen: now}) || v.Len() != 1 {
		t.Fatalf("%v %+v", p, spare)
	}
	var none views.Passive
	if none.Add(now, views.Sighting{Peer: peer("a")}, nil, rng) || none.Len() != 0 {
		t.Fatal("a view of size 0 takes nobody")
	}
}

func TestPassiveEvictsFailedFirst(t *testing.T) {
	for seed := range uint64(50) {
		v := passiveOf("a", "b", "c", "d", "e")
		_, spare := v.Get("c")
		spare.Fails = 1
		sent := []*views.Peer{peer("a")}
		v.Add(0, views.Sighting{Peer: peer("x")}, &sent, source(seed))
		if want := []string{"a", "b", "d", "e", "x"}; !slices.Equal(idsOf(v), want) || len(sent) != 1 {
			t.Fatalf("seed %d: %v", seed, idsOf(v))
		}
	}
}

func TestPassiveEvictsWhoIsLeftAloneFirst(t *testing.T) {
	for seed := range uint64(50) {
		v := passiveOf("a", "b", "c", "d", "e")
		_, spare := v.Get("d")
		spare.NotBefore = time.Minute
		v.Add(time.Second, views.Sighting{Peer: peer("x")}, nil, source(seed))
		if v.Has("d") {
			t.Fatalf("seed %d: %v", seed, idsOf(v))
		}
	}
	// Not when that time is over.
	kept := 0
	for seed := range uint64(50) {
		v := passiveOf("a", "b", "c", "d", "e")
		_, spare := v.Get("d")
		spare.NotBefore = time.Minute
		v.Add(time.Minute, views.Sighting{Peer: peer("x")}, nil, source(seed))
		if v.Has("d") {
			kept++
		}
	}
	if kept == 0 {
		t.Fatal("d was always evicted")
	}
}

func TestPassiveEvictsSentNext(t *testing.T) {
	for seed := range uint64(50) {
		v := passiveOf("a", "b", "c", "d", "e")
		rng := source(seed)
		sent := []*views.Peer{peer("gone"), peer("e"), peer("b")}
		v.Add(0, views.Sighting{Peer: peer("x")}, &sent, rng)
		v.Add(0, views.Sighting{Peer: peer("y")}, &sent, rng)
		if want := []string{"a", "c", "d", "x", "y"}; !slices.Equal(idsOf(v), want) || len(sent) != 0 {
			t.Fatalf("seed %d: %v", seed, idsOf(v))
		}
	}
}

func TestPassiveEvictsAtRandomLast(t *testing.T) {
	rng := source(1)
	ids := []string{"a", "b", "c", "d", "e"}
	evicted := map[string]int{}
	const draws = 20_000
	for range draws {
		v := passiveOf(ids...)
		v.Add(0, views.Sighting{Peer: peer("x")}, nil, rng)
		for _, id := range ids {
			if !v.Has(id) {
				evicted[id]++
			}
		}
	}
	uniform(t, evicted, len(ids), draws)
}

func TestPassiveSample(t *testing.T) {
	rng := source(1)
	v := passiveOf("a", "b", "c", "d", "e", "f", "g")
	_, spare := v.Get("b")
	spare.Fails = 1
	_, spare = v.Get("c")
	spare.Seen = 40 * time.Second
	_, spare = v.Get("d")
	spare.Seen = 2 * time.Hour // of a clock that went ahead
	seen := map[string]int{}
	const draws = 20_000
	for range draws {
		for _, s := range v.Sample(nil, 2, time.Minute, "a", rng) {
			seen[s.Peer.ID]++
			switch s.Peer.ID {
			case "c":
				if s.Age != 20*time.Second {
					t.Fatalf("c is %v old", s.Age)
				}
			case "d":
				if s.Age != 0 {
					t.Fatalf("d is %v old", s.Age)
				}
			}
		}
	}
	if seen["a"] > 0 || seen["b"] > 0 {
		t.Fatal("neither whom it is for, nor who failed")
	}
	uniform(t, seen, 5, 2*draws)
	if _, spare := v.Get("b"); spare.Fails != 1 {
		t.Fatal("sampling has mixed up who failed")
	}
}

func TestPassivePick(t *testing.T) {
	rng := source(1)
	v := passiveOf("a", "b", "c", "d", "e", "f")
	seen := map[string]int{}
	const draws = 50_000
	for range draws {
		p, spare := v.Pick(rng, func(p *views.Peer, _ *views.Spare) bool { return p.ID != "c" })
		if _, same := v.Get(p.ID); same != spare {
			t.Fatal("the record is not the peer's")
		}
		seen[p.ID]++
	}
	uniform(t, seen, 5, draws)
	if p, spare := v.Pick(rng, func(*views.Peer, *views.Spare) bool { return false }); p != nil || spare != nil {
		t.Fatal("nobody was eligible")
	}
}

func TestPassiveExpire(t *testing.T) {
	v := passiveOf("a", "b", "c", "d")
	for i, id := range []string{"a", "b", "c", "d"} {
		_, spare := v.Get(id)
		spare.Seen = time.Duration(i) * time.Minute
	}
	if dropped := v.Expire(2 * time.Minute); dropped != 2 || !slices.Equal(idsOf(v), []string{"c", "d"}) {
		t.Fatalf("dropped %d, left %v", dropped, idsOf(v))
	}
}
