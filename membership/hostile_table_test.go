// What each hostile input may cost a node at most, in twenty seconds of nothing else.

package membership_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/views"
)

// cost is what the node spends on an attack.
type cost struct {
	entries   int // IDs that got into its passive view
	dials     int // messages to peers to whom it has no link
	messages  int // all others, and answers at the meeting place
	evictions int // of its neighbors, for others
	lost      int // neighbors that are gone, for whatever reason
}

// within reports whether no part of the cost is above its bound.
func (c cost) within(most cost) bool {
	return c.entries <= most.entries && c.dials <= most.dials && c.messages <= most.messages &&
		c.evictions <= most.evictions && c.lost <= most.lost
}

const (
	floodFor  = 20 * time.Second
	floodSize = 8000 // inputs in that time

	// What gets into the passive view unasked: twice its size at once, and 5 a second.
	heard = 2*30 + 5*20
	// Walks passed on: ten for each newcomer that may be let in.
	passed = 10*25 + 10*25*20
	// Newcomers let in: 25 at once, and 5 a second by a full node.
	letIn = 25 + 5*20
	// Neighbors given up on request: a view's worth at once, and one in 20 s; and again
	// when the guest goes, or the exchange is undone.
	givenUp = 2 * (5 + 1)
	// Shuffles of strangers answered.
	answered = 10 + 5*20
)

// strangers is a sample of 64 peers that are made up for the i-th input.
func strangers(i int) []views.Sighting {
	var sample []views.Sighting
	for j := range 64 {
		sample = append(sample, views.Sighting{Peer: made(fmt.Sprintf("x%d-%d", i, j))})
	}
	return sample
}

// fromNeighbor is an input that neighbor a sends; fromStranger one that a made-up peer
// sends on a link of its own; asked one from the meeting place.
func fromNeighbor(o *one, _ int, m membership.Message) membership.Input {
	_, info := o.node.Active().Get("a")
	return membership.Input{Kind: membership.Received, Peer: made("a"), Link: max(1, info.Link), Message: m}
}

func fromStranger(_ *one, i int, m membership.Message) membership.Input {
	return membership.Input{Kind: membership.Received, Peer: made(fmt.Sprint("x", i)), Link: 1e6 + uint64(i), Message: m}
}

func asked(_ *one, _ int, m membership.Message) membership.Input {
	return membership.Input{Kind: membership.Asked, Token: 1, Message: m}
}

type attack struct {
	name    string
	by      func(o *one, i int, m membership.Message) membership.Input
	message func(o *one, i int) membership.Message
	most    cost
}

