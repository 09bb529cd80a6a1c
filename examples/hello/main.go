// Hello is a service that joins the mesh over NATS, prints who its neighbors are, and greets all
// nodes whenever that changes. NATS_URL is a NATS server other than that of this machine.
package main

import (
	"cmp"
	"context"
	"fmt"
	"log"
	"os"
	"os/signal"

	"github.com/nats-io/nats.go"

	"github.com/kithmesh/kith"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	url := cmp.Or(os.Getenv("NATS_URL"), nats.DefaultURL)
	nc, err := nats.Connect(url, nats.NoEcho(), nats.MaxReconnects(-1))
	if err != nil {
		log.Fatal(err)
	}
	node, err := kith.Start(ctx, kith.Config{Cluster: "hello"}, kith.WithNATS(nc))
	if err != nil {
		log.Fatal(err)
	}
	_, err = node.Subscribe("greetings.*", func(m *kith.Message) { fmt.Println(m.Origin, "says", string(m.Data)) })
	if err != nil {
		log.Fatal(err)
	}
	for event := range node.Events(ctx) { // the neighbors, and then every change
		fmt.Println(event)
		if err := node.Publish(ctx, "greetings.new", []byte("hello")); err != nil {
			log.Print(err)
		}
	}
	_ = node.Leave(context.Background())
}
