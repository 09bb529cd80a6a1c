// One node of the mesh, with its server and its connections.

package meshtest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/rs/zerolog"

	"github.com/kithmesh/kith"
	"github.com/kithmesh/kith/embedded"
	"github.com/kithmesh/kith/linker"
	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/natsbridge"
)

// Node is one life of a node. It belongs to its [Mesh], which ends it: see
// [Mesh.Kill] and [Mesh.Leave].
type Node struct {
	*kith.Node
	// Index is the node's place in the mesh; its ID is made of it.
	Index int

	bridge      *natsbridge.Bridge
	server      *embedded.Server // its own, nil when it is shared
	meeting     *embedded.Server
	conn        *nats.Conn // to the meeting server
	local       *nats.Conn // to its own server, nil without links to that
	host        *host
	active      int // the most neighbors it keeps
	known       int // the most peers it knows
	incarnation uint64
	watchers    sync.WaitGroup
}

// Server returns the node's own NATS server, or the one that all share.
func (n *Node) Server() *embedded.Server {
	if n.server == nil {
		return n.meeting
	}
	return n.server
}

// Conn returns the node's connection to the NATS server where the nodes meet. It
// is cut and paused with the node.
func (n *Node) Conn() *nats.Conn { return n.conn }

// Bridge returns what joins the node's server to the others, nil without [Bridges].
func (n *Node) Bridge() *natsbridge.Bridge { return n.bridge }

// endTimeout bounds how long the parts of a node may take to end.
const endTimeout = 10 * time.Second

// natsTimeout bounds a dial to a NATS server, as nats.go does by default.
const natsTimeout = 2 * time.Second

// launchAll starts a new life of nodes and records it.
func (m *Mesh) launchAll(ctx context.Context, indexes []int) error {
	return each(indexes, func(i int) error { return m.launch(ctx, i) })
}

// launch starts a new life of node i, whose last one has ended.
func (m *Mesh) launch(ctx context.Context, i int) error {
	if err := m.outlive(ctx, m.Node(i)); err != nil {
		return m.notStarted(i, err)
	}
	n, err := m.build(ctx, i)
	if err != nil {
		return err
	}
	m.attend(n)
	return nil
}

// build starts a life of node i, of which the mesh does not know yet.
func (m *Mesh) build(ctx context.Context, i int) (*Node, error) {
	n := &Node{Index: i, meeting: m.meeting, host: m.network.newHost(i)}
	if err := m.assemble(ctx, n); err != nil {
		m.network.crash(n.host)
		return nil, errors.Join(m.notStarted(i, err), n.dispose()) //nolint:contextcheck // the end is not bounded by the start's context
	}
	return n, nil
}

func (m *Mesh) notStarted(i int, err error) error {
	return fmt.Errorf("meshtest: starting %s: %w", m.name(i), err)
}

// attend gives a new life its seat, and observes it from then on.
func (m *Mesh) attend(n *Node) {
	m.enter(n)
	n.watchers.Go(func() { m.follow(n) })
	if links := n.Links(); links != nil {
		n.watchers.Go(func() {
			for table := range links.Watch(m.ctx) {
				m.observeLinks(n, table)
			}
		})
	}
}

