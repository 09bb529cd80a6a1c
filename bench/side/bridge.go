// A mesh of Kith nodes with bridges: plain NATS clients, as with the routes.

package side

import (
	"context"
	"fmt"
	"strconv"
	"sync"

	"github.com/nats-io/nats.go"

	"github.com/kithmesh/kith/bench/load"
	"github.com/kithmesh/kith/embedded"
	"github.com/kithmesh/kith/natsbridge"
)

// Bridged is a number of NATS servers that are joined by bridges, with one subscribed client
// on every server and one more that publishes.
type Bridged struct {
	mesh      *Mesh
	servers   []*embedded.Server
	bridges   []*natsbridge.Bridge
	clients   []*nats.Conn
	publisher *nats.Conn
}

// StartBridged starts nodes, each with a server and a bridge, with the defaults.
func StartBridged(ctx context.Context, nodes int, receive load.Receive) (load.Cluster, error) {
	c := &Bridged{mesh: &Mesh{}}
	err := c.open(ctx, nodes)
	if err == nil {
		err = c.attach(ctx, receive)
	}
	if err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// BridgedServers starts the same without clients.
func BridgedServers(ctx context.Context, nodes int) (load.Cluster, error) {
	c := &Bridged{mesh: &Mesh{}}
	if err := c.open(ctx, nodes); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// open starts the nodes, their servers and the bridges, and waits until they are joined.
func (c *Bridged) open(ctx context.Context, nodes int) error {
	if err := c.mesh.open(ctx, nodes, config); err != nil {
		return err
	}
	for i, node := range c.mesh.Nodes {
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
	}
	if err := c.mesh.meshed(ctx); err != nil {
		return err
	}
	for _, bridge := range c.bridges {
		if err := bridge.Ready(ctx); err != nil {
			return err
		}
	}
	return nil
}

// attach connects the clients.
func (c *Bridged) attach(ctx context.Context, receive load.Receive) error {
	for i, srv := range c.servers {
		nc, err := subscribed(ctx, srv.URL(), func(m *nats.Msg) { receive(i, m.Data) })
		if nc != nil {
			c.clients = append(c.clients, nc)
		}
		if err != nil {
			return err
		}
	}
	if err := c.bridges[0].Await(ctx, Subject, len(c.servers)-1); err != nil {
		return fmt.Errorf("not all subscriptions are known: %w", err)
	}
	var err error
	c.publisher, err = nats.Connect(c.servers[0].URL())
	return err
}

// subscribed connects a client with a subscription. What waits in it is bounded by the window.
func subscribed(ctx context.Context, url string, handler nats.MsgHandler) (*nats.Conn, error) {
	nc, err := nats.Connect(url)
	if err != nil {
		return nil, err
	}
	sub, err := nc.Subscribe(Subject, handler)
	if err != nil {
		return nc, err
	}
	if err := sub.SetPendingLimits(-1, -1); err != nil {
		return nc, err
	}
	return nc, nc.FlushWithContext(ctx)
}

// Publish implements [load.Cluster].
func (c *Bridged) Publish(_ context.Context, payload []byte) error {
	return c.publisher.Publish(Subject, payload)
}

// Kill implements [load.Killer].
func (c *Bridged) Kill(node int) {
	c.mesh.Kill(node)
	c.servers[node].Shutdown()
	c.clients[node].Close()
}

// Busiest implements [load.Killer].
func (c *Bridged) Busiest() int { return c.mesh.Busiest() }

// Close implements [load.Cluster].
func (c *Bridged) Close() {
	if c.publisher != nil {
		c.publisher.Close()
	}
	for _, nc := range c.clients {
		nc.Close()
	}
	c.mesh.Close()
	var work sync.WaitGroup
	for _, bridge := range c.bridges {
		work.Go(func() { _ = bridge.Close(context.Background()) })
	}
	work.Wait()
	for _, srv := range c.servers {
		srv.Shutdown()
	}
}
