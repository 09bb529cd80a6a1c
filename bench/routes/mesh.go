// A mesh of Kith nodes.

package main

import (
	"context"
	"fmt"
	"strconv"
	"sync"

	"github.com/kithmesh/kith"
	"github.com/kithmesh/kith/membership"
)

// mesh is a number of Kith nodes, each with a subscription; the first publishes.
type mesh struct {
	nodes []*kith.Node
}

// startMesh starts nodes as a service would, with the defaults, each of which asks
// one of those before it to let it in.
func startMesh(ctx context.Context, nodes int, receive func(node int, payload []byte)) (cluster, error) {
	m := &mesh{}
	if err := m.open(ctx, nodes, receive); err != nil {
		m.close()
		return nil, err
	}
	return m, nil
}

func (m *mesh) open(ctx context.Context, nodes int, receive func(node int, payload []byte)) error {
	var contacts []string
	for i := range nodes {
		n, err := kith.Start(ctx, kith.Config{
			Cluster: "bench", ID: "node-" + strconv.Itoa(i), Contacts: contacts,
		})
		if err != nil {
			return err
		}
		m.nodes = append(m.nodes, n)
		contacts = append(contacts, n.Self().Addr)
		if _, err := n.Subscribe(subject, func(msg *kith.Message) { receive(i, msg.Data) }); err != nil {
			return err
		}
		if err := n.WaitReady(ctx, min(i, 1)); err != nil {
			return err
		}
	}
	return m.meshed(ctx)
}

// meshed waits until every node has the neighbors it wants. One may lack one, as an
// odd number of nodes cannot all have an odd number of neighbors.
func (m *mesh) meshed(ctx context.Context) error {
	want := min(membership.DefaultConfig().ActiveSize, len(m.nodes)-1)
	for i, n := range m.nodes {
		if err := n.WaitReady(ctx, want-1); err != nil {
			return fmt.Errorf("node %d: %w", i, err)
		}
	}
	return nil
}

func (m *mesh) publish(ctx context.Context, payload []byte) error {
	return m.nodes[0].Publish(ctx, subject, payload)
}

func (m *mesh) close() {
	var work sync.WaitGroup
	for _, n := range m.nodes {
		work.Go(n.Stop)
	}
	work.Wait()
}
