// A full mesh of NATS servers.

package side

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"github.com/kithmesh/kith/bench/load"
)

// The pools of routes between two servers.
const (
	// PoolOff is one route a pair, which serves one account best: the further routes of a
	// pool are for other accounts.
	PoolOff = -1
	// DefaultPool is what a server has that is told nothing.
	DefaultPool = 0
)

// Routes is a NATS cluster, with one subscribed client on every server and one
// more that publishes.
type Routes struct {
	pool      int
	servers   []*server.Server
	clients   []*nats.Conn
	publisher *nats.Conn
}

// RoutesOf starts servers with such a pool of routes between every two of them, and clients.
func RoutesOf(pool int) func(ctx context.Context, nodes int, receive load.Receive) (load.Cluster, error) {
	return func(ctx context.Context, nodes int, receive load.Receive) (load.Cluster, error) {
		return startRoutes(ctx, pool, nodes, receive)
	}
}

func startRoutes(ctx context.Context, pool, nodes int, receive load.Receive) (load.Cluster, error) {
	c := &Routes{pool: pool}
	err := c.open(ctx, nodes, "")
	if err == nil {
		err = c.Routed(ctx, nodes-1)
	}
	if err == nil {
		err = c.attach(ctx, receive)
	}
	if err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// StartServers starts the servers without clients, with either pool, and does not wait until they
// are routed. Where first is not empty it is the cluster address of a server elsewhere that they
// join.
func StartServers(ctx context.Context, pool, nodes int, first string) (*Routes, error) {
	c := &Routes{pool: pool}
	if err := c.open(ctx, nodes, first); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

func (c *Routes) open(ctx context.Context, nodes int, first string) error {
	for i := range nodes {
		if ctx.Err() != nil {
			return fmt.Errorf("%d of %d servers are started: %w", i, nodes, ctx.Err())
		}
		if err := c.serve(i, first); err != nil {
			return err
		}
		if first == "" {
			first = c.Address()
		}
	}
	return nil
}

// Address is where further servers join the cluster.
func (c *Routes) Address() string { return c.servers[0].ClusterAddr().String() }

// attach connects the clients.
func (c *Routes) attach(ctx context.Context, receive load.Receive) error {
	for i, ns := range c.servers {
		nc, err := subscribed(ctx, ns.ClientURL(), func(m *nats.Msg) { receive(i, m.Data) })
		if nc != nil {
			c.clients = append(c.clients, nc)
		}
		if err != nil {
			return err
		}
	}
	return c.ConnectPublisher()
}

// Subscribe connects the clients of servers that were started without.
func (c *Routes) Subscribe(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	return c.attach(ctx, func(int, []byte) {})
}

// ConnectPublisher connects the client that publishes.
func (c *Routes) ConnectPublisher() error {
	var err error
	c.publisher, err = nats.Connect(c.servers[0].ClientURL())
	return err
}

// serve starts the next server. All but the very first are told of that one, and
// hear of the others from it.
func (c *Routes) serve(i int, first string) error {
	o := &server.Options{
		Host: "127.0.0.1", Port: server.RANDOM_PORT,
		NoLog: true, NoSigs: true,
		Cluster: server.ClusterOpts{
			Name: "bench", Host: "127.0.0.1", Port: server.RANDOM_PORT, PoolSize: c.pool,
			ConnectRetries: 120, // without retries large clusters stay incomplete
		},
	}
	if first != "" {
		o.Routes = server.RoutesFromStr("nats-route://" + first)
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

// Routed waits until every server has a route to so many others, in each place of its pool.
// Servers tell nobody when they have.
func (c *Routes) Routed(ctx context.Context, others int) error {
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	want := others * c.perPair()
	for i := 0; i < len(c.servers); {
		if c.servers[i].NumRoutes() >= want {
			i++
			continue
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return fmt.Errorf("%s has %d of %d routes: %w",
				"server "+strconv.Itoa(i), c.servers[i].NumRoutes(), want, ctx.Err())
		}
	}
	return nil
}

// perPair is how many connections there are between two servers.
func (c *Routes) perPair() int {
	if c.pool == PoolOff {
		return 1
	}
	return PerPair
}

// PerPair is how many connections two servers have by default: a pool of three, and one for the
// system account.
const PerPair = server.DEFAULT_ROUTE_POOL_SIZE + 1

// Publish implements [load.Cluster].
func (c *Routes) Publish(_ context.Context, payload []byte) error {
	return c.publisher.Publish(Subject, payload)
}

// Kill implements [load.Killer].
func (c *Routes) Kill(node int) {
	c.servers[node].Shutdown()
	c.clients[node].Close()
}

// Busiest implements [load.Killer]: here all are alike.
func (c *Routes) Busiest() int { return len(c.servers) - 1 }

// Close implements [load.Cluster].
func (c *Routes) Close() {
	if c.publisher != nil {
		c.publisher.Close()
	}
	for _, nc := range c.clients {
		nc.Close()
	}
	var work sync.WaitGroup
	for _, ns := range c.servers {
		work.Go(func() {
			ns.Shutdown()
			ns.WaitForShutdown()
		})
	}
	work.Wait()
}
