// Kith nodes with the default configuration.

package main

import (
	"context"
	"net"
	"net/netip"
	"strconv"
	"sync"

	"github.com/kithmesh/kith"
	"github.com/kithmesh/kith/membership"
)

// subject is what everybody publishes on and subscribes to.
const subject = "bench"

// mesh is a cluster of Kith nodes. It is whole when every node's neighbors are alive and have it as
// theirs, and all of them are one component; a new one also when the views are full: one free place is
// allowed in each, as two nodes that are neighbors already cannot fill their last.
type mesh struct {
	setup
	nodes []*kith.Node
}

func newKith(s setup) cluster { return &mesh{setup: s, nodes: make([]*kith.Node, s.nodes)} }

func (m *mesh) start(ctx context.Context, i int) error {
	cfg := kith.Config{
		Cluster: "bench", ID: name(i), Bind: netip.AddrPortFrom(address(i), 0).String(),
	}
	if i > 0 {
		cfg.Contacts = []string{m.nodes[0].Self().Addr}
	}
	var opts []kith.Option
	if m.weather != nil {
		l, err := new(net.ListenConfig).Listen(ctx, "tcp", cfg.Bind)
		if err != nil {
			return err
		}
		opts = append(opts, kith.WithListener(m.weather.listener(l, i)), kith.WithDialer(m.weather.dialer(i)))
	}
	n, err := kith.Start(ctx, cfg, opts...)
	if err != nil {
		return err
	}
	m.nodes[i] = n
	if _, err := n.Subscribe(subject, func(msg *kith.Message) { m.receive(i, msg.Data) }); err != nil {
		return err
	}
	return n.WaitReady(ctx, min(i, 1))
}

func (m *mesh) whole(nodes []int, formed bool) bool {
	views := make(map[string][]string, len(nodes))
	want := 0
	if formed {
		want = min(membership.DefaultConfig().ActiveSize, len(nodes)-1) - 1
	}
	for _, i := range nodes {
		var view []string
		for _, p := range m.nodes[i].Neighbors() {
			view = append(view, p.ID)
		}
		if len(view) < want {
			return false
		}
		views[name(i)] = view
	}
	return connected(views)
}

func (m *mesh) publish(ctx context.Context, i int, payload []byte) error {
	return m.nodes[i].Publish(ctx, subject, payload)
}

func (m *mesh) copies() (came, fresh uint64) {
	for _, n := range m.nodes {
		s := n.Stats().Broadcast
		came, fresh = came+s.Payloads, fresh+s.Received
	}
	return came, fresh
}

func (m *mesh) kill(nodes []int) {
	var work sync.WaitGroup
	for _, i := range nodes {
		if m.nodes[i] != nil {
			work.Go(m.nodes[i].Stop)
		}
	}
	work.Wait()
}

func (m *mesh) close() { m.kill(everybody(len(m.nodes))) }

// name is that of a node, on every side.
func name(i int) string { return "node-" + strconv.Itoa(i) }
