// gossipsub hosts with the defaults: TCP, Noise, Yamux, signed messages.

package main

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/libp2p/go-libp2p"
	pubsub "github.com/libp2p/go-libp2p-pubsub"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"
)

// dials is how many others each host connects to; gossipsub has no membership of its own.
const dials = 10

// swarm is a cluster of gossipsub hosts. It is whole when every host has as many peers of the topic as the
// mesh that gossipsub strives for has.
type swarm struct {
	setup
	ctx         context.Context
	cancel      context.CancelFunc
	mu          sync.Mutex
	hosts       []host.Host
	topics      []*pubsub.Topic
	came, fresh atomic.Uint64
}

func newGossipsub(s setup) cluster {
	w := &swarm{setup: s, hosts: make([]host.Host, s.nodes), topics: make([]*pubsub.Topic, s.nodes)}
	w.ctx, w.cancel = context.WithCancel(context.Background())
	return w
}

func (w *swarm) start(ctx context.Context, i int) error {
	h, err := libp2p.New(libp2p.ListenAddrStrings("/ip4/" + address(i).String() + "/tcp/0"))
	if err != nil {
		return err
	}
	//nolint:contextcheck // it lives as long as the cluster
	ps, err := pubsub.NewGossipSub(w.ctx, h, pubsub.WithRawTracer(&tracer{swarm: w}))
	if err != nil {
		return err
	}
	topic, err := ps.Join(subject)
	if err != nil {
		return err
	}
	sub, err := topic.Subscribe(pubsub.WithBufferSize(1 << 16))
	if err != nil {
		return err
	}
	go w.hear(i, sub)
	w.mu.Lock()
	known := make([]host.Host, 0, len(w.hosts))
	for _, other := range w.hosts {
		if other != nil {
			known = append(known, other)
		}
	}
	w.hosts[i], w.topics[i] = h, topic
	w.mu.Unlock()
	rand.Shuffle(len(known), func(a, b int) { known[a], known[b] = known[b], known[a] })
	for _, other := range known[:min(dials, len(known))] {
		if err := h.Connect(ctx, peer.AddrInfo{ID: other.ID(), Addrs: other.Addrs()}); err != nil {
			return err
		}
	}
	return nil
}

func (w *swarm) hear(i int, sub *pubsub.Subscription) {
	for {
		msg, err := sub.Next(w.ctx)
		if err != nil {
			return
		}
		w.receive(i, msg.Data)
	}
}

func (w *swarm) whole(nodes []int, _ bool) bool {
	want := min(pubsub.GossipSubD, len(nodes)-1)
	return !slices.ContainsFunc(nodes, func(i int) bool { return len(w.topics[i].ListPeers()) < want })
}

func (w *swarm) publish(ctx context.Context, i int, payload []byte) error {
	return w.topics[i].Publish(ctx, slices.Clone(payload))
}

func (w *swarm) copies() (came, fresh uint64) { return w.came.Load(), w.fresh.Load() }

func (w *swarm) kill(nodes []int) {
	var work sync.WaitGroup
	for _, i := range nodes {
		if w.hosts[i] != nil {
			work.Go(func() { _ = w.hosts[i].Close() })
		}
	}
	work.Wait()
}

func (w *swarm) close() {
	w.cancel()
	w.kill(everybody(w.nodes))
}

// tracer counts what comes to hosts. The messages of the host itself are no copies.
type tracer struct{ *swarm }

func (t *tracer) DeliverMessage(m *pubsub.Message) {
	if !m.Local {
		t.came.Add(1)
		t.fresh.Add(1)
	}
}
func (t *tracer) DuplicateMessage(*pubsub.Message)       { t.came.Add(1) }
func (t *tracer) AddPeer(peer.ID, protocol.ID)           {}
func (t *tracer) RemovePeer(peer.ID)                     {}
func (t *tracer) Join(string)                            {}
func (t *tracer) Leave(string)                           {}
func (t *tracer) Graft(peer.ID, string)                  {}
func (t *tracer) Prune(peer.ID, string)                  {}
func (t *tracer) ValidateMessage(*pubsub.Message)        {}
func (t *tracer) RejectMessage(*pubsub.Message, string)  {}
func (t *tracer) ThrottlePeer(peer.ID)                   {}
func (t *tracer) RecvRPC(*pubsub.RPC)                    {}
func (t *tracer) SendRPC(*pubsub.RPC, peer.ID)           {}
func (t *tracer) DropRPC(*pubsub.RPC, peer.ID)           {}
func (t *tracer) UndeliverableMessage(m *pubsub.Message) {}
