// Plumtree driven by hand: what a runtime does, without a network.

package broadcast_test

import (
	"fmt"

	"github.com/kithmesh/kith/broadcast"
	"github.com/kithmesh/kith/wire"
)

// A message goes from one node to its neighbor. The link has the number 1 on both sides.
func ExampleNew() {
	const link = 1
	a, b := broadcast.NewLife("a", 1), broadcast.NewLife("b", 1)
	here, err := broadcast.New(a, broadcast.DefaultConfig())
	if err != nil {
		fmt.Println(err)
		return
	}
	there, err := broadcast.New(b, broadcast.DefaultConfig())
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, node := range []*broadcast.Node{here, there} {
		node.Step(broadcast.Input{Kind: broadcast.LinkUp, Link: link})
	}

	sequence, first := here.Next()
	frame := append(broadcast.BeginGossip(nil, a, sequence, first), "hello"...)
	gossip := broadcast.Gossip{Life: []byte(a), Sequence: sequence, First: first, Frame: wire.FinishFrame(frame, 0)}
	for _, e := range here.Step(broadcast.Input{Kind: broadcast.Published, Gossip: gossip}) {
		if e.Kind != broadcast.Push {
			continue
		}
		arrived, err := broadcast.ParseGossip(append([]byte{}, e.Frame...)) // by the network
		if err != nil {
			fmt.Println(err)
			return
		}
		for _, e := range there.Step(broadcast.Input{Kind: broadcast.Received, Link: link, Gossip: arrived}) {
			if e.Kind == broadcast.Deliver && e.Ordered {
				fmt.Printf("message %d of %s: %s\n", e.Sequence, e.Life.ID(), broadcast.Content(e.Frame))
			}
		}
	}
	// Output: message 1 of a: hello
}

// What keeps the trees are small messages of their own: here somebody asks for what it lacks.
func ExampleParseControl() {
	life := broadcast.NewLife("a", 1)
	frame := broadcast.AppendControl(nil, &broadcast.Control{
		Kind: broadcast.Graft, Marks: []broadcast.Mark{{Life: life, Low: 7, High: 9}},
	})
	header, err := wire.ParseHeader(frame, wire.MaxFrame)
	if err != nil {
		fmt.Println(err)
		return
	}
	c, err := broadcast.ParseControl(header.Type, frame[wire.HeaderLen:])
	fmt.Println(c.Kind == broadcast.Graft, c.Marks[0].Life.ID(), c.Marks[0].Low, c.Marks[0].High, err)
	// Output: true a 7 9 <nil>
}

// A message for one node names its target and its sender.
func ExampleParseDirect() {
	frame := append(broadcast.BeginDirect(nil, broadcast.NewLife("a", 1), "b"), "hello, b"...)
	frame = wire.FinishFrame(frame, 0)
	g, target, err := broadcast.ParseDirect(frame)
	if err != nil {
		fmt.Println(err)
		return
	}
	sender, _ := broadcast.DirectSender(g.Frame)
	fmt.Printf("from %s to %s: %s\n", sender.ID(), target, broadcast.DirectContent(g.Frame))
	// Output: from a to b: hello, b
}
