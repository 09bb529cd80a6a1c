// What was proved against hearsay: in the passive view and in the lost list.

package views_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/kithmesh/kith/views"
)

// provedOf is a full view of size peers, of which p0 and those after it are proved.
func provedOf(size, proved int) *views.Passive {
	v := views.NewPassive(size)
	for i := range proved {
		v.Prove(0, peer(fmt.Sprint("p", i)), source(1))
	}
	for i := range size - proved {
		v.Add(0, views.Sighting{Peer: peer(fmt.Sprint("h", i))}, nil, source(1))
	}
	return &v
}

// counted is the number of members that say they are proved.
func counted(v *views.Passive) int {
	count := 0
	for i := range v.Len() {
		if _, spare := v.At(i); spare.Proved {
			count++
		}
	}
	return count
}

func TestHearsayLeavesTheShare(t *testing.T) {
	for proved := range 10 {
		v := provedOf(9, proved)
		rng := source(uint64(proved))
		var sent []*views.Peer
		for i := range v.Len() {
			p, _ := v.At(i)
			sent = append(sent, p)
		}
		v.SetAside(peer("p0"), time.Hour)
		for i := range 1000 {
			v.Add(time.Second, views.Sighting{Peer: peer(fmt.Sprint("x", i))}, &sent, rng)
			if counted(v) != v.Proved() {
				t.Fatalf("%d are proved, %d by the count", counted(v), v.Proved())
			}
		}
		if want := min(proved, v.ProvedShare()); v.ProvedShare() != 3 || v.Proved() != want || v.Len() != 9 {
			t.Errorf("of %d that were proved %d are left, want %d", proved, v.Proved(), want)
		}
	}
}

// Whoever failed is not spared, but is replaced before anybody else.
func TestFailuresLeaveTheShare(t *testing.T) {
	v := provedOf(9, 2)
	v.Failed(peer("p1"), 0)
	v.Add(0, views.Sighting{Peer: peer("x")}, nil, source(1))
	if v.Has("p1") || !v.Has("p0") || v.Proved() != 1 {
		t.Fatal(idsOf(v))
	}
}

// Those who prove themselves take the places of hearsay, until they have their share; then
// anybody's.
func TestProvedTakePlaces(t *testing.T) {
	v := provedOf(9, 0)
	rng := source(1)
	for i := range 3 {
		if !v.Prove(0, peer(fmt.Sprint("q", i)), rng) || v.Proved() != i+1 {
			t.Fatalf("%d are proved", v.Proved())
		}
	}
	gone := 0
	for i := range 100 {
		v.Prove(0, peer(fmt.Sprint("r", i)), rng)
		if v.Proved() < 3 || v.Proved() != counted(v) {
			t.Fatalf("%d are proved", v.Proved())
		}
		if !v.Has(fmt.Sprint("q", i%3)) {
			gone++
		}
	}
	if gone == 0 {
		t.Fatal("nobody ever left")
	}
}

func TestProvedRecordStands(t *testing.T) {
	elsewhere := func(incarnation uint64) *views.Peer {
		p := life("a", incarnation)
		p.Addr = "elsewhere:1"
		return p
	}
	hearsay := func(v *views.Passive, p *views.Peer) bool {
		return v.Add(time.Hour, views.Sighting{Peer: p}, nil, source(1))
	}
	v := views.NewPassive(3)
	// Hearsay of a life that never was, elsewhere, is cured by contact.
	hearsay(&v, elsewhere(1<<63))
	v.Failed(life("a", 1<<63), time.Hour)
	if !v.Prove(time.Minute, life("a", 5), source(1)) {
		t.Fatal("the true life is new")
	}
	want := views.Spare{Seen: time.Minute, Proved: true}
	if p, spare := v.Get("a"); *p != *life("a", 5) || spare != want {
		t.Fatalf("%+v %+v", p, spare)
	}
	// From then on no hearsay changes it, by address, life or age.
	for _, p := range []*views.Peer{elsewhere(5), elsewhere(6), elsewhere(1<<64 - 1), life("a", 6), life("a", 5)} {
		if hearsay(&v, p) {
			t.Fatalf("%+v is believed", p)
		}
	}
	if p, spare := v.Get("a"); *p != *life("a", 5) || spare != want {
		t.Fatalf("%+v %+v", p, spare)
	}
	// A proved older life changes nothing, a proved newer one and another address do.
	if v.Prove(time.Hour, life("a", 4), source(1)) || v.Prove(time.Hour, life("a", 5), source(1)) {
		t.Fatal("neither is new")
	}
	v.Asked(peer("a"))
	if v.Prove(time.Hour, elsewhere(5), source(1)) {
		t.Fatal("the same life is not new")
	}
	if p, spare := v.Get("a"); *p != *elsewhere(5) || !spare.Asked || spare.Seen != time.Hour {
		t.Fatalf("%+v %+v", p, spare)
	}
	if !v.Prove(time.Hour, life("a", 6), source(1)) || v.Len() != 1 || v.Proved() != 1 {
		t.Fatal("a newer life is new")
	}
	if _, spare := v.Get("a"); spare.Asked {
		t.Fatal("a newer life begins with a clean record")
	}
	var none views.Passive
	if none.Prove(0, peer("a"), source(1)) || none.Len() != 0 {
		t.Fatal("a view of size 0 takes nobody")
	}
}

