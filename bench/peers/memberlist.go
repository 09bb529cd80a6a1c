// memberlist nodes, with the defaults for a LAN or tuned.

package main

import (
	"context"
	"io"
	"log"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/memberlist"
)

// gossip is a cluster of memberlist nodes. It is whole when every node's list has those nodes and no other.
// The library does not pass on messages: each node queues what is new to it again, as serf does.
type gossip struct {
	setup
	config      func() *memberlist.Config
	members     []*memberlist.Memberlist
	queues      []*memberlist.TransmitLimitedQueue
	came, fresh atomic.Uint64
	ending      []sync.Once
}

func newLAN(s setup) cluster { return newGossip(s, memberlist.DefaultLANConfig) }

// newTuned is what a careful user would choose.
func newTuned(s setup) cluster { return newGossip(s, tunedConfig) }

func tunedConfig() *memberlist.Config {
	cfg := memberlist.DefaultLANConfig()
	cfg.GossipInterval = 20 * time.Millisecond
	cfg.ProbeInterval = 500 * time.Millisecond
	cfg.ProbeTimeout = 200 * time.Millisecond
	return cfg
}

func newGossip(s setup, config func() *memberlist.Config) cluster {
	return &gossip{
		setup: s, config: config,
		members: make([]*memberlist.Memberlist, s.nodes),
		queues:  make([]*memberlist.TransmitLimitedQueue, s.nodes),
		ending:  make([]sync.Once, s.nodes),
	}
}

// port is that of every node; the addresses differ.
const port = 7946

func (g *gossip) start(_ context.Context, i int) error {
	cfg := g.config()
	settle(cfg, i)
	if g.weather != nil {
		plain, err := memberlist.NewNetTransport(&memberlist.NetTransportConfig{
			BindAddrs: []string{cfg.BindAddr}, BindPort: port, Logger: log.New(io.Discard, "", 0),
		})
		if err != nil {
			return err
		}
		cfg.Transport = &exposedTransport{NetTransport: plain, weather: g.weather, node: i}
	}
	g.queues[i] = &memberlist.TransmitLimitedQueue{
		RetransmitMult: cfg.RetransmitMult,
		NumNodes:       func() int { return g.nodes },
	}
	cfg.Delegate = &delegate{g, i}
	m, err := memberlist.Create(cfg)
	if err != nil {
		return err
	}
	g.members[i] = m
	if i > 0 {
		_, err = m.Join([]string{netip.AddrPortFrom(address(0), port).String()})
	}
	return err
}

// settle gives a node a name and an address, and makes it silent.
func settle(cfg *memberlist.Config, i int) {
	cfg.Name = name(i)
	cfg.BindAddr, cfg.BindPort, cfg.AdvertisePort = address(i).String(), port, port
	cfg.LogOutput = io.Discard
}

func (g *gossip) whole(nodes []int, _ bool) bool {
	for _, i := range nodes {
		if g.members[i].NumMembers() != len(nodes) {
			return false
		}
	}
	return true
}

func (g *gossip) publish(_ context.Context, i int, payload []byte) error {
	g.queues[i].QueueBroadcast(said(append([]byte(nil), payload...)))
	return nil
}

func (g *gossip) copies() (came, fresh uint64) { return g.came.Load(), g.fresh.Load() }

func (g *gossip) kill(nodes []int) {
	var work sync.WaitGroup
	for _, i := range nodes {
		if g.members[i] != nil {
			work.Go(func() { g.ending[i].Do(func() { _ = g.members[i].Shutdown() }) })
		}
	}
	work.Wait()
}

func (g *gossip) close() { g.kill(everybody(g.nodes)) }

// delegate is what a node does with messages.
type delegate struct {
	*gossip
	node int
}

// NodeMeta implements memberlist.Delegate.
func (d *delegate) NodeMeta(int) []byte { return nil }

// NotifyMsg implements memberlist.Delegate. The message is lent.
func (d *delegate) NotifyMsg(b []byte) {
	d.came.Add(1)
	if d.receive(d.node, b) {
		d.fresh.Add(1)
		_ = d.publish(context.Background(), d.node, b)
	}
}

// GetBroadcasts implements memberlist.Delegate.
func (d *delegate) GetBroadcasts(overhead, limit int) [][]byte {
	return d.queues[d.node].GetBroadcasts(overhead, limit)
}

// LocalState implements memberlist.Delegate.
func (d *delegate) LocalState(bool) []byte { return nil }

// MergeRemoteState implements memberlist.Delegate.
func (d *delegate) MergeRemoteState([]byte, bool) {}

// said is a message in a queue.
type said []byte

// Invalidates implements memberlist.Broadcast.
func (s said) Invalidates(memberlist.Broadcast) bool { return false }

// UniqueBroadcast says that no message replaces another, which spares the queue a search.
func (s said) UniqueBroadcast() {}

// Message implements memberlist.Broadcast.
func (s said) Message() []byte { return s }

// Finished implements memberlist.Broadcast.
func (s said) Finished() {}

// exposedTransport is a transport that obeys the weather.
type exposedTransport struct {
	*memberlist.NetTransport
	weather *weather
	node    int
}

// WriteTo implements memberlist.Transport.
func (t *exposedTransport) WriteTo(b []byte, addr string) (time.Time, error) {
	if t.weather.lost(t.node, hostOf(addr)) {
		return time.Now(), nil
	}
	return t.NetTransport.WriteTo(b, addr)
}

// WriteToAddress implements memberlist.NodeAwareTransport.
func (t *exposedTransport) WriteToAddress(b []byte, a memberlist.Address) (time.Time, error) {
	return t.WriteTo(b, a.Addr)
}

// DialTimeout implements memberlist.Transport.
func (t *exposedTransport) DialTimeout(addr string, timeout time.Duration) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	return t.weather.dialer(t.node)(ctx, "tcp", addr)
}

// DialAddressTimeout implements memberlist.NodeAwareTransport.
func (t *exposedTransport) DialAddressTimeout(a memberlist.Address, timeout time.Duration) (net.Conn, error) {
	return t.DialTimeout(a.Addr, timeout)
}