// outlive waits until a new life is sure to have a larger incarnation than the
// last one: it is a number of milliseconds.
func (m *Mesh) outlive(ctx context.Context, last *Node) error {
	if last == nil || last.Node == nil {
		return nil
	}
	timer := time.NewTimer(time.Until(time.UnixMilli(int64(last.incarnation) + 1)))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// assemble starts everything that n consists of.
func (m *Mesh) assemble(ctx context.Context, n *Node) (err error) {
	s := &m.settings
	id, url := m.name(n.Index), ""
	if !s.shared {
		n.server, err = embedded.Start(ctx, embedded.Config{Name: id, LeafNodes: s.bridge, Logger: s.log})
		if err != nil {
			return err
		}
		url = n.server.URL()
		m.network.settle(serverAddr(n.server), n.Index)
	}
	if n.conn, err = nats.Connect(m.meeting.URL(), n.toMeeting(id, s.log)...); err != nil {
		return err
	}
	l, err := n.host.listen(ctx)
	if err != nil {
		return err
	}
	links, err := n.links(s.links, id, s.log)
	if err != nil {
		return errors.Join(err, l.Close())
	}
	opts := append([]kith.Option{
		kith.WithNATS(n.conn), kith.WithListener(l), kith.WithDialer(n.host.dial),
		kith.WithSeed(m.seedOf(n.Index)), kith.WithLogger(s.log),
	}, links...)
	if s.secure {
		own, err := m.authority.Identity(s.cluster, id, certified)
		if err != nil {
			return errors.Join(err, l.Close())
		}
		opts = append(opts, kith.WithIdentity(own))
	}
	for _, f := range s.options {
		opts = append(opts, f(n.Index)...)
	}
	cfg := s.config(n.Index, id, url)
	n.active, n.known = least(&cfg.Membership)
	if n.Node, err = kith.Start(context.WithoutCancel(ctx), cfg, opts...); err != nil {
		return errors.Join(err, l.Close())
	}
	n.incarnation = n.Self().Incarnation
	if !s.bridge {
		return nil
	}
	bridge := natsbridge.Config{Logger: s.log}
	for _, f := range s.bridged {
		f(n.Index, &bridge)
	}
	bridge.URL = n.server.LeafURL()
	n.bridge, err = natsbridge.Start(n.Node, bridge) //nolint:contextcheck // a bridge outlives its start
	return err
}

// seedOf gives every life of every node choices of its own.
func (m *Mesh) seedOf(i int) uint64 {
	life := 0
	m.mu.Lock()
	if i < len(m.seats) {
		life = m.seats[i].lives
	}
	m.mu.Unlock()
	return rand.New(rand.NewPCG(m.settings.seed, uint64(i)<<32|uint64(life))).Uint64()
}

// toMeeting returns the options of the connection to the meeting server, which
// obeys the network.
func (n *Node) toMeeting(id string, log zerolog.Logger) []nats.Option {
	return []nats.Option{
		nats.Name("kith " + id), nats.NoEcho(), nats.Timeout(natsTimeout),
		nats.MaxReconnects(-1), nats.RetryOnFailedConnect(true),
		nats.ReconnectWait(100 * time.Millisecond), nats.ReconnectBufSize(-1),
		nats.SetCustomDialer(natsDialer{n.host}), logErrors(id, log),
	}
}

// logErrors replaces the default of nats.go, which prints them.
func logErrors(id string, log zerolog.Logger) nats.Option {
	return nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
		log.Debug().Err(err).Str("node", id).Msg("meshtest_nats_error")
	})
}

// links returns the option for links of the given mode.
func (n *Node) links(mode linker.Mode, id string, log zerolog.Logger) ([]kith.Option, error) {
	switch mode {
	case linker.Connections:
		var err error
		n.local, err = n.server.Connect(nats.Name("kith "+id+" local"), nats.ReconnectBufSize(-1), logErrors(id, log))
		if err != nil {
			return nil, err
		}
		return []kith.Option{kith.WithLinks(mode, n.local, nats.SetCustomDialer(natsDialer{n.host}))}, nil
	case linker.Subscriptions:
		return []kith.Option{kith.WithLinks(mode, n.conn)}, nil
	}
	return nil, nil
}

// dispose ends what is left of a node that is off the network, or has left.
func (n *Node) dispose() error {
	n.host.end() // a NATS connection that dials cannot be closed
	var servers sync.WaitGroup
	if n.server != nil {
		servers.Go(n.server.Shutdown)
	}
	for _, nc := range []*nats.Conn{n.conn, n.local} {
		if nc != nil {
			nc.Close()
		}
	}
	var err error
	if n.Node != nil {
		n.Stop()
		if n.bridge != nil {
			_ = n.bridge.Close(context.Background()) // it has ended with the node
		}
		if links := n.Links(); links != nil {
			ctx, cancel := context.WithTimeout(context.Background(), endTimeout)
			defer cancel()
			err = links.Close(ctx)
		}
	}
	n.watchers.Wait()
	servers.Wait()
	return err
}

// natsDialer implements nats.CustomDialer.
type natsDialer struct{ host *host }

// Dial implements nats.CustomDialer.
func (d natsDialer) Dial(network, address string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), natsTimeout)
	defer cancel()
	return d.host.dialTo(ctx, network, address, true)
}

// serverAddr returns the address that a server listens on.
func serverAddr(s *embedded.Server) netip.AddrPort { return addrPort(s.NATS().Addr()) }

// least returns how many neighbors a node keeps at least, if there are so many, and how
// many nodes it knows at least.
func least(cfg *membership.Config) (neighbors, known int) {
	if cfg.ActiveSize == membership.Auto {
		return membership.AutoLeast, membership.AutoLeast
	}
	return cfg.ActiveSize, cfg.ActiveSize + cfg.PassiveSize
}
