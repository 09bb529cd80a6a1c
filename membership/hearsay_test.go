// Hearsay against what was proved: nobody's word moves, ages or hides a peer that has
// shown itself here.

package membership_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/views"
)

// proves gives the node spare peers that have proved who they are.
func (o *one) proves(spare ...string) *one {
	o.t.Helper()
	o.knows(spare...)
	for _, id := range spare {
		o.receives(id, membership.Message{Kind: membership.Heartbeat})
		if _, known := o.node.Passive().Get(id); !known.Proved {
			o.t.Fatalf("%s is not proved", id)
		}
	}
	return o
}

// forged is a record of the ID in a life that never was, at the attacker's address.
func forged(id string, incarnation uint64) *views.Peer {
	return &views.Peer{ID: id, Incarnation: incarnation, Addr: "attacker:1"}
}

// waysToTell are all ways in which others tell a full node of a peer.
func waysToTell() map[string]func(o *one, p *views.Peer) {
	sample := func(p *views.Peer) []views.Sighting { return []views.Sighting{{Peer: p}} }
	return map[string]func(o *one, p *views.Peer){
		"Join": func(o *one, p *views.Peer) {
			o.step(membership.Input{Kind: membership.Asked, Message: membership.Message{
				Kind: membership.Join, Priority: membership.Low, Peer: p,
			}})
		},
		"Join's sample": func(o *one, p *views.Peer) {
			o.step(membership.Input{Kind: membership.Asked, Message: membership.Message{
				Kind: membership.Join, Priority: membership.Low, Peer: made("visitor"), Sample: sample(p),
			}})
		},
		"JoinReply": func(o *one, p *views.Peer) {
			o.step(membership.Input{Kind: membership.Answered, Message: membership.Message{
				Kind: membership.JoinReply, Verdict: membership.Redirected, Peer: p,
			}})
		},
		"JoinReply's sample": func(o *one, p *views.Peer) {
			o.step(membership.Input{Kind: membership.Answered, Message: membership.Message{
				Kind: membership.JoinReply, Verdict: membership.Redirected, Peer: made("contact"), Sample: sample(p),
			}})
		},
		"ForwardJoin": func(o *one, p *views.Peer) {
			o.receives("a", membership.Message{Kind: membership.ForwardJoin, TTL: 3, Priority: membership.High, Peer: p})
		},
		"end of a walk": func(o *one, p *views.Peer) {
			o.receives("a", membership.Message{Kind: membership.ForwardJoin, Priority: membership.Low, Peer: p})
		},
		"Shuffle": func(o *one, p *views.Peer) {
			o.receives("a", membership.Message{Kind: membership.Shuffle, TTL: 1, Request: 1, Peer: p})
		},
		"Shuffle's sample": func(o *one, p *views.Peer) {
			o.receives("a", membership.Message{Kind: membership.Shuffle, TTL: 1, Request: 1, Peer: made("origin"), Sample: sample(p)})
		},
		"ShuffleReply's sample": func(o *one, p *views.Peer) {
			request := shuffleNow(o).Message.Request
			o.receives("a", membership.Message{Kind: membership.ShuffleReply, Request: request, Sample: sample(p)})
		},
		"Disconnect's sample": func(o *one, p *views.Peer) {
			o.receives("a", membership.Message{Kind: membership.Disconnect, Reason: membership.NotActive, Sample: sample(p)})
		},
		"Found": func(o *one, p *views.Peer) {
			o.step(membership.Input{Kind: membership.Found, Sample: sample(p)})
		},
	}
}

// Whoever is only told of is hearsay in the passive view, by whatever way it got there,
// and is never looked for when it cannot be reached.
func TestToldIsHearsay(t *testing.T) {
	for way, tell := range waysToTell() {
		o := newOne(t, 1, nil).has("a", "b", "c", "d", "e")
		tell(o, made("x"))
		p, spare := o.node.Passive().Get("x")
		if p == nil || spare.Proved {
			t.Errorf("%s: %v %+v", way, p, spare)
		}
		for range 2 {
			o.loses("x", membership.Unreachable)
		}
		if o.node.Passive().Has("x") || o.node.Lost().Seeks("x") {
			t.Errorf("%s: x is looked for", way)
		}
	}
}

