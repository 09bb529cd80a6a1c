// A mesh of Kith nodes.

package side

import (
	"context"
	"fmt"
	"strconv"
	"sync"

	"github.com/kithmesh/kith"
	"github.com/kithmesh/kith/bench/load"
	"github.com/kithmesh/kith/membership"
)

// Mesh is a number of Kith nodes, each with a subscription; the first publishes.
type Mesh struct{ Nodes []*kith.Node }

// StartMesh starts nodes as a service would, with the defaults, each of which asks
// one of those before it to let it in.
func StartMesh(ctx context.Context, nodes int, receive load.Receive) (load.Cluster, error) {
	m, err := startMesh(ctx, nodes, func(node int) func(*kith.Message) {
		return func(msg *kith.Message) { receive(node, msg.Data) }
	})
	if err != nil {
		return nil, err
	}
	return m, nil
}

// StartBorrowing is [StartMesh] with handlers that are lent each message only until they return.
func StartBorrowing(ctx context.Context, nodes int, receive load.Receive) (load.Cluster, error) {
	m, err := startMesh(ctx, nodes, func(node int) func(*kith.Message) {
		return func(msg *kith.Message) { receive(node, msg.Data) }
	}, kith.Borrowed())
	if err != nil {
		return nil, err
	}
	return m, nil
}

// StartListening is [StartMesh] for those who want to see whole messages. The handler is called
// by all nodes at once.
func StartListening(ctx context.Context, nodes int, handler func(*kith.Message)) (*Mesh, error) {
	return startMesh(ctx, nodes, func(int) func(*kith.Message) { return handler })
}

func startMesh(
	ctx context.Context, nodes int, handler func(node int) func(*kith.Message), opts ...kith.SubscribeOption,
) (*Mesh, error) {
	m := &Mesh{}
	err := m.open(ctx, nodes, config)
	if err == nil {
		err = m.subscribe(handler, opts...)
	}
	if err == nil {
		err = m.meshed(ctx)
	}
	if err != nil {
		m.Close()
		return nil, err
	}
	return m, nil
}

// starting says how to start a node that is to ask contacts.
type starting func(node int, contacts []string) (kith.Config, []kith.Option)

// mostContacts is how many contacts a node is told: any will do, and a thousand would be a list that
// nobody keeps.
const mostContacts = 20

// config is that of a node without options.
func config(node int, contacts []string) (kith.Config, []kith.Option) {
	asked := contacts[max(len(contacts)-mostContacts, 0):]
	return kith.Config{Cluster: "bench", ID: "node-" + strconv.Itoa(node), Contacts: asked}, nil
}

// open starts nodes.
func (m *Mesh) open(ctx context.Context, nodes int, how starting) error {
	var contacts []string
	for i := range nodes {
		cfg, opts := how(i, contacts)
		n, err := kith.Start(ctx, cfg, opts...)
		if err != nil {
			return err
		}
		m.Nodes = append(m.Nodes, n)
		contacts = append(contacts, n.Self().Addr)
		if err := n.WaitReady(ctx, min(i, 1)); err != nil {
			return err
		}
	}
	return nil
}

// subscribe gives each node a handler.
func (m *Mesh) subscribe(handler func(node int) func(*kith.Message), opts ...kith.SubscribeOption) error {
	for i, n := range m.Nodes {
		if _, err := n.Subscribe(Subject, handler(i), opts...); err != nil {
			return err
		}
	}
	return nil
}

// Add starts one node more, without a subscription, and returns when it is linked as it should be.
func (m *Mesh) Add(ctx context.Context) (*kith.Node, error) {
	contacts := make([]string, 0, len(m.Nodes))
	for _, n := range m.Nodes {
		contacts = append(contacts, n.Self().Addr)
	}
	cfg, opts := config(len(m.Nodes), contacts)
	n, err := kith.Start(ctx, cfg, opts...)
	if err != nil {
		return nil, err
	}
	m.Nodes = append(m.Nodes, n)
	return n, n.WaitReady(ctx, m.wanted())
}

// wanted is how many neighbors a node must have to be linked as it should be. It may lack one, as an
// odd number of nodes cannot all have an odd number of neighbors.
func (m *Mesh) wanted() int {
	return min(membership.DefaultConfig().ActiveSize, len(m.Nodes)-1) - 1
}

// meshed waits until every node is linked as it should be.
func (m *Mesh) meshed(ctx context.Context) error {
	for i, n := range m.Nodes {
		if err := n.WaitReady(ctx, m.wanted()); err != nil {
			return fmt.Errorf("node %d: %w", i, err)
		}
	}
	return nil
}

// Publish implements [load.Cluster].
func (m *Mesh) Publish(ctx context.Context, payload []byte) error {
	return m.Nodes[0].Publish(ctx, Subject, payload)
}

// Kill implements [load.Killer].
func (m *Mesh) Kill(node int) { m.Nodes[node].Stop() }

// Busiest implements [load.Killer]: it is the neighbor of the first that it sends most to.
func (m *Mesh) Busiest() int {
	most, busiest := uint64(0), ""
	for _, link := range m.Nodes[0].Stats().Broadcast.Links {
		if link.Sent >= most {
			most, busiest = link.Sent, link.Neighbor
		}
	}
	for i, n := range m.Nodes {
		if n.Self().ID == busiest {
			return i
		}
	}
	return len(m.Nodes) - 1
}

// Close implements [load.Cluster].
func (m *Mesh) Close() {
	var work sync.WaitGroup
	for _, n := range m.Nodes {
		work.Go(n.Stop)
	}
	work.Wait()
}