// Whatever happens, the count of the proved is theirs, and they keep their records.
func TestProvedAreCounted(t *testing.T) {
	rng := source(7)
	v := views.NewPassive(6)
	proved := map[string]bool{}
	for i := range 20_000 {
		now := time.Duration(i) * time.Second
		p := peer(fmt.Sprint("x", rng.IntN(12)))
		switch rng.IntN(8) {
		case 0:
			v.Prove(now, p, rng)
			proved[p.ID] = true
		case 1:
			v.Remove(p.ID)
		case 2:
			v.Expire(now, now-time.Minute)
		case 3:
			v.Failed(p, now)
		case 4:
			v.Sample(nil, 3, now, p, rng)
		case 5:
			v = v.Clone()
		default:
			v.Add(now, views.Sighting{Peer: p}, nil, rng)
		}
		for j := range v.Len() {
			if q, spare := v.At(j); spare.Proved && !proved[q.ID] {
				t.Fatalf("%s never proved anything", q)
			}
		}
		for id := range proved {
			if !v.Has(id) {
				delete(proved, id)
			} else if _, spare := v.Get(id); !spare.Proved {
				t.Fatalf("%s is hearsay again", id)
			}
		}
		if len(proved) != v.Proved() {
			t.Fatalf("%d are proved, %d by the count", len(proved), v.Proved())
		}
	}
}

func TestLostHearsay(t *testing.T) {
	rng := source(1)
	l := views.NewLost(3)
	l.Add(peer("a"), 1*time.Second, time.Second)
	l.Add(peer("x"), 2*time.Second, 0)
	l.Add(peer("b"), 3*time.Second, time.Second)
	if l.Sought() != 2 || !l.Seeks("a") || l.Seeks("x") || l.Seeks("nobody") || !l.Has("x") {
		t.Fatal("x is hearsay")
	}
	for range 4 {
		if p := l.Due(time.Hour, time.Second, rng); p != nil && p.ID == "x" {
			t.Fatal("x is looked for")
		}
	}
	// Hearsay makes room for hearsay, and for who is looked for, and never the other way.
	l.Add(peer("y"), 4*time.Second, 0)
	if l.Has("x") || !l.Has("a") || !l.Has("y") {
		t.Fatal("x goes first")
	}
	l.Add(peer("c"), 5*time.Second, time.Second)
	l.Add(peer("z"), 6*time.Second, 0)
	if l.Has("y") || l.Has("z") || l.Sought() != 3 {
		t.Fatal("only those are left who are looked for")
	}
	// What hearsay says of one of them changes nothing.
	l.Add(life("a", 1<<63), 7*time.Second, 0)
	if p := l.Get("a"); p.Incarnation != 1 || !l.Seeks("a") {
		t.Fatal(p.Incarnation)
	}
	l.Remove("a")
	l.Add(life("a", 1<<63), 8*time.Second, 0)
	l.Add(life("a", 2), 9*time.Second, time.Second)
	if p := l.Get("a"); p.Incarnation != 2 || !l.Seeks("a") {
		t.Fatal(p.Incarnation)
	}
	if l.Get("nobody") != nil {
		t.Fatal("nobody is there")
	}
	ids := []string{}
	for i := range l.Len() {
		p, _ := l.At(i)
		ids = append(ids, p.ID)
	}
	if slices.Sort(ids); !slices.Equal(ids, []string{"a", "b", "c"}) {
		t.Fatal(ids)
	}
}
