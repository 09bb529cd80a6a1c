// Service is one node of a mesh with a NATS server of its own: start it on several machines, and
// plain NATS clients of any of them talk to those of all the others. It runs until Ctrl-C.
//
//	go run ./examples/service -id a
//	go run ./examples/service -id b -listen 127.0.0.1:7001 -nats 127.0.0.1:4223 -contact 127.0.0.1:7000
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"net"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"

	"github.com/kithmesh/kith"
	"github.com/kithmesh/kith/embedded"
	"github.com/kithmesh/kith/identity"
	"github.com/kithmesh/kith/natsbridge"
)

// settings are the flags.
type settings struct{ id, listen, nats, contact, certs string }

func main() {
	var s settings
	flag.StringVar(&s.id, "id", "a", "the node's name, unique in the mesh")
	flag.StringVar(&s.listen, "listen", "127.0.0.1:7000", "host:port for the other nodes, of which the host is what they dial")
	flag.StringVar(&s.nats, "nats", "127.0.0.1:4222", "host:port for NATS clients; port 0 is any free one")
	flag.StringVar(&s.contact, "contact", "", "the -listen of a node that runs; none for the first one")
	flag.StringVar(&s.certs, "certs", "", "folder of 'demo certs'; needed where other machines can reach -listen")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := s.run(ctx); err != nil {
		log.Fatal(err)
	}
}

// run starts everything, waits for ctx, and ends everything in the reverse order.
func (s *settings) run(ctx context.Context) error {
	server, err := s.server(ctx)
	if err != nil {
		return err
	}
	defer server.Shutdown()
	node, err := s.node(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = node.Leave(context.Background()) }()                         //nolint:contextcheck // ctx has ended
	bridge, err := natsbridge.Start(node, natsbridge.Config{URL: server.LeafURL()}) //nolint:contextcheck // it outlives its start
	if err != nil {
		return err
	}
	defer func() { _ = bridge.Close(context.Background()) }() //nolint:contextcheck // ctx has ended
	fmt.Println("nodes dial", node.Self().Addr, "and NATS clients connect to", server.URL())
	for event := range node.Events(ctx) {
		fmt.Println(event)
	}
	return nil
}

// server starts the NATS server, for clients at this address and for the bridge.
func (s *settings) server(ctx context.Context) (*embedded.Server, error) {
	host, port, err := net.SplitHostPort(s.nats)
	if err != nil {
		return nil, err
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		return nil, err
	}
	return embedded.Start(ctx, embedded.Config{Name: s.id, Host: host, Port: number, LeafNodes: true})
}

// node starts the node, with its certificate if there is one.
func (s *settings) node(ctx context.Context) (*kith.Node, error) {
	cfg := kith.Config{Cluster: "demo", ID: s.id, Bind: s.listen}
	if s.contact != "" {
		cfg.Contacts = []string{s.contact}
	}
	if s.certs == "" {
		return kith.Start(ctx, cfg)
	}
	own, err := identity.Load(identity.Files{
		Cert: filepath.Join(s.certs, s.id+".pem"),
		Key:  filepath.Join(s.certs, s.id+"-key.pem"),
		CA:   filepath.Join(s.certs, "ca.pem"),
	})
	if err != nil {
		return nil, err
	}
	return kith.Start(ctx, cfg, kith.WithIdentity(own))
}
