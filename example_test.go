// Examples that run.

package kith_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"strings"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/kithmesh/kith"
	"github.com/kithmesh/kith/embedded"
	"github.com/kithmesh/kith/identity"
	"github.com/kithmesh/kith/linker"
	"github.com/kithmesh/kith/presence"
)

// Two services find each other over NATS. In production the server is the one
// that the service uses anyway.
func ExampleStart() {
	ctx := context.Background()
	server, err := embedded.Start(ctx, embedded.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Shutdown()

	var nodes []*kith.Node
	for _, id := range []string{"orders-1", "orders-2"} {
		nc, err := server.Connect(nats.NoEcho(), nats.MaxReconnects(-1))
		if err != nil {
			fmt.Println(err)
			return
		}
		defer nc.Close()
		node, err := kith.Start(ctx, kith.Config{Cluster: "orders", ID: id}, kith.WithNATS(nc))
		if err != nil {
			fmt.Println(err)
			return
		}
		nodes = append(nodes, node)
	}
	for _, node := range nodes {
		if err := node.WaitReady(ctx, 1); err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(node.Self().ID, "has the neighbor", node.Neighbors()[0].ID)
	}
	for _, node := range nodes {
		_ = node.Leave(ctx)
	}
	// Output:
	// orders-1 has the neighbor orders-2
	// orders-2 has the neighbor orders-1
}

// A service that spreads work over all its nodes asks whom a key belongs to. Every node
// gets the same answer, as soon as all know each other.
func ExampleNode_Presence() {
	ctx := context.Background()
	node, err := kith.Start(ctx, kith.Config{Cluster: "orders", ID: "orders-1"})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = node.Leave(ctx) }() // and leaves the directory first
	dir, err := node.Presence(presence.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	owner, _ := dir.Owner("customer-4711")
	fmt.Println(dir.Len(), "node;", owner.ID, "is the owner")
	// Output: 1 node; orders-1 is the owner
}

// A service that keeps something in step with its neighbors wants the newest list,
// not the history.
func ExampleNode_Watch() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	node, err := kith.Start(ctx, kith.Config{Cluster: "alone"})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer node.Stop()
	for neighbors := range node.Watch(ctx) {
		fmt.Println(len(neighbors), "neighbors")
		break
	}
	// Output: 0 neighbors
}

// A service that only wants to see what happens reads events. The first one tells all neighbors
// there are.
func ExampleNode_Events() {
	ctx := context.Background()
	first, second := pair(ctx)
	defer first.Stop()
	for event := range first.Events(ctx) {
		switch event.Kind {
		case kith.Snapshot:
			fmt.Println("neighbors:", event.Neighbors[0].ID)
			_ = second.Leave(ctx) // so that something happens
		case kith.NeighborDown:
			fmt.Println(event.Peer.ID, "is gone:", event.Reason)
			return
		case kith.NeighborUp, kith.NeighborUpdate, kith.Isolated:
		}
	}
	// Output:
	// neighbors: orders-2
	// orders-2 is gone: leaving
}

// What one node publishes comes to every node of the mesh that has subscribed, the publisher
// included.
func ExampleNode_Publish() {
	ctx := context.Background()
	first, second := pair(ctx)
	defer first.Stop()
	defer second.Stop()
	heard := make(chan *kith.Message, 1)
	if _, err := second.Subscribe("orders.*", func(m *kith.Message) { heard <- m }); err != nil {
		fmt.Println(err)
		return
	}
	if err := first.Publish(ctx, "orders.new", []byte("two apples")); err != nil {
		fmt.Println(err)
		return
	}
	m := <-heard
	fmt.Printf("%s from %s, message %d: %s\n", m.Subject, m.Origin, m.Sequence, m.Data)
	// Output: orders.new from orders-1, message 1: two apples
}

