// How a node starts.

package kith

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"time"

	"github.com/rs/zerolog"

	"github.com/kithmesh/kith/linker"
	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/natstransport"
	"github.com/kithmesh/kith/tcptransport"
	"github.com/kithmesh/kith/views"
)

// Start starts a node and returns as soon as it listens; joining goes on in the
// background, for as long as it takes: see [Node.WaitReady]. The context bounds
// the start only. Errors are those of the configuration, all at once, of the
// address to listen on, of the state file, and of the NATS connections; none
// leaves anything behind.
func Start(ctx context.Context, cfg Config, opts ...Option) (*Node, error) {
	o := options{log: zerolog.Nop()}
	for _, opt := range opts {
		opt(&o)
	}
	n, err := start(ctx, cfg, &o)
	if err != nil && o.listener != nil {
		_ = o.listener.Close() // the error that counts is the other one
	}
	return n, err
}

func start(ctx context.Context, cfg Config, o *options) (*Node, error) {
	o.name(&cfg)
	explicitID := cfg.ID
	cfg = cfg.withDefaults()
	o.apply(&cfg.Transport)
	if err := errors.Join(cfg.validate(), o.validate(&cfg)); err != nil {
		return nil, err
	}
	saved, err := restore(&cfg, explicitID)
	if err != nil {
		return nil, err
	}
	n := &Node{
		cfg: cfg, started: time.Now(), feed: newNeighborFeed(),
		log:    o.log.With().Str("node", cfg.ID).Logger(),
		ending: make(chan struct{}), closed: make(chan struct{}),
		trace: o.trace,
	}
	n.ctx, n.cancel = context.WithCancel(context.WithoutCancel(ctx))
	n.trace.begin(n)
	n.hurry, n.hurryUp = context.WithCancel(n.ctx)
	if err := n.open(ctx, o, saved); err != nil {
		n.Stop()
		return nil, err
	}
	n.up = true
	n.log.Info().Str("cluster", cfg.Cluster).Str("addr", n.self.Addr).
		Uint64("incarnation", n.self.Incarnation).Msg("node_started")
	return n, nil
}

// open brings everything up, in an order in which nothing is called before it is
// there: the core has started before the first message can reach it, and NATS
// hears of the node last.
func (n *Node) open(ctx context.Context, o *options, saved state) error {
	if err := n.listen(ctx); err != nil {
		return err
	}
	addr, err := n.advertised()
	if err != nil {
		return err
	}
	n.self = &views.Peer{
		ID: n.cfg.ID, Incarnation: max(uint64(n.started.UnixMilli()), saved.Incarnation+1), Addr: addr,
		NATS: n.cfg.NATS, Zone: n.cfg.Zone, Meta: n.cfg.Meta,
	}
	rng, err := o.random()
	if err != nil {
		return err
	}
	core, err := membership.New(n.cfg.Membership, n.self, rng)
	if err != nil {
		return err
	}
	if err := n.firstState(saved); err != nil {
		return err
	}
	if err := n.meet(o, rng); err != nil {
		return err
	}
	n.present.rng = rand.New(rand.NewPCG(rng.Uint64(), rng.Uint64()))
	n.loop = newLoop(n, core)
	if n.carriage, err = newCarriage(n); err != nil {
		return err
	}
	n.loop.post(membership.Input{Kind: membership.Found, Sample: saved.sightings()})
	n.loop.post(membership.Input{Kind: membership.Start})
	n.transport.Start(n.self, receiver{n.loop, n.carriage})
	n.work.Go(n.loop.run)
	if err := n.link(o); err != nil {
		return err
	}
	if n.meeting != nil {
		return n.meeting.Serve(ctx, member{n})
	}
	return nil
}

// firstState writes the new incarnation down before anybody hears of it.
func (n *Node) firstState(saved state) error {
	if n.cfg.StateFile == "" {
		return nil
	}
	if err := n.stateOf(saved.Peers).save(n.cfg.StateFile); err != nil {
		return &StateError{Path: n.cfg.StateFile, Want: "a file that can be written", Err: err}
	}
	n.saving.Go(n.keepState)
	return nil
}

func (n *Node) listen(ctx context.Context) (err error) {
	cfg := n.cfg.Transport
	cfg.Logger = n.log
	n.transport, err = tcptransport.Listen(ctx, cfg)
	return err
}

// advertised is the address that others dial, with the port really listened on.
func (n *Node) advertised() (string, error) {
	listening := n.transport.Addr().String()
	if n.cfg.Advertise == "" {
		return listening, views.ValidAddr(listening)
	}
	_, port, err := net.SplitHostPort(listening)
	if err != nil {
		return n.cfg.Advertise, views.ValidAddr(n.cfg.Advertise)
	}
	addr := withPort(n.cfg.Advertise, port)
	return addr, views.ValidAddr(addr)
}

// meet opens the meeting places in the order in which they are asked.
func (n *Node) meet(o *options, rng *rand.Rand) error {
	if o.nats != nil {
		meeting, err := natstransport.Open(o.nats, natstransport.Config{
			Cluster: n.cfg.Cluster, Self: n.self, Version: Version, Logger: n.log,
		})
		if err != nil {
			return err
		}
		n.meeting = meeting
		n.meetings = append(n.meetings, meeting)
	}
	n.meetings = append(n.meetings, o.meetings...)
	if len(n.cfg.Contacts) > 0 {
		n.meetings = append(n.meetings, &contacts{
			addrs: n.cfg.Contacts, self: n.self.Addr, transport: n.transport,
			resolver: net.DefaultResolver, rng: rand.New(rand.NewPCG(rng.Uint64(), rng.Uint64())),
		})
	}
	return nil
}

func (n *Node) link(o *options) error {
	if o.links == 0 {
		return nil
	}
	cfg := n.cfg.Linker
	cfg.Mode, cfg.Cluster, cfg.Self, cfg.Logger = o.links, n.cfg.Cluster, n.self, n.log
	links, err := linker.Start(n.ctx, cfg, o.linkConn, n.Watch, o.linkConfig...)
	n.links = links
	return err
}
