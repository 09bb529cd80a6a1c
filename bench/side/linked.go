// A mesh of Kith nodes that keep NATS connections to the servers of their neighbors.

package side

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/nats-io/nats.go"

	"github.com/kithmesh/kith"
	"github.com/kithmesh/kith/bench/load"
	"github.com/kithmesh/kith/embedded"
	"github.com/kithmesh/kith/linker"
)

// Linked is a number of nodes, each with a NATS server and links to its neighbors' servers.
type Linked struct {
	Mesh
	servers []*embedded.Server
	locals  []*nats.Conn
}

// StartLinked starts nodes with the defaults, and waits until all links are up.
func StartLinked(ctx context.Context, nodes int) (load.Cluster, error) {
	c := &Linked{}
	if err := c.open(ctx, nodes); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

func (c *Linked) open(ctx context.Context, nodes int) error {
	for i := range nodes {
		srv, err := embedded.Start(ctx, embedded.Config{Name: "server-" + strconv.Itoa(i)})
		if err != nil {
			return err
		}
		c.servers = append(c.servers, srv)
		local, err := srv.Connect()
		if err != nil {
			return err
		}
		c.locals = append(c.locals, local)
	}
	err := c.Mesh.open(ctx, nodes, func(node int, contacts []string) (kith.Config, []kith.Option) {
		cfg, _ := config(node, contacts)
		cfg.NATS = c.servers[node].URL()
		return cfg, []kith.Option{kith.WithLinks(linker.Connections, c.locals[node])}
	})
	if err != nil {
		return err
	}
	if err := c.meshed(ctx); err != nil {
		return err
	}
	for i, n := range c.Nodes {
		if err := n.Links().WaitUp(ctx); err != nil {
			return fmt.Errorf("node %d: %w", i, err)
		}
	}
	return nil
}

// Publish implements [load.Cluster]: there is nothing that reaches all.
func (c *Linked) Publish(context.Context, []byte) error { return errors.ErrUnsupported }

// Close implements [load.Cluster].
func (c *Linked) Close() {
	c.Mesh.Close()
	for _, local := range c.locals {
		local.Close()
	}
	for _, srv := range c.servers {
		srv.Shutdown()
	}
}