// Whoever keeps a state by messages has to know when some are missing.
func ExampleNode_Subscribe() {
	ctx := context.Background()
	node, err := kith.Start(ctx, kith.Config{Cluster: "orders", ID: "orders-1"})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer node.Stop()
	heard := make(chan *kith.Message, 1)
	sub, err := node.Subscribe("prices.>",
		func(m *kith.Message) { heard <- m },
		kith.OnGap(func(g kith.Gap) { fmt.Println(g.Count, "of", g.Origin, "are missing:", g.Reason) }))
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := node.Publish(ctx, "prices.apple", []byte("1.20")); err != nil {
		fmt.Println(err)
		return
	}
	m := <-heard
	fmt.Println(m.Subject, string(m.Data))
	_ = sub.Drain(ctx) // after what waits has been handled
	// Output: prices.apple 1.20
}

// Nodes prove by certificates who they are. In production those are files, for identity.Load.
func ExampleWithIdentity() {
	ctx := context.Background()
	authority, err := identity.NewAuthority(time.Hour)
	if err != nil {
		fmt.Println(err)
		return
	}
	own, err := authority.Identity("orders", "orders-1", time.Hour)
	if err != nil {
		fmt.Println(err)
		return
	}
	node, err := kith.Start(ctx, kith.Config{Cluster: "orders"}, kith.WithIdentity(own))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer node.Stop()
	fmt.Println("by its certificate the node is", node.Self().ID)
	// Output: by its certificate the node is orders-1
}

// The application keeps a node out, whatever its certificate says.
func ExampleWithAdmit() {
	ctx := context.Background()
	asked := make(chan string, 1)
	first, err := kith.Start(ctx, kith.Config{Cluster: "orders", ID: "orders-1"}, kith.WithAdmit(func(p kith.Peer) error {
		if !strings.HasPrefix(p.ID, "orders-") {
			select {
			case asked <- p.ID:
			default: // it asks again and again
			}
			return errors.New("not of this service")
		}
		return nil
	}))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer first.Stop()
	guest, err := kith.Start(ctx, kith.Config{Cluster: "orders", ID: "guest", Contacts: []string{first.Self().Addr}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer guest.Stop()
	fmt.Println(<-asked, "is kept out")
	// Output: guest is kept out
}

// On a NATS that all share, each node hears its neighbors and nobody else.
func ExampleWithLinks() {
	ctx := context.Background()
	server, err := embedded.Start(ctx, embedded.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Shutdown()
	var nodes []*kith.Node
	for _, id := range []string{"agent-1", "agent-2"} {
		nc, err := server.Connect(nats.NoEcho(), nats.MaxReconnects(-1))
		if err != nil {
			fmt.Println(err)
			return
		}
		defer nc.Close()
		node, err := kith.Start(ctx, kith.Config{Cluster: "agents", ID: id},
			kith.WithNATS(nc), kith.WithLinks(linker.Subscriptions, nc))
		if err != nil {
			fmt.Println(err)
			return
		}
		defer node.Stop()
		nodes = append(nodes, node)
	}
	_, err = nodes[1].Links().Subscribe("health", func(m linker.Msg) { _ = m.Respond([]byte("fine")) })
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := nodes[0].Links().WaitUp(ctx, "agent-2"); err != nil {
		fmt.Println(err)
		return
	}
	answer, err := nodes[0].Links().Request(ctx, "agent-2", "health", nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("agent-2 is %s\n", answer.Data)
	// Output: agent-2 is fine
}

// pair starts two nodes that are neighbors.
func pair(ctx context.Context) (first, second *kith.Node) {
	first, err := kith.Start(ctx, kith.Config{Cluster: "orders", ID: "orders-1"})
	if err != nil {
		log.Fatal(err)
	}
	second, err = kith.Start(ctx, kith.Config{Cluster: "orders", ID: "orders-2", Contacts: []string{first.Self().Addr}})
	if err != nil {
		log.Fatal(err)
	}
	for _, node := range []*kith.Node{first, second} {
		if err := node.WaitReady(ctx, 1); err != nil {
			log.Fatal(err)
		}
	}
	return first, second
}
