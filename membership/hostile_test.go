// A single node under random and hostile inputs: it keeps its invariants, its
// lists stay bounded, and nothing makes it panic.

package membership_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/views"
)

// anyPeer draws one of a few peers in one of three lives, among them the node
// itself and another ID at its address.
func anyPeer(t *rapid.T) *views.Peer {
	id := rapid.SampledFrom([]string{"self", "mask", "a", "b", "c", "d", "e", "f", "g", "h"}).Draw(t, "id")
	p := &views.Peer{ID: id, Incarnation: rapid.Uint64Range(1, 3).Draw(t, "incarnation"), Addr: id + ":7000"}
	p.Zone = rapid.SampledFrom([]string{"", "a", "b"}).Draw(t, "zone")
	if id == "mask" {
		p.Addr = "self:7000"
	}
	return p
}

func anySample(t *rapid.T) []views.Sighting {
	var sample []views.Sighting
	for range rapid.IntRange(0, 12).Draw(t, "sample") {
		sample = append(sample, views.Sighting{
			Peer: anyPeer(t),
			Age:  time.Duration(rapid.Int64Range(0, int64(time.Hour)).Draw(t, "age")),
		})
	}
	return sample
}

// anyMessage draws a message that the decoder could let through, and more: any
// number in any field.
func anyMessage(t *rapid.T) membership.Message {
	m := membership.Message{
		Kind:        membership.Kind(rapid.Uint8Range(0, 12).Draw(t, "kind")),
		TTL:         membership.TTL(rapid.Uint8().Draw(t, "ttl")),
		Priority:    membership.Priority(rapid.Uint8Range(0, 6).Draw(t, "priority")),
		Verdict:     membership.Verdict(rapid.Uint8Range(0, 8).Draw(t, "verdict")),
		Reason:      membership.Reason(rapid.Uint8Range(0, 12).Draw(t, "reason")),
		Active:      rapid.Bool().Draw(t, "active"),
		Degree:      rapid.Uint8().Draw(t, "degree"),
		Request:     rapid.Uint32Range(0, 8).Draw(t, "request"),
		Incarnation: rapid.Uint64Range(0, 5).Draw(t, "known"),
		Peer:        anyPeer(t),
		Sample:      anySample(t),
		Sent:        time.Duration(rapid.Int64().Draw(t, "sent")),
		Echo:        time.Duration(rapid.Int64().Draw(t, "echo")),
		Held:        time.Duration(rapid.Int64().Draw(t, "held")),
	}
	mandatory := []membership.Kind{membership.Join, membership.JoinReply, membership.ForwardJoin, membership.Shuffle}
	if !slices.Contains(mandatory, m.Kind) && rapid.Bool().Draw(t, "no peer") {
		m.Peer = nil
	}
	return m
}

// hostile is one node and what its runtime and the tests know about it.
type hostile struct {
	node  *membership.Node
	ups   map[string]uint64 // the incarnation of every neighbor, by the events
	now   time.Duration
	asked []membership.Effect // the requests it has sent
	set   []membership.Timer  // the timers it has set
	auto  bool                // the sizes of its views change
}

func newHostile(t *rapid.T) *hostile {
	cfg := membership.DefaultConfig()
	cfg.ActiveSize = rapid.IntRange(0, 5).Draw(t, "active size")
	if cfg.ActiveSize == 0 {
		cfg.ActiveSize = membership.Auto
	}
	cfg.PassiveSize = rapid.IntRange(0, 9).Draw(t, "passive size")
	cfg.LostSize = rapid.IntRange(0, 3).Draw(t, "lost size")
	cfg.ZoneShare = rapid.SampledFrom([]float64{0, 0.6, 1}).Draw(t, "share of the zone")
	self := &views.Peer{ID: "self", Incarnation: 2, Addr: "self:7000", Zone: "a"}
	node, err := membership.New(cfg, self, rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1)))
	if err != nil {
		t.Fatal(err)
	}
	h := &hostile{node: node, ups: map[string]uint64{}, auto: cfg.ActiveSize == membership.Auto}
	h.step(t, membership.Input{Kind: membership.Start})
	return h
}

