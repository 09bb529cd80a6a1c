// Cache keeps the local caches of a service's replicas in step, without a cache server: whoever
// changes a key tells the others over the mesh to forget it, and a replica that has missed such a
// message forgets everything it has.
//
// One wants that where every request reads the same things (prices, permissions, settings), and
// what is a few milliseconds old will do, but not what is minutes old.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"os/signal"
	"time"

	"github.com/kithmesh/kith"
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

// run has four replicas in one process, to be short. In production each is a process of its own,
// and they find each other over NATS: kith.WithNATS.
func run(ctx context.Context) error {
	truth := newDatabase()
	truth.write("apple", "1.00")
	forgotten := make(chan string, 1<<10) // what replicas say of it
	var replicas []*replica
	var contacts []string
	for _, id := range []string{"a", "b", "c", "d"} {
		pending := kith.DefaultPendingMessages
		if id == "d" {
			pending = 16 // to show what happens when more messages wait than may
		}
		r, err := newReplica(ctx, kith.Config{Cluster: "cache", ID: id, Contacts: contacts}, truth, forgotten, pending)
		if err != nil {
			return err
		}
		defer func() { _ = r.node.Leave(context.Background()) }() //nolint:contextcheck // also when ctx has ended
		replicas = append(replicas, r)
		contacts = []string{replicas[0].node.Self().Addr}
	}
	for _, r := range replicas {
		if err := r.node.WaitReady(ctx, 1); err != nil {
			return err
		}
		fmt.Printf("%s reads apple: %s\n", r.node.Self().ID, r.read("apple"))
	}

	fmt.Println("\na changes apple to 1.20")
	if err := replicas[0].write(ctx, "apple", "1.20"); err != nil {
		return err
	}
	for range replicas[1:] { // only so that nobody reads too soon
		if err := next(ctx, forgotten); err != nil {
			return err
		}
	}
	for _, r := range replicas {
		fmt.Printf("%s reads apple: %s\n", r.node.Self().ID, r.read("apple"))
	}
	return miss(ctx, replicas[0], replicas[3], forgotten)
}

// miss has one replica hang, until it has lost some of what another changes meanwhile.
func miss(ctx context.Context, writer, hanging *replica, forgotten <-chan string) error {
	fmt.Println("\nd hangs, while a changes many other keys and then apple to 1.50")
	if err := writeDuring(ctx, writer, hanging); err != nil {
		return err
	}
	for range 3 { // all but the writer had apple
		if err := next(ctx, forgotten); err != nil {
			return err
		}
	}
	fmt.Println("d reads apple:", hanging.read("apple"))
	return nil
}

// writeDuring writes while a replica is busy with something else.
func writeDuring(ctx context.Context, writer, hanging *replica) error {
	hanging.mu.Lock()
	defer hanging.mu.Unlock()
	pace := time.NewTicker(time.Millisecond)
	defer pace.Stop()
	for i := 0; hanging.heard.Dropped() == 0; i++ {
		if err := writer.write(ctx, fmt.Sprintf("key-%d", i), "new"); err != nil {
			return err
		}
		<-pace.C
	}
	return writer.write(ctx, "apple", "1.50")
}

// next prints the next thing that a replica says.
func next(ctx context.Context, said <-chan string) error {
	select {
	case text := <-said:
		fmt.Println(text)
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