func attacks() []attack {
	x := func(i int) *views.Peer { return made(fmt.Sprint("x", i)) }
	return []attack{
		{"visits", asked, func(_ *one, i int) membership.Message {
			return membership.Message{Kind: membership.Join, Priority: membership.Low, Peer: x(i), Sample: strangers(i)}
		}, cost{entries: (5 + 2) * (1 + 20), messages: floodSize}},
		{"newcomers", asked, func(_ *one, i int) membership.Message {
			return membership.Message{Kind: membership.Join, Priority: membership.High, Peer: x(i), Sample: strangers(i)}
		}, cost{dials: letIn, messages: floodSize}},
		{"newcomers of our own ID and address", asked, func(_ *one, i int) membership.Message {
			p := forged("p", uint64(i+1))
			if i%2 == 0 {
				p = &views.Peer{ID: fmt.Sprint("x", i), Incarnation: 1, Addr: "p:7000"}
			}
			return membership.Message{Kind: membership.Join, Priority: membership.High, Peer: p}
		}, cost{messages: floodSize}},
		{"walks on their way", fromNeighbor, func(_ *one, i int) membership.Message {
			return membership.Message{Kind: membership.ForwardJoin, TTL: 3, Priority: membership.High, Peer: x(i)}
		}, cost{entries: heard, messages: passed}},
		{"walks at their end", fromNeighbor, func(_ *one, i int) membership.Message {
			return membership.Message{Kind: membership.ForwardJoin, Priority: membership.High, Peer: x(i)}
		}, cost{entries: heard, dials: letIn}},
		{"shuffles on their way", fromNeighbor, func(_ *one, i int) membership.Message {
			return membership.Message{Kind: membership.Shuffle, TTL: 255, Request: 1, Peer: x(i), Sample: strangers(i)}
		}, cost{messages: passed}},
		{"shuffles at their end", fromNeighbor, func(_ *one, i int) membership.Message {
			return membership.Message{Kind: membership.Shuffle, TTL: 1, Request: 1, Peer: x(i), Sample: strangers(i)}
		}, cost{entries: heard, dials: answered}},
		{"a neighbor's own shuffles", fromNeighbor, func(_ *one, i int) membership.Message {
			return membership.Message{Kind: membership.Shuffle, TTL: 1, Request: 1, Peer: made("a"), Sample: strangers(i)}
		}, cost{entries: heard, messages: floodSize}},
		{"answers to no shuffle", fromNeighbor, func(_ *one, i int) membership.Message {
			return membership.Message{Kind: membership.ShuffleReply, Request: uint32(i + 2), Sample: strangers(i)}
		}, cost{}},
		{"one answer to a shuffle, again and again", fromNeighbor, func(_ *one, i int) membership.Message {
			return membership.Message{Kind: membership.ShuffleReply, Request: 1, Sample: strangers(i)}
		}, cost{entries: 2 * 8}},
		{"answers to no request", fromNeighbor, func(_ *one, i int) membership.Message {
			return membership.Message{Kind: membership.NeighborReply, Request: uint32(i%100 + 1), Verdict: membership.Accepted, Sample: strangers(i)}
		}, cost{}},
		{"strangers' answers", fromStranger, func(_ *one, i int) membership.Message {
			return membership.Message{Kind: membership.NeighborReply, Request: uint32(i%100 + 1), Verdict: membership.Accepted, Sample: strangers(i)}
		}, cost{messages: floodSize}}, // each is told that it is no neighbor
		{"strangers' farewells", fromStranger, func(_ *one, i int) membership.Message {
			return membership.Message{Kind: membership.Disconnect, Reason: membership.Reason(i%5 + 1), Peer: x(i + 1), Sample: strangers(i)}
		}, cost{}},
		{"farewells in a neighbor's name, on another link", func(_ *one, i int, m membership.Message) membership.Input {
			return membership.Input{Kind: membership.Received, Peer: made("b"), Link: 1e6 + uint64(i), Message: m}
		}, func(_ *one, i int) membership.Message {
			return membership.Message{Kind: membership.Disconnect, Reason: membership.Evicted, Peer: x(i), Sample: strangers(i)}
		}, cost{}},
		{"a neighbor that evicts us", fromNeighbor, func(_ *one, i int) membership.Message {
			return membership.Message{Kind: membership.Disconnect, Reason: membership.Evicted, Peer: x(i), Sample: strangers(i)}
		}, cost{entries: 10 + 1, dials: 3 * 30, lost: 1}},
		{"requests of high priority", fromStranger, func(_ *one, _ int) membership.Message {
			return membership.Message{Kind: membership.Neighbor, Priority: membership.High, Request: 1}
		}, cost{entries: givenUp, dials: givenUp, messages: 2 * floodSize, evictions: givenUp, lost: givenUp}},
		{"requests to swap", fromStranger, func(_ *one, i int) membership.Message {
			return membership.Message{Kind: membership.Neighbor, Priority: membership.Swap, Request: 1, Degree: 1, Peer: x(i + 1)}
		}, cost{entries: givenUp, messages: 2 * floodSize, evictions: givenUp, lost: givenUp}},
		{"requests of low priority", fromStranger, func(_ *one, _ int) membership.Message {
			return membership.Message{Kind: membership.Neighbor, Priority: membership.Low, Request: 1}
		}, cost{messages: floodSize}},
		{"strangers' heartbeats", fromStranger, func(_ *one, _ int) membership.Message {
			return membership.Message{Kind: membership.Heartbeat, Active: true, Degree: 1}
		}, cost{}},
		{"samples about ourselves", fromNeighbor, func(_ *one, i int) membership.Message {
			p := forged("p", uint64(i+1))
			return membership.Message{Kind: membership.Shuffle, TTL: 1, Request: 1, Peer: made("a"), Sample: []views.Sighting{{Peer: p}}}
		}, cost{messages: floodSize}},
		{"one ID at many addresses", fromNeighbor, func(_ *one, i int) membership.Message {
			p := &views.Peer{ID: "x", Incarnation: uint64(i + 1), Addr: fmt.Sprintf("x%d:1", i)}
			return membership.Message{Kind: membership.Shuffle, TTL: 1, Request: 1, Peer: made("a"), Sample: []views.Sighting{{Peer: p}}}
		}, cost{entries: 1, messages: floodSize}},
	}
}