func (h *hostile) step(t *rapid.T, in membership.Input) {
	in.Now = h.now
	before := trustOf(h.node, &in)
	for _, e := range h.node.Step(in) {
		h.look(t, &e)
	}
	if err := before.broken(h.node); err != nil {
		t.Fatal(err)
	}
	if err := h.node.Invariants(); err != nil {
		t.Fatal(err)
	}
	if h.node.Active().Len() != len(h.ups) {
		t.Fatalf("%d neighbors, %d by the events", h.node.Active().Len(), len(h.ups))
	}
}

func (h *hostile) look(t *rapid.T, e *membership.Effect) {
	switch e.Kind {
	case membership.Send:
		if e.Peer.ID == "self" && e.Message.Kind != membership.Disconnect {
			t.Fatalf("sends %s to itself", e.Message.Kind)
		}
		if e.Message.Kind == membership.Neighbor {
			h.asked = append(h.asked, *e)
		}
		if len(e.Message.Sample) > 64 {
			t.Fatalf("a sample of %d", len(e.Message.Sample))
		}
		for _, s := range e.Message.Sample {
			if s.Age < 0 {
				t.Fatalf("%s is of age %v", s.Peer, s.Age)
			}
		}
	case membership.Schedule:
		if e.After < 0 {
			t.Fatalf("%v is set for the past", e.Timer)
		}
		h.set = append(h.set, e.Timer)
	case membership.Emit:
		h.event(t, e.Event)
	case membership.Close, membership.Ask, membership.Answer:
	}
}

func (h *hostile) event(t *rapid.T, e membership.Event) {
	if e.Kind == membership.Isolated {
		if len(h.ups) > 0 {
			t.Fatal("isolated among neighbors")
		}
		return
	}
	life, up := h.ups[e.Peer.ID]
	switch {
	case e.Kind == membership.NeighborUp && up:
		t.Fatalf("%s is up twice", e.Peer)
	case e.Kind == membership.NeighborUp:
		h.ups[e.Peer.ID] = e.Peer.Incarnation
	case !up || life != e.Peer.Incarnation:
		t.Fatalf("%d of %s %d, which is not up", e.Kind, e.Peer, e.Peer.Incarnation)
	case e.Kind == membership.NeighborDown:
		delete(h.ups, e.Peer.ID)
	}
}

func TestHostileInputs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := newHostile(t)
		link := func() uint64 { return rapid.Uint64Range(1, 6).Draw(t, "link") }
		t.Repeat(map[string]func(*rapid.T){
			"receive": func(t *rapid.T) {
				h.step(t, membership.Input{Kind: membership.Received, Peer: anyPeer(t), Link: link(), Message: anyMessage(t)})
			},
			"answer a request": func(t *rapid.T) {
				if len(h.asked) == 0 {
					t.Skip("none was sent")
				}
				e := rapid.SampledFrom(h.asked).Draw(t, "request")
				m := anyMessage(t)
				m.Kind, m.Request = membership.NeighborReply, e.Message.Request
				m.Verdict = membership.Verdict(rapid.Uint8Range(1, 2).Draw(t, "verdict"))
				h.step(t, membership.Input{Kind: membership.Received, Peer: e.Peer, Link: link(), Message: m})
			},
			"lose a link": func(t *rapid.T) {
				h.step(t, membership.Input{
					Kind: membership.LinkLost, Peer: anyPeer(t), Link: rapid.Uint64Range(0, 6).Draw(t, "lost"),
					Reason: membership.Reason(rapid.Uint8Range(0, 12).Draw(t, "reason")),
				})
			},
			"fire a timer": func(t *rapid.T) {
				timer := membership.Timer{
					Kind:     membership.TimerKind(rapid.Uint8Range(0, 10).Draw(t, "timer")),
					Sequence: rapid.Uint32Range(0, 8).Draw(t, "sequence"), ID: anyPeer(t).ID,
				}
				if rapid.Bool().Draw(t, "one that was set") {
					timer = rapid.SampledFrom(h.set).Draw(t, "of those")
				}
				h.step(t, membership.Input{Kind: membership.Expired, Timer: timer})
			},
			"be asked": func(t *rapid.T) {
				m := anyMessage(t)
				m.Kind = membership.Join
				h.step(t, membership.Input{Kind: membership.Asked, Token: 7, Message: m})
			},
			"be answered": func(t *rapid.T) {
				m := anyMessage(t)
				m.Kind = membership.Kind(rapid.Uint8Range(0, 2).Draw(t, "reply"))
				h.step(t, membership.Input{Kind: membership.Answered, Message: m})
			},
			"find": func(t *rapid.T) {
				h.step(t, membership.Input{Kind: membership.Found, Sample: anySample(t)})
			},
			"grow or shrink": func(t *rapid.T) {
				if size := rapid.IntRange(membership.AutoLeast, membership.AutoMost).Draw(t, "size"); h.auto {
					h.node.Want(size)
				}
			},
			"wait": func(t *rapid.T) {
				h.now += time.Duration(rapid.Int64Range(-int64(time.Second), int64(10*time.Minute)).Draw(t, "wait"))
			},
		})
	})
}

