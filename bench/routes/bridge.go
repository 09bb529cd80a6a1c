// A mesh of Kith nodes with bridges: plain NATS clients, as with the routes.

package main

import (
	"context"
	"fmt"
	"strconv"
	"sync"

	"github.com/nats-io/nats.go"

	"github.com/kithmesh/kith/embedded"
	"github.com/kithmesh/kith/natsbridge"
)

// bridged is a number of NATS servers that are joined by bridges, with one subscribed client
// on every server and one more that publishes.
type bridged struct {
	mesh      *mesh
	servers   []*embedded.Server
	bridges   []*natsbridge.Bridge
	clients   []*nats.Conn
	publisher *nats.Conn
}

// startBridged starts nodes, each with a server and a bridge, with the defaults.
func startBridged(ctx context.Context, nodes int, receive func(node int, payload []byte)) (cluster, error) {
	c := &bridged{mesh: &mesh{}}
	if err := c.open(ctx, nodes, receive); err != nil {
		c.close()
		return nil, err
	}
	return c, nil
}

func (c *bridged) open(ctx context.Context, nodes int, receive func(node int, payload []byte)) error {
	if err := c.mesh.open(ctx, nodes, func(int, []byte) {}); err != nil {
		return err
	}
	for i, node := range c.mesh.nodes {
		srv, err := embedded.Start(ctx, embedded.Config{Name: "server-" + strconv.Itoa(i), LeafNodes: true})
		if err != nil {
			return err
		}
		c.servers = append(c.servers, srv)
		bridge, err := natsbridge.Start(node, natsbridge.Config{URL: srv.LeafURL()})
		if err != nil {
			return err
		}
		c.bridges = append(c.bridges, bridge)
		if err := c.subscribe(ctx, srv, func(m *nats.Msg) { receive(i, m.Data) }); err != nil {
			return err
		}
	}
	for _, bridge := range c.bridges {
		if err := bridge.Ready(ctx); err != nil {
			return err
		}
	}
	if err := c.bridges[0].Await(ctx, subject, nodes-1); err != nil {
		return fmt.Errorf("not all subscriptions are known: %w", err)
	}
	var err error
	c.publisher, err = nats.Connect(c.servers[0].URL())
	return err
}

// subscribe connects a client with a subscription. What waits in it is bounded by the window.
func (c *bridged) subscribe(ctx context.Context, srv *embedded.Server, handler nats.MsgHandler) error {
	nc, err := nats.Connect(srv.URL())
	if err != nil {
		return err
	}
	c.clients = append(c.clients, nc)
	sub, err := nc.Subscribe(subject, handler)
	if err != nil {
		return err
	}
	if err := sub.SetPendingLimits(-1, -1); err != nil {
		return err
	}
	return nc.FlushWithContext(ctx)
}

func (c *bridged) publish(_ context.Context, payload []byte) error {
	return c.publisher.Publish(subject, payload)
}

func (c *bridged) close() {
	if c.publisher != nil {
		c.publisher.Close()
	}
	for _, nc := range c.clients {
		nc.Close()
	}
	c.mesh.close()
	var work sync.WaitGroup
	for _, bridge := range c.bridges {
		work.Go(func() { _ = bridge.Close(context.Background()) })
	}
	work.Wait()
	for _, srv := range c.servers {
		srv.Shutdown()
	}
}
