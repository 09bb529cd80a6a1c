// The directory driven by hand: what a runtime does, without a mesh.

package presence_test

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/kithmesh/kith/presence"
	"github.com/kithmesh/kith/views"
)

// A directory hears another node, which then leaves. Its runtime gives it what has come, and
// carries out the effects: here only those that are for the application.
func ExampleNew() {
	rng := rand.New(rand.NewPCG(1, 2))
	self := &views.Peer{ID: "orders-1", Incarnation: 1, Addr: "10.0.0.1:7000"}
	dir, err := presence.New(presence.DefaultConfig(), self, time.Unix(0, 0), rng)
	if err != nil {
		fmt.Println(err)
		return
	}
	step := func(in presence.Input) {
		for _, e := range dir.Step(in) {
			if e.Kind == presence.Emit {
				fmt.Println(e.Event.Entry.ID, e.Event.Kind)
			}
		}
	}
	step(presence.Input{Kind: presence.Start})
	other := &views.Peer{ID: "orders-2", Incarnation: 1, Addr: "10.0.0.2:7000"}
	heard := func(at time.Duration, kind presence.Kind) presence.Input {
		said := presence.AppendMessage(nil, &presence.Message{Kind: kind, TTL: 30 * time.Second, Peer: other})
		return presence.Input{Kind: presence.Heard, Now: at, From: other.ID, Incarnation: other.Incarnation, Data: said}
	}
	step(heard(time.Second, presence.Announce))
	fmt.Println(dir.Len(), "nodes")
	step(heard(2*time.Second, presence.Leave))
	// Output:
	// orders-1 joined
	// orders-2 joined
	// 2 nodes
	// orders-2 left
}

// What a node says of itself is a message of a few hundred bytes at most.
func ExampleParseMessage() {
	self := &views.Peer{ID: "orders-1", Incarnation: 1, Addr: "10.0.0.1:7000"}
	data := presence.AppendMessage(nil, &presence.Message{Kind: presence.Announce, TTL: 30 * time.Second, Peer: self})
	m, err := presence.ParseMessage(data)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(m.Peer.ID, "lives for", m.TTL)
	_, err = presence.ParseMessage(data[:len(data)/2])
	fmt.Println("half of it is an error:", err != nil)
	// Output:
	// orders-1 lives for 30s
	// half of it is an error: true
}