// flood lets a neighbor of a full or not full node send as much as it can for four
// seconds, and returns the dials that this made the node attempt, by message. The
// addresses refuse.
func flood(t *testing.T, full bool, message func(madeUp *views.Peer) membership.Message) (*member, map[membership.Kind]int) {
	t.Helper()
	const messages, lasting = 9000, 4 * time.Second
	w := newWorld(t, membership.DefaultConfig(), 1)
	w.contact = func(*member) *member { return nil }
	victim, attacker := w.start("victim"), w.start("attacker")
	knows("victim", "attacker")(w)
	if full {
		for i := range 4 {
			w.start(fmt.Sprintf("n%d", i))
			knows("victim", fmt.Sprintf("n%d", i))(w)
		}
	}
	w.run(time.Minute)
	if victim.node.Active().Full() != full {
		t.Fatalf("%d neighbors", victim.node.Active().Len())
	}
	dials := map[membership.Kind]int{}
	w.effect = func(m *member, e *membership.Effect) {
		if m == victim && e.Kind == membership.Send && e.Link == 0 {
			dials[e.Message.Kind]++
		}
	}
	_, info := victim.node.Active().Get("attacker")
	number := info.Link
	for i := range messages {
		w.run(w.now + lasting/messages)
		madeUp := &views.Peer{ID: fmt.Sprintf("x%d", i), Incarnation: 1, Addr: fmt.Sprintf("x%d:1", i)}
		w.step(victim, membership.Input{
			Kind: membership.Received, Peer: attacker.self, Link: number, Message: message(madeUp),
		})
	}
	return victim, dials
}

// Walks that end here bring newcomers to be dialed: no more than a contact would let
// in, which is 25 at once and 25 a second, or 5 when the view is full. Besides, free
// slots are filled in rounds of 30, up to eight in that time.
func TestHostileForwardJoins(t *testing.T) {
	for full, most := range map[bool]int{false: 125 + 8*30, true: 45} {
		victim, dials := flood(t, full, func(madeUp *views.Peer) membership.Message {
			return membership.Message{Kind: membership.ForwardJoin, Priority: membership.High, Peer: madeUp}
		})
		if n := dials[membership.Neighbor]; n < 20 || n > most {
			t.Errorf("full %v: %d dials, at most %d expected", full, n, most)
		}
		if n := victim.node.Stats().LimitedWalks; n < 8500 {
			t.Errorf("full %v: %d walks limited", full, n)
		}
	}
}

// While newcomers do not answer, a few requests wait at a time: for walks twice an
// active view's worth, besides three to fill free slots.
func TestHostileForwardJoinsToSilence(t *testing.T) {
	o := newOne(t, 1, nil).has("a")
	for i := range 100 {
		o.now += 100 * time.Millisecond
		o.receives("a", membership.Message{Kind: membership.ForwardJoin, Priority: membership.High, Peer: made(fmt.Sprint("x", i))})
	}
	if n := o.node.Pending(); n != 10+3 {
		t.Fatalf("%d requests are pending", n)
	}
}

