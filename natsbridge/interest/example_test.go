// Two bridges driven by hand: what a runtime does, without a mesh and without NATS.

package interest_test

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/kithmesh/kith/natsbridge/interest"
)

// The server of b has a client that subscribes to orders.*, of which a is told. Everything
// arrives at once here.
func ExampleNew() {
	nodes := make(map[string]*interest.Node)
	for i, id := range []string{"a", "b"} {
		node, err := interest.New(interest.DefaultConfig(), id, 1, rand.New(rand.NewPCG(uint64(i), 0)))
		if err != nil {
			fmt.Println(err)
			return
		}
		nodes[id] = node
	}
	other := map[string]string{"a": "b", "b": "a"}
	var step func(id string, in interest.Input)
	step = func(id string, in interest.Input) {
		// A copy: the effects are valid until the node's next step.
		for _, e := range append([]interest.Effect{}, nodes[id].Step(in)...) {
			switch e.Kind {
			case interest.Publish, interest.Send:
				step(other[id], interest.Input{
					Kind: interest.Heard, Now: in.Now, From: id, Incarnation: 1, Data: e.Data, Direct: e.Kind == interest.Send,
				})
			case interest.Want:
				fmt.Println(id, "wants", e.Key.Subject, "of its server, for", e.Weight)
			case interest.Elected, interest.Wake:
			}
		}
	}
	for _, id := range []string{"a", "b"} {
		step(id, interest.Input{Kind: interest.Start})
		step(id, interest.Input{Kind: interest.Attached})
		step(id, interest.Input{Kind: interest.Synced})
		step(id, interest.Input{Kind: interest.NeighborUp, From: other[id], Incarnation: 1})
	}
	step("b", interest.Input{Kind: interest.Local, Now: time.Second, Key: interest.Key{Subject: "orders.*"}, Weight: 1})
	step("b", interest.Input{Kind: interest.Tick, Now: 2 * time.Second}) // changes are gathered for a moment
	fmt.Println(nodes["a"].Elsewhere([]byte("orders.new")), nodes["a"].Elsewhere([]byte("prices.new")))
	// Output:
	// a wants orders.* of its server, for 1
	// true false
}

// What bridges tell each other is checked before it is believed.
func ExampleParseMessage() {
	data := interest.AppendMessage(nil, &interest.Message{
		Kind: interest.Delta, Epoch: 1, From: 1, Version: 2,
		Keys: []interest.Change{{Key: interest.Key{Subject: "orders.*"}, Weight: 1}},
	})
	m, err := interest.ParseMessage(data)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("version", m.Version, "adds", m.Keys[0].Key.Subject)
	// Output: version 2 adds orders.*
}

// Two patterns overlap when there is a subject that both match.
func ExampleOverlap() {
	fmt.Println(interest.Overlap("orders.*", "*.new"), interest.Overlap("orders.*", "orders.eu.>"))
	// Output: true false
}
