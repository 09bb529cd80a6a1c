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
	m := &Mesh{}
	err := m.open(ctx, nodes, config)
	if err == nil {
		err = m.subscribe(func(node int) func(*kith.Message) {
			return func(msg *kith.Message) { receive(node, msg.Data) }
		})
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

// config is that of a node without options.
func config(node int, contacts []string) (kith.Config, []kith.Option) {
	return kith.Config{Cluster: "bench", ID: "node-" + strconv.Itoa(node), Contacts: contacts}, nil
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
func (m *Mesh) subscribe(handler func(node int) func(*kith.Message)) error {
	for i, n := range m.Nodes {
		if _, err := n.Subscribe(Subject, handler(i)); err != nil {
			return err
		}
	}
	return nil
}

// meshed waits until every node has the neighbors it wants. One may lack one, as an
// odd number of nodes cannot all have an odd number of neighbors.
func (m *Mesh) meshed(ctx context.Context) error {
	want := min(membership.DefaultConfig().ActiveSize, len(m.Nodes)-1)
	for i, n := range m.Nodes {
		if err := n.WaitReady(ctx, want-1); err != nil {
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
