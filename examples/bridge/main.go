// Bridge shows replicas that each have a NATS server of their own, and plain NATS clients that
// talk to each other although each is connected to another server: publish and subscribe,
// request and reply, queue groups.
//
// One wants that for a service that brings its own NATS along, without the routes of a full-mesh
// NATS cluster to set up and to pay for. What crosses and how surely is in docs/bridge.md.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"os/signal"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/kithmesh/kith"
	"github.com/kithmesh/kith/embedded"
	"github.com/kithmesh/kith/natsbridge"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	if err := run(ctx); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context) error {
	var replicas []*replica
	var contacts []string
	for _, id := range []string{"a", "b", "c"} {
		r, err := newReplica(ctx, id, contacts)
		if err != nil {
			return err
		}
		defer r.end() //nolint:contextcheck // also when ctx has ended
		replicas = append(replicas, r)
		contacts = []string{replicas[0].node.Self().Addr}
	}
	return errors.Join(publish(ctx, replicas), request(ctx, replicas), nobody(ctx, replicas[0]))
}

// replica is one instance of the service.
type replica struct {
	server *embedded.Server
	node   *kith.Node
	bridge *natsbridge.Bridge
	client *nats.Conn // a plain client of its server, which could be any program
}

func newReplica(ctx context.Context, id string, contacts []string) (*replica, error) {
	r := &replica{}
	var err error
	if r.server, err = embedded.Start(ctx, embedded.Config{Name: id, LeafNodes: true}); err != nil {
		return nil, err
	}
	if r.node, err = kith.Start(ctx, kith.Config{Cluster: "bridge", ID: id, Contacts: contacts}); err == nil {
		r.bridge, err = natsbridge.Start(r.node, natsbridge.Config{URL: r.server.LeafURL()}) //nolint:contextcheck // a bridge outlives its start
	}
	if err == nil {
		r.client, err = nats.Connect(r.server.URL())
	}
	if err != nil {
		r.end() //nolint:contextcheck // also when ctx has ended
		return nil, err
	}
	return r, nil
}

// end ends what there is, the bridge before its node.
func (r *replica) end() {
	if r.client != nil {
		r.client.Close()
	}
	if r.bridge != nil {
		_ = r.bridge.Close(context.Background())
	}
	if r.node != nil {
		_ = r.node.Leave(context.Background())
	}
	r.server.Shutdown()
}

// publish has a client of the first server publish, and those of the others receive.
func publish(ctx context.Context, replicas []*replica) error {
	var subscribers []*nats.Subscription
	for _, r := range replicas[1:] {
		sub, err := r.client.SubscribeSync("orders.>")
		if err != nil {
			return err
		}
		subscribers = append(subscribers, sub)
	}
	if err := known(ctx, replicas, "orders.new", len(subscribers)); err != nil {
		return err
	}
	fmt.Println("a client of a publishes on orders.new")
	if err := replicas[0].client.Publish("orders.new", []byte("two apples")); err != nil {
		return err
	}
	for i, sub := range subscribers {
		m, err := sub.NextMsgWithContext(ctx)
		if err != nil {
			return err
		}
		fmt.Printf("a client of %s has %s: %s\n", replicas[i+1].node.Self().ID, m.Subject, m.Data)
	}
	return nil
}

// request has clients of two servers be one queue group: each request is answered by one of them.
func request(ctx context.Context, replicas []*replica) error {
	for _, r := range replicas[1:] {
		answer := []byte("done by " + r.node.Self().ID)
		_, err := r.client.QueueSubscribe("work", "workers", func(m *nats.Msg) {
			_ = m.Respond(answer) // whoever asks notices
		})
		if err != nil {
			return err
		}
	}
	if err := known(ctx, replicas, "work", len(replicas)-1); err != nil {
		return err
	}
	const requests = 100
	fmt.Printf("\na client of a sends %d requests to the queue group of b and c\n", requests)
	by := make(map[string]int)
	for range requests {
		m, err := replicas[0].client.RequestWithContext(ctx, "work", nil)
		if err != nil {
			return err
		}
		by[string(m.Data)]++
	}
	fmt.Printf("done by b: %d, done by c: %d\n", by["done by b"], by["done by c"])
	return nil
}

// nobody asks where nobody is, in the whole mesh.
func nobody(ctx context.Context, r *replica) error {
	_, err := r.client.RequestWithContext(ctx, "nobody.home", nil)
	if !errors.Is(err, nats.ErrNoResponders) {
		return fmt.Errorf("a request to nobody: %w, want no responders", err)
	}
	fmt.Println("\na request that nobody can answer fails at once:", err)
	return nil
}

// known waits until the first server knows that clients of so many others want a subject. Only an
// example needs that, or a test: a moment later it is so by itself.
func known(ctx context.Context, replicas []*replica, subject string, others int) error {
	for _, r := range replicas {
		if err := r.client.FlushWithContext(ctx); err != nil {
			return err
		}
	}
	return replicas[0].bridge.Await(ctx, subject, others)
}
