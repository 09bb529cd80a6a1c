// Hello is a service that joins the mesh and prints who its neighbors are.
package main

import (
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
	nc, err := nats.Connect(nats.DefaultURL, nats.NoEcho(), nats.MaxReconnects(-1))
	if err != nil {
		log.Fatal(err)
	}
	node, err := kith.Start(ctx, kith.Config{Cluster: "hello"}, kith.WithNATS(nc))
	if err != nil {
		log.Fatal(err)
	}
	for event := range node.Events(ctx) {
		fmt.Println(event)
	}
	_ = node.Leave(context.Background())
}
