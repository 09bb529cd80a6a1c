// The protocol driven by hand: what a runtime does, without a network.

package membership_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/views"
	"github.com/kithmesh/kith/wire"
)

// newPeer is a node's record.
func newPeer(id string) *views.Peer {
	return &views.Peer{ID: id, Incarnation: 1, Addr: id + ".example:7000"}
}

// Two nodes meet. The runtime here has two nodes, no clock, and one link between them: it
// carries out each effect by giving the other node an input.
func ExampleNew() {
	const link = 1
	nodes := make(map[string]*membership.Node)
	for i, id := range []string{"a", "b"} {
		node, err := membership.New(membership.DefaultConfig(), newPeer(id), rand.New(rand.NewPCG(uint64(i), 0)))
		if err != nil {
			fmt.Println(err)
			return
		}
		nodes[id] = node
	}
	other := map[string]string{"a": "b", "b": "a"}
	var step func(id string, in membership.Input)
	step = func(id string, in membership.Input) {
		// A copy: the effects are valid until the node's next step.
		for _, e := range append([]membership.Effect{}, nodes[id].Step(in)...) {
			to, self := other[id], nodes[id].Self()
			switch e.Kind {
			case membership.Send:
				step(to, membership.Input{Kind: membership.Received, Peer: self, Link: link, Message: e.Message})
			case membership.Ask:
				if id == "b" { // a is the first, and finds nobody
					step(to, membership.Input{Kind: membership.Asked, Token: 1, Message: e.Message})
				}
			case membership.Answer:
				step(to, membership.Input{Kind: membership.Answered, Message: e.Message})
			case membership.Emit:
				fmt.Println(id, e.Event.Kind, e.Event.Peer.ID)
			case membership.Schedule, membership.Close: // nothing takes time here
			}
		}
	}
	step("a", membership.Input{Kind: membership.Start})
	step("b", membership.Input{Kind: membership.Start})
	// Output:
	// a neighbor_up b
	// b neighbor_up a
}

// A program with many nodes, such as a simulator, makes them by a group, which saves memory.
func ExampleNewGroup() {
	group, err := membership.NewGroup(membership.DefaultConfig())
	if err != nil {
		fmt.Println(err)
		return
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range 3 {
		node, err := group.New(newPeer(fmt.Sprintf("n%d", i)), rng)
		if err != nil {
			fmt.Println(err)
			return
		}
		for _, e := range node.Step(membership.Input{Kind: membership.Start}) {
			if e.Kind == membership.Ask {
				fmt.Println(node.Self().ID, "asks to join")
			}
		}
	}
	// Output:
	// n0 asks to join
	// n1 asks to join
	// n2 asks to join
}

// Faults of a configuration are told all at once.
func ExampleDefaultConfig() {
	cfg := membership.DefaultConfig()
	fmt.Println(cfg.ActiveSize, "neighbors,", cfg.PassiveSize, "spare peers")
	cfg.HeartbeatInterval, cfg.Parallel = -time.Second, 0
	err := cfg.Validate()
	fmt.Println(errors.Is(err, membership.ErrConfig))
	fmt.Println(err)
	// Output:
	// 5 neighbors, 30 spare peers
	// true
	// membership: HeartbeatInterval is -1s, want a duration of 0 or more
	// membership: Parallel is 0, want 1 to 64
}

// Messages travel as frames.
func ExampleDecodeMessage() {
	frame := membership.AppendMessage(nil, &membership.Message{
		Kind: membership.ForwardJoin, TTL: 6, Priority: membership.High, Peer: newPeer("newcomer"),
	})
	header, err := wire.ParseHeader(frame, wire.MaxFrame)
	if err != nil {
		fmt.Println(err)
		return
	}
	m, err := membership.DecodeMessage(header.Type, frame[wire.HeaderLen:])
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(m.Kind, m.TTL, m.Peer.ID)
	// Output: ForwardJoin 6 newcomer
}
