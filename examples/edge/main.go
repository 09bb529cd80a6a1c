// Edge shows 200 agents on one NATS, each of which hears its neighbors and nobody else: a link of
// the mode Subscriptions is one subscription to what the neighbor says.
//
// One wants that where many small machines can reach a NATS but not serve one, and each has to
// watch over a few others: health checks among peers, gossip, caches that ask who is near.
// The mesh itself runs over direct TCP, which the agents need among each other.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"os/signal"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/kithmesh/kith"
	"github.com/kithmesh/kith/embedded"
	"github.com/kithmesh/kith/linker"
)

const agents = 200

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	if err := run(ctx); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context) error {
	server, err := embedded.Start(ctx, embedded.Config{Name: "shared"})
	if err != nil {
		return err
	}
	defer server.Shutdown()
	began := time.Now()
	nodes, err := startAll(ctx, server)
	defer stopAll(nodes)
	if err != nil {
		return err
	}
	for _, node := range nodes {
		if err := node.Links().WaitUp(ctx); err != nil {
			return err
		}
	}
	fmt.Printf("%d agents are linked after %v\n", agents, time.Since(began).Round(time.Millisecond))
	bill(nodes)
	return greet(ctx, nodes)
}

// startAll starts all agents at once, and waits until each has a neighbor.
func startAll(ctx context.Context, server *embedded.Server) ([]*kith.Node, error) {
	nodes := make([]*kith.Node, 0, agents)
	for i := range agents {
		nc, err := nats.Connect(server.URL(), nats.NoEcho(), nats.MaxReconnects(-1), nats.Timeout(time.Minute))
		if err != nil {
			return nodes, err
		}
		context.AfterFunc(ctx, nc.Close)
		node, err := kith.Start(ctx, kith.Config{Cluster: "edge", ID: fmt.Sprintf("agent-%03d", i)},
			kith.WithNATS(nc), kith.WithLinks(linker.Subscriptions, nc))
		if err != nil {
			return nodes, err
		}
		nodes = append(nodes, node)
	}
	for _, node := range nodes {
		if err := node.WaitReady(ctx, 1); err != nil {
			return nodes, err
		}
	}
	return nodes, nil
}

// stopAll ends all agents, as the end of their processes would.
func stopAll(nodes []*kith.Node) {
	var all sync.WaitGroup
	for _, node := range nodes {
		all.Go(node.Stop)
	}
	all.Wait()
}

// bill tells what listening costs, and what it would cost to listen to everybody.
func bill(nodes []*kith.Node) {
	neighbors, subscriptions := 0, 0
	for _, node := range nodes {
		neighbors += len(node.Neighbors())
		subscriptions += node.Links().Counts().Subscriptions
	}
	fmt.Printf("subscriptions to neighbors: %d, for %.1f neighbors each\n", subscriptions, float64(neighbors)/agents)
	fmt.Printf("to hear everybody it would take %d × %d: %d\n", agents, agents-1, agents*(agents-1))
}

// greet has one agent say something, and its neighbors hear it: at most once, as usual in NATS, so
// that one whose link is just being made anew may miss it.
func greet(ctx context.Context, nodes []*kith.Node) error {
	heard := make(chan string, agents)
	for _, node := range nodes {
		_, err := node.Links().Subscribe("greetings", func(m linker.Msg) {
			heard <- fmt.Sprintf("%s hears %s: %s", node.Self().ID, m.From, m.Data)
		})
		if err != nil {
			return err
		}
	}
	speaker := nodes[agents/2]
	if err := speaker.Links().Publish("greetings", []byte("hello")); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	for range speaker.Links().Counts().Up {
		select {
		case text := <-heard:
			fmt.Println(text)
		case <-ctx.Done():
			return nil
		}
	}
	return nil
}
