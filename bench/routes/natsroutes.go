// A full mesh of NATS servers.

package main

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

// natsRoutes is a NATS cluster, with one subscribed client on every server and one
// more that publishes.
type natsRoutes struct {
	servers   []*server.Server
	clients   []*nats.Conn
	publisher *nats.Conn
}

// startRoutes starts servers with one route between every two of them, which is what
// serves one account best: the further routes of a pool are for other accounts.
func startRoutes(ctx context.Context, nodes int, receive func(node int, payload []byte)) (cluster, error) {
	c := &natsRoutes{}
	if err := c.open(ctx, nodes, receive); err != nil {
		c.close()
		return nil, err
	}
	return c, nil
}

func (c *natsRoutes) open(ctx context.Context, nodes int, receive func(node int, payload []byte)) error {
	for i := range nodes {
		if err := c.serve(i); err != nil {
			return err
		}
	}
	if err := c.routed(ctx); err != nil {
		return err
	}
	for i, ns := range c.servers {
		nc, err := nats.Connect(ns.ClientURL())
		if err != nil {
			return err
		}
		c.clients = append(c.clients, nc)
		sub, err := nc.Subscribe(subject, func(m *nats.Msg) { receive(i, m.Data) })
		if err != nil {
			return err
		}
		// What waits in the client is bounded by the window.
		if err := sub.SetPendingLimits(-1, -1); err != nil {
			return err
		}
		if err := nc.FlushWithContext(ctx); err != nil {
			return err
		}
	}
	var err error
	c.publisher, err = nats.Connect(c.servers[0].ClientURL())
	return err
}

// serve starts the next server. All but the first are told of the first one, and
// hear of the others from it.
func (c *natsRoutes) serve(i int) error {
	o := &server.Options{
		ServerName: "server-" + strconv.Itoa(i), Host: "127.0.0.1", Port: server.RANDOM_PORT,
		NoLog: true, NoSigs: true,
		Cluster: server.ClusterOpts{
			Name: "bench", Host: "127.0.0.1", Port: server.RANDOM_PORT, PoolSize: -1,
			ConnectRetries: 120, // without retries large clusters stay incomplete
		},
	}
	if i > 0 {
		o.Routes = server.RoutesFromStr("nats-route://" + c.servers[0].ClusterAddr().String())
	}
	ns, err := server.NewServer(o)
	if err != nil {
		return err
	}
	c.servers = append(c.servers, ns)
	ns.Start()
	if !ns.ReadyForConnections(10 * time.Second) {
		return fmt.Errorf("server %d does not get ready", i)
	}
	return nil
}

// routed waits until every server has a route to every other. Servers tell nobody
// when they have.
func (c *natsRoutes) routed(ctx context.Context) error {
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for i := 0; i < len(c.servers); {
		if c.servers[i].NumRoutes() == len(c.servers)-1 {
			i++
			continue
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return fmt.Errorf("server %d has %d of %d routes: %w",
				i, c.servers[i].NumRoutes(), len(c.servers)-1, ctx.Err())
		}
	}
	return nil
}

func (c *natsRoutes) publish(_ context.Context, payload []byte) error {
	return c.publisher.Publish(subject, payload)
}

func (c *natsRoutes) close() {
	if c.publisher != nil {
		c.publisher.Close()
	}
	for _, nc := range c.clients {
		nc.Close()
	}
	for _, ns := range c.servers {
		ns.Shutdown()
	}
	for _, ns := range c.servers {
		ns.WaitForShutdown()
	}
}
