// Meeting over NATS, and looking at a mesh from outside.

package natstransport_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/kithmesh/kith"
	"github.com/kithmesh/kith/embedded"
	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/natstransport"
	"github.com/kithmesh/kith/views"
)

// host answers at the meeting place: in a service that is the node itself, by kith.WithNATS.
type host struct{ self *views.Peer }

func (h host) Join(_ context.Context, join membership.Message) (membership.Message, error) {
	return membership.Message{Kind: membership.JoinReply, Verdict: membership.Accepted, Peer: h.self}, nil
}
func (h host) Views() natstransport.Views { return natstransport.Views{Self: h.self} }
func (h host) Stats() any                 { return struct{}{} }

// A newcomer asks on a NATS subject, and a member answers.
func ExampleOpen() {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	server, err := embedded.Start(ctx, embedded.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer server.Shutdown()
	open := func(self *views.Peer) (*natstransport.Meeting, *nats.Conn) {
		nc, err := server.Connect(nats.NoEcho())
		if err != nil {
			log.Fatal(err)
		}
		m, err := natstransport.Open(nc, natstransport.Config{Cluster: "orders", Self: self})
		if err != nil {
			log.Fatal(err)
		}
		return m, nc
	}
	member := &views.Peer{ID: "orders-1", Incarnation: 1, Addr: "10.0.0.1:7000"}
	newcomer := &views.Peer{ID: "orders-2", Incarnation: 1, Addr: "10.0.0.2:7000"}
	here, hereConn := open(member)
	defer hereConn.Close()
	there, thereConn := open(newcomer)
	defer thereConn.Close()
	defer func() { _, _ = here.Close(), there.Close() }() // before their connections

	join := membership.Message{Kind: membership.Join, Priority: membership.High, Peer: newcomer}
	_, err = there.Join(ctx, join)
	fmt.Println(err) // nobody serves yet
	if err := here.Serve(ctx, host{member}); err != nil {
		log.Fatal(err)
	}
	reply, err := there.Join(ctx, join)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(reply.Peer.ID, reply.Verdict)
	// Output:
	// natstransport: membership: nobody else is there
	// orders-1 accepted
}

// An operator's program asks all nodes of a mesh who their neighbors are, and what they count.
func ExampleInspect() {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	server, err := embedded.Start(ctx, embedded.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer server.Shutdown()
	var nodes []*kith.Node
	for _, id := range []string{"orders-1", "orders-2"} {
		nc, err := server.Connect(nats.NoEcho())
		if err != nil {
			log.Fatal(err)
		}
		defer nc.Close()
		node, err := kith.Start(ctx, kith.Config{Cluster: "orders", ID: id}, kith.WithNATS(nc))
		if err != nil {
			log.Fatal(err)
		}
		defer node.Stop()
		nodes = append(nodes, node)
	}
	for _, node := range nodes {
		if err := node.WaitReady(ctx, 1); err != nil {
			log.Fatal(err)
		}
	}
	nc, err := server.Connect()
	if err != nil {
		log.Fatal(err)
	}
	defer nc.Close()
	all, err := natstransport.Inspect(ctx, nc, "orders", natstransport.InspectOptions{Max: 2})
	if err != nil {
		log.Fatal(err)
	}
	for _, v := range all {
		fmt.Println(v.Self.ID, "wants", v.Wanted, "neighbors, and is isolated:", v.Isolated)
	}
	counts, err := natstransport.InspectStats(ctx, nc, "orders", natstransport.InspectOptions{Max: 2})
	if err != nil {
		log.Fatal(err)
	}
	for _, c := range counts {
		var stats struct{ Neighbors int } // of kith.Stats
		if err := json.Unmarshal(c.Data, &stats); err != nil {
			log.Fatal(err)
		}
		fmt.Println(c.Node, "has", stats.Neighbors)
	}
	// Output:
	// orders-1 wants 5 neighbors, and is isolated: false
	// orders-2 wants 5 neighbors, and is isolated: false
	// orders-1 has 1
	// orders-2 has 1
}