// A newcomer that nobody has reached is told on with an age, not as just seen.
func TestJoinIsOldNews(t *testing.T) {
	o := newOne(t, 1, nil).fill()
	o.step(membership.Input{Kind: membership.Asked, Message: membership.Message{
		Kind: membership.Join, Priority: membership.Low, Peer: made("k"), Sample: []views.Sighting{{Peer: made("l")}},
	}})
	for _, id := range []string{"k", "l"} {
		if p, spare := o.node.Passive().Get(id); p == nil || o.now-spare.Seen < 15*time.Minute {
			t.Errorf("%s: %v %+v", id, p, spare)
		}
	}
}

// No word of others moves a spare peer that has proved itself to another address or life,
// or makes it look fresher; nor is it asked anywhere else.
func TestHearsayMovesNobody(t *testing.T) {
	for way, tell := range waysToTell() {
		for _, lie := range []*views.Peer{forged("x", 1), forged("x", 2), forged("x", 1<<64-1)} {
			o := newOne(t, 1, nil).has("a", "b", "c", "d", "e").proves("x")
			since := o.now
			o.now += time.Minute
			tell(o, lie)
			p, spare := o.node.Passive().Get("x")
			if p == nil || *p != *made("x") || !spare.Proved || spare.Seen != since {
				t.Errorf("%s: %+v %+v", way, p, spare)
			}
		}
	}
	// A request that others have this node make goes to the address that was proved.
	o := newOne(t, 1, nil).has("a").proves("x")
	for _, e := range sends(o.receives("a", membership.Message{
		Kind: membership.ForwardJoin, Priority: membership.High, Peer: forged("x", 1),
	}), membership.Neighbor) {
		if e.Peer.ID == "x" && *e.Peer != *made("x") {
			t.Errorf("%+v is dialed", e.Peer)
		}
	}
}

// Hearsay of a neighbor, of this node or of who has left is no news at all.
func TestHearsayOfTheKnown(t *testing.T) {
	for way, tell := range waysToTell() {
		for _, id := range []string{"b", "p"} {
			o := newOne(t, 1, nil).has("a", "b", "c", "d", "e")
			tell(o, forged(id, 1<<64-1))
			p, _ := o.node.Active().Get("b")
			if o.node.Passive().Has(id) || *p != *made("b") || o.node.Self().Incarnation != 1 {
				t.Errorf("%s: %s is poisoned", way, id)
			}
		}
	}
}

// A life that never was does not lock the true one out, whether it was told of before or
// could not be reached.
func TestForgedLifeIsCured(t *testing.T) {
	for _, fails := range []int{0, 1, 2} {
		o := newOne(t, 1, nil).has("a", "b", "c", "d")
		o.step(membership.Input{Kind: membership.Found, Sample: []views.Sighting{{Peer: forged("x", 1<<64-1)}}})
		for range fails {
			o.step(membership.Input{Kind: membership.LinkLost, Peer: forged("x", 1<<64-1), Reason: membership.Unreachable})
		}
		o.now += time.Second
		o.receives("x", membership.Message{Kind: membership.Heartbeat})
		if p, _ := o.node.Passive().Get("x"); fails < 2 && *p != *made("x") {
			t.Errorf("after %d failures: %+v", fails, p)
		}
		o.receives("x", membership.Message{Kind: membership.Neighbor, Priority: membership.Low, Request: 1})
		if !o.node.Active().Has("x") {
			t.Errorf("after %d failures x is locked out", fails)
		}
	}
}

