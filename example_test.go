// Examples that run.

package kith_test

import (
	"context"
	"fmt"

	"github.com/nats-io/nats.go"

	"github.com/kithmesh/kith"
	"github.com/kithmesh/kith/embedded"
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
