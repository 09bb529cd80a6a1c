// Examples that run.

package natsbridge_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/kithmesh/kith"
	"github.com/kithmesh/kith/embedded"
	"github.com/kithmesh/kith/natsbridge"
)

// Two nodes, each with a NATS server of its own: what a plain client publishes at one server
// comes to a plain client of the other.
func Example() {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	var servers []*embedded.Server
	var bridges []*natsbridge.Bridge
	var contacts []string
	for _, id := range []string{"a", "b"} {
		srv, err := embedded.Start(ctx, embedded.Config{LeafNodes: true})
		if err != nil {
			log.Fatal(err)
		}
		defer srv.Shutdown()
		node, err := kith.Start(ctx, kith.Config{Cluster: "example", ID: id, Contacts: contacts})
		if err != nil {
			log.Fatal(err)
		}
		defer node.Stop()
		bridge, err := natsbridge.Start(node, natsbridge.Config{URL: srv.LeafURL()})
		if err != nil {
			log.Fatal(err)
		}
		defer func() { _ = bridge.Close(context.Background()) }() // before the node ends
		servers, bridges, contacts = append(servers, srv), append(bridges, bridge), []string{node.Self().Addr}
	}

	here, err := nats.Connect(servers[0].URL())
	if err != nil {
		log.Fatal(err)
	}
	defer here.Close()
	there, err := nats.Connect(servers[1].URL())
	if err != nil {
		log.Fatal(err)
	}
	defer there.Close()
	sub, err := there.SubscribeSync("orders.>")
	if err != nil {
		log.Fatal(err)
	}
	if err := bridges[0].Await(ctx, "orders.new", 1); err != nil { // only so that this example is not too fast
		log.Fatal(err)
	}
	if err := here.Publish("orders.new", []byte("hello")); err != nil {
		log.Fatal(err)
	}
	m, err := sub.NextMsgWithContext(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(m.Subject, string(m.Data))
	// Output: orders.new hello
}

// A service joins the NATS server that it has anyway, here one in its own process. For a remote
// one URL is where that accepts leaf nodes.
func ExampleStart() {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	srv, err := embedded.Start(ctx, embedded.Config{LeafNodes: true})
	if err != nil {
		log.Fatal(err)
	}
	defer srv.Shutdown()
	node, err := kith.Start(ctx, kith.Config{Cluster: "example", ID: "a"})
	if err != nil {
		log.Fatal(err)
	}
	defer node.Stop()
	bridge, err := natsbridge.Start(node, natsbridge.Config{URL: srv.LeafURL(), Subjects: []string{"orders.>"}})
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = bridge.Close(context.Background()) }() // before the node ends
	if err := bridge.Ready(ctx); err != nil {
		log.Fatal(err)
	}
	fmt.Println("orders cross from here on")
	// Output: orders cross from here on
}