// The answers to shuffles go to their origins: 10 at once and 5 a second, unless the
// origin is a neighbor.
func TestHostileShuffles(t *testing.T) {
	victim, dials := flood(t, true, func(madeUp *views.Peer) membership.Message {
		return membership.Message{Kind: membership.Shuffle, TTL: 1, Request: 1, Peer: madeUp}
	})
	if n := dials[membership.ShuffleReply]; n < 20 || n > 31 {
		t.Errorf("%d dials to answer", n)
	}
	if n := victim.node.Stats().LimitedShuffles; n < 8900 {
		t.Errorf("%d shuffles limited", n)
	}
	o := newOne(t, 1, nil).fill()
	for range 100 {
		onlySend(t, o.receives("a", membership.Message{Kind: membership.Shuffle, TTL: 1, Request: 1, Peer: made("b")}), membership.ShuffleReply)
	}
}

// A peer that comes and goes is let in once in a cool-down, whatever it asks with and
// however it goes, and is not asked more often either.
func TestHostileFlapping(t *testing.T) {
	const times, lasting = 5000, 2500 * time.Millisecond
	goings := map[string]func(o *one){
		"disconnect": func(o *one) {
			o.receives("x", membership.Message{Kind: membership.Disconnect, Reason: membership.Evicted})
		},
		"close":   func(o *one) { o.loses("x", membership.Closed) },
		"silence": func(o *one) { o.loses("x", membership.Silent) },
	}
	for how, goes := range goings {
		for priority := membership.Low; priority <= membership.Swap; priority++ {
			for _, neighbors := range [][]string{nil, {"a"}} {
				o := newOne(t, 1, nil).has(neighbors...)
				comes := o.node.Stats().Ups
				for range times {
					o.now += lasting / times
					effects := o.receives("x", membership.Message{Kind: membership.Neighbor, Priority: priority, Request: 1})
					for _, e := range sends(effects, membership.Neighbor) {
						o.receives("x", membership.Message{
							Kind: membership.NeighborReply, Request: e.Message.Request, Verdict: membership.Accepted,
						})
					}
					if o.node.Active().Has("x") {
						goes(o)
					}
				}
				if n := o.node.Stats().Ups - comes; n != 3 {
					t.Errorf("%s, %s, among %v: %d times a neighbor", how, priority, neighbors, n)
				}
			}
		}
	}
}

// TestHostileLists feeds a node far more strangers than it can remember.
func TestHostileLists(t *testing.T) {
	w := newWorld(t, membership.DefaultConfig(), 1)
	m := w.start("a")
	w.contact = func(*member) *member { return nil }
	for i := range 20_000 {
		p := &views.Peer{ID: fmt.Sprintf("x%d", i), Incarnation: 1, Addr: fmt.Sprintf("x%d:1", i)}
		msg := membership.Message{Kind: membership.Neighbor, Request: 1, Priority: membership.High}
		switch i % 5 {
		case 1:
			msg = membership.Message{Kind: membership.Heartbeat, Active: true}
		case 2:
			msg = membership.Message{Kind: membership.Disconnect, Reason: membership.Leaving}
		case 3:
			msg = membership.Message{Kind: membership.NeighborReply, Request: 1, Verdict: membership.Accepted}
		case 4:
			m.node.Step(membership.Input{Kind: membership.Asked, Now: w.now, Message: membership.Message{
				Kind: membership.Join, Priority: membership.High, Peer: p,
			}})
			continue
		}
		m.node.Step(membership.Input{Kind: membership.Received, Now: w.now, Peer: p, Link: uint64(i + 1), Message: msg})
		if err := m.node.Invariants(); err != nil {
			t.Fatal(err)
		}
	}
	if n := m.node.Remembered(); n > 5*64+256 {
		t.Fatalf("remembers %d IDs", n)
	}
	if n := m.node.Pending(); n > 64 {
		t.Fatalf("%d requests are pending", n)
	}
}