// TestHostileCosts lets each attack go on against a node with full views, of whose spare
// peers a third are proved. Whatever it costs, these remain, unless neighbors that had to
// go take their places.
func TestHostileCosts(t *testing.T) {
	for _, a := range attacks() {
		t.Run(a.name, func(t *testing.T) {
			o, ids := victimOf(t)
			before := o.node.Stats()
			var c cost
			seen := map[string]bool{}
			for _, id := range ids {
				seen[id] = true
			}
			for i := range floodSize {
				o.now += floodFor / floodSize
				for _, e := range o.step(a.by(o, i, a.message(o, i))) {
					c.spend(o, &e)
				}
				for j := range o.node.Passive().Len() {
					if p, _ := o.node.Passive().At(j); !seen[p.ID] {
						seen[p.ID] = true
						c.entries++
					}
				}
			}
			after := o.node.Stats()
			c.evictions = int(after.Evictions - before.Evictions)
			c.lost = int(after.Downs - before.Downs)
			if !c.within(a.most) {
				t.Errorf("costs %+v, at most %+v was expected", c, a.most)
			}
			if n := o.node.Passive().Proved(); n < o.node.Passive().ProvedShare() {
				t.Errorf("%d are proved", n)
			}
			for i := range 10 {
				id := fmt.Sprint("proved", i)
				if p, spare := o.node.Passive().Get(id); c.evictions == 0 && (!spare.Proved || *p != *made(id)) {
					t.Errorf("%s is gone", id)
				}
			}
			if n := o.node.Lost().Len(); n > 0 {
				t.Errorf("%d peers are lost", n)
			}
			if n := o.node.Remembered(); n > 4*64+256 {
				t.Errorf("%d IDs are remembered", n)
			}
		})
	}
}

// spend adds an effect to the cost. What is dialed refuses.
func (c *cost) spend(o *one, e *membership.Effect) {
	switch {
	case e.Kind == membership.Answer:
		c.messages++
	case e.Kind == membership.Send && e.Link == 0:
		c.dials++
		o.step(membership.Input{Kind: membership.LinkLost, Peer: e.Peer, Reason: membership.Unreachable})
	case e.Kind == membership.Send:
		c.messages++
	case e.Kind == membership.Schedule && e.Timer.Kind == membership.GuestTimer:
		o.step(membership.Input{Kind: membership.Expired, Timer: e.Timer}) // it stays for no time
	}
}

// victimOf returns a node with neighbors a to e and a full passive view, and the IDs that
// it knows.
func victimOf(t *testing.T) (*one, []string) {
	t.Helper()
	o := newOne(t, 1, func(cfg *membership.Config) { cfg.CoolDown = time.Second })
	o.has("a", "b", "c", "d", "e")
	ids := []string{"a", "b", "c", "d", "e"}
	for i := range 10 {
		ids = append(ids, fmt.Sprint("proved", i))
	}
	o.proves(ids[5:]...)
	for i := range 20 {
		ids = append(ids, fmt.Sprint("told", i))
	}
	o.knows(ids[15:]...)
	shuffleNow(o) // number 1
	if passive := o.node.Passive(); !passive.Full() || passive.Proved() != passive.ProvedShare() {
		t.Fatalf("%d spare peers, %d of them proved", passive.Len(), passive.Proved())
	}
	return o, ids
}

// Newcomers, forgers and swappers at once, all of whom can be reached, do not get more
// neighbors evicted than the three rates add up to.
func TestHostileEvictions(t *testing.T) {
	o, _ := victimOf(t)
	before := o.node.Stats().Evictions
	accept := func(effects []membership.Effect) {
		for _, e := range sends(effects, membership.Neighbor) {
			o.receives(e.Peer.ID, membership.Message{
				Kind: membership.NeighborReply, Request: e.Message.Request, Verdict: membership.Accepted, Peer: made("y"),
			})
		}
	}
	for i := range floodSize {
		o.now += floodFor / floodSize
		x := fmt.Sprint("x", i)
		neighbor := membership.Message{Kind: membership.Neighbor, Priority: membership.High, Request: 1}
		switch i % 4 {
		case 0:
			accept(o.step(asked(o, i, membership.Message{Kind: membership.Join, Priority: membership.High, Peer: made(x)})))
		case 1:
			if id := neighborOf(o); id != "" {
				accept(o.receives(id, membership.Message{Kind: membership.ForwardJoin, Priority: membership.High, Peer: made(x)}))
			}
		case 2:
			neighbor.Priority = membership.Swap
			fallthrough
		case 3:
			accept(o.receives(x, neighbor))
		}
	}
	evictions := o.node.Stats().Evictions - before
	if evictions < letIn || evictions > letIn+givenUp {
		t.Fatalf("%d evictions, want %d to %d", evictions, letIn, letIn+givenUp)
	}
}

func neighborOf(o *one) string {
	if o.node.Active().Len() == 0 {
		return ""
	}
	p, _ := o.node.Active().At(0)
	return p.ID
}
