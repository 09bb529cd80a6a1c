// The passive view: who gets in, and who leaves when it is full.

package views_test

import (
	"fmt"
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
	v.Failed(peer("a"), now+time.Hour)
	v.Asked(peer("a"))
	if _, spare := v.Get("a"); spare.Seen != 50*time.Second {
		t.Fatalf("%+v", spare)
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
	if p, spare := v.Get("a"); p.Incarnation != 2 || spare.Seen != 55*time.Second || spare.Fails != 1 || !spare.Asked || spare.NotBefore != now+time.Hour {
		t.Fatalf("%v %+v", p, spare)
	}
	// A newer life begins with a clean record.
	if !v.Add(now, views.Sighting{Peer: life("a", 3)}, nil, rng) {
		t.Fatal("a newer life is new")
	}
	if p, spare := v.Get("a"); p.Incarnation != 3 || spare != (views.Spare{Seen: now}) || v.Len() != 1 {
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
		v.Failed(peer("c"), 0)
		a, _ := v.Get("a")
		sent := []*views.Peer{a}
		v.Add(0, views.Sighting{Peer: peer("x")}, &sent, source(seed))
		if want := []string{"a", "b", "d", "e", "x"}; !slices.Equal(idsOf(v), want) || len(sent) != 1 {
			t.Fatalf("seed %d: %v", seed, idsOf(v))
		}
	}
}

func TestPassiveEvictsWhoIsLeftAloneFirst(t *testing.T) {
	for seed := range uint64(50) {
		v := passiveOf("a", "b", "c", "d", "e")
		v.SetAside(peer("d"), time.Minute)
		v.Add(time.Second, views.Sighting{Peer: peer("x")}, nil, source(seed))
		if v.Has("d") {
			t.Fatalf("seed %d: %v", seed, idsOf(v))
		}
	}
	// Not when that time is over.
	kept := 0
	for seed := range uint64(50) {
		v := passiveOf("a", "b", "c", "d", "e")
		v.SetAside(peer("d"), time.Minute)
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
		e, _ := v.Get("e")
		b, _ := v.Get("b")
		sent := []*views.Peer{peer("gone"), e, b}
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
	v.Failed(peer("b"), 0)
	v.Add(40*time.Second, views.Sighting{Peer: peer("c")}, nil, rng)
	v.Add(2*time.Hour, views.Sighting{Peer: peer("d")}, nil, rng) // of a clock that went ahead
	seen := map[string]int{}
	const draws = 20_000
	for range draws {
		for _, s := range v.Sample(nil, 2, time.Minute, peer("a"), rng) {
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
	v.Asked(peer("c"))
	seen := map[string]int{}
	const draws = 50_000
	for range draws {
		p := v.Pick(rng, func(p *views.Peer, spare views.Spare) bool {
			if spare.Asked != (p.ID == "c") {
				t.Fatal("the record is not the peer's")
			}
			return !spare.Asked
		})
		seen[p.ID]++
	}
	uniform(t, seen, 5, draws)
	if p := v.Pick(rng, func(*views.Peer, views.Spare) bool { return false }); p != nil {
		t.Fatal("nobody was eligible")
	}
}

func TestPassiveExpire(t *testing.T) {
	v := passiveOf("a", "b", "c", "d")
	for i, id := range []string{"a", "b", "c", "d"} {
		v.Add(time.Duration(i)*time.Minute, views.Sighting{Peer: peer(id)}, nil, source(1))
	}
	if dropped := v.Expire(3*time.Minute, 2*time.Minute); dropped != 2 || !slices.Equal(idsOf(v), []string{"c", "d"}) {
		t.Fatalf("dropped %d, left %v", dropped, idsOf(v))
	}
}

// Times are rounded so that nobody looks fresher than it is.
func TestPassiveSeenIsRoundedDown(t *testing.T) {
	for _, at := range []time.Duration{-time.Hour, -time.Nanosecond, 0, 1, 62_500_001, time.Hour + 1} {
		v := views.NewPassive(1)
		v.Add(at, views.Sighting{Peer: peer("a")}, nil, source(1))
		if _, spare := v.At(0); spare.Seen > at || at-spare.Seen >= time.Second/8 {
			t.Errorf("seen at %v, said to be %v", at, spare.Seen)
		}
	}
	const years = 365 * 24 * time.Hour
	v := views.NewPassive(2)
	v.Add(4*years, views.Sighting{Peer: peer("a")}, nil, source(1))
	v.Add(99*years, views.Sighting{Peer: peer("b")}, nil, source(1))
	if _, a := v.Get("a"); a.Seen != 4*years {
		t.Errorf("seen at %v", a.Seen)
	}
	if _, b := v.Get("b"); b.Seen < 4*years || b.Seen > 99*years {
		t.Errorf("seen at %v", b.Seen)
	}
}

// A new round forgets who was asked, and nothing else.
func TestPassiveNewRound(t *testing.T) {
	v := passiveOf("a", "b", "c")
	v.Asked(peer("a"))
	v.Asked(peer("b"))
	v.SetAside(peer("b"), time.Minute)
	v.Failed(peer("c"), 0)
	v.NewRound(time.Second)
	want := map[string]views.Spare{"a": {}, "b": {NotBefore: time.Minute}, "c": {Fails: 1}}
	for id, spare := range want {
		if _, got := v.Get(id); got != spare {
			t.Errorf("%s: %+v", id, got)
		}
	}
	v.Alive(peer("c"))
	if _, got := v.Get("c"); got != (views.Spare{}) {
		t.Errorf("c: %+v", got)
	}
	if v.Failed(peer("d"), 0) != 0 || v.Has("d") {
		t.Error("d is no member")
	}
}

// What is known of a member goes with it, also when its ID comes back.
func TestPassiveRemarkGoesWithItsMember(t *testing.T) {
	v := passiveOf("a", "b", "c")
	rng := source(1)
	v.Failed(peer("a"), time.Hour)
	v.Remove("a")
	v.Add(0, views.Sighting{Peer: peer("a")}, nil, rng)
	if _, got := v.Get("a"); got != (views.Spare{}) {
		t.Errorf("a: %+v", got)
	}
	v.Failed(peer("b"), time.Hour)
	v.Add(0, views.Sighting{Peer: peer("d")}, nil, rng) // b makes room
	v.Remove("a")
	v.Add(0, views.Sighting{Peer: peer("b")}, nil, rng)
	if _, got := v.Get("b"); got != (views.Spare{}) || !v.Has("c") || !v.Has("d") {
		t.Errorf("b: %+v", got)
	}
}

// Every ID is found among many that differ little, and after any removal.
func TestPassiveFindsAll(t *testing.T) {
	var ids []string
	for i := range 200 {
		ids = append(ids, fmt.Sprint(i), fmt.Sprint("node-", i), fmt.Sprintf("node-%d-of-many", i))
	}
	v := passiveOf(ids...)
	for i, id := range ids {
		if p, _ := v.Get(id); p == nil || p.ID != id {
			t.Fatalf("%s is not found", id)
		}
		if i%3 == 0 && (v.Remove(id) == nil || v.Has(id)) {
			t.Fatalf("%s is still there", id)
		}
	}
	if v.Has("node-") || v.Has("") || v.Len() != len(ids)*2/3 {
		t.Fatalf("%d members", v.Len())
	}
}