// Hearsay does not end the search for a lost peer, and what befalls a false address does
// not either. Both records are tried, and any sign of life ends it.
func TestHearsayEndsNoSearch(t *testing.T) {
	for way, tell := range waysToTell() {
		for _, lie := range []*views.Peer{made("e"), forged("e", 1), forged("e", 1<<64-1)} {
			o := newOne(t, 1, nil).has("a", "b", "c", "d", "e")
			o.loses("e", membership.Silent)
			o.has("f")
			o.now += time.Minute
			tell(o, lie)
			o.step(membership.Input{Kind: membership.LinkLost, Peer: forged("e", 1), Reason: membership.WrongPeer})
			if lost := o.node.Lost(); !lost.Seeks("e") || *lost.Get("e") != *made("e") {
				t.Fatalf("%s: the search for e is over", way)
			}
		}
	}
	o := newOne(t, 1, nil).has("a", "b", "c", "d", "e")
	o.loses("e", membership.Silent)
	o.has("f")
	asked := map[string]int{}
	for range 40 {
		o.now += time.Minute
		o.step(membership.Input{Kind: membership.Found, Sample: []views.Sighting{{Peer: forged("e", 2)}}})
		probes := sends(o.step(membership.Input{
			Kind: membership.Expired, Timer: membership.Timer{Kind: membership.ProbeTimer},
		}), membership.Neighbor)
		for _, e := range probes {
			asked[e.Peer.Addr]++
			if e.Message.Priority != membership.Low {
				t.Fatal("a link is to be exchanged for hearsay")
			}
			o.step(membership.Input{Kind: membership.LinkLost, Peer: e.Peer, Reason: membership.Unreachable})
		}
	}
	if asked["e:7000"] < 10 || asked["attacker:1"] < 10 {
		t.Fatal(asked)
	}
	o.receives("e", membership.Message{Kind: membership.Heartbeat})
	if o.node.Lost().Has("e") {
		t.Fatal("e is there")
	}
}

// A dial to a false address says nothing about the peer at its true one.
func TestFalseAddressFails(t *testing.T) {
	for _, reason := range []membership.Reason{membership.Unreachable, membership.WrongPeer} {
		o := newOne(t, 1, nil).has("a", "b", "c", "d", "e").proves("x")
		for range 3 {
			o.step(membership.Input{Kind: membership.LinkLost, Peer: forged("x", 1), Reason: reason})
		}
		if _, spare := o.node.Passive().Get("x"); !spare.Proved || spare.Fails != 0 {
			t.Fatalf("%s: %+v", reason, spare)
		}
	}
}

// Whoever answers a shuffle is at the end of a random walk, and proved.
func TestShuffleReplyProves(t *testing.T) {
	o := newOne(t, 1, nil).fill()
	request := shuffleNow(o).Message.Request
	reply := membership.Message{Kind: membership.ShuffleReply, Request: request}
	o.receives("o", reply)
	o.receives("again", reply)
	if _, spare := o.node.Passive().Get("o"); !spare.Proved || o.node.Passive().Has("again") {
		t.Fatalf("%+v", spare)
	}
}

// Nobody has a neighbor evicted by joining again and again.
func TestJoinsEvictOnce(t *testing.T) {
	o := newOne(t, 1, nil).has("a", "b", "c", "d", "e")
	evictions := 0
	for i := range 60 {
		o.now += 2 * time.Second
		shuffleNow(o) // when what is old is forgotten
		asked := o.step(membership.Input{Kind: membership.Asked, Message: membership.Message{
			Kind: membership.Join, Priority: membership.High, Peer: made("x"),
		}})
		for _, e := range sends(asked, membership.Neighbor) {
			o.receives("x", membership.Message{Kind: membership.NeighborReply, Request: e.Message.Request, Verdict: membership.Accepted})
			evictions++
		}
		if o.node.Active().Has("x") {
			o.loses("x", membership.Closed)
			o.has(fmt.Sprint("y", i))
		}
	}
	if want := int(o.now/time.Minute) + 1; evictions < 2 || evictions > want {
		t.Fatalf("%d evictions in %v", evictions, o.now)
	}
}
