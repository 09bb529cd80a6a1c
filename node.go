// A node: how it starts, what it can be asked, and how it ends.

package kith

import (
	"context"
	crand "crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"net"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/kithmesh/kith/linker"
	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/natstransport"
	"github.com/kithmesh/kith/tcptransport"
	"github.com/kithmesh/kith/views"
)

// Version is the version of this library, as a node tells it to inspectors.
const Version = "0.1.0"

var (
	// ErrClosed is returned by a node that has left or was stopped.
	ErrClosed = errors.New("kith: node is closed")
	// ErrNotReady is matched by the error of WaitReady when its context ends
	// before there are enough neighbors.
	ErrNotReady = errors.New("kith: not enough neighbors")
)

// Node is a member of a mesh. All methods may be called from any goroutine.
type Node struct {
	cfg       Config
	log       zerolog.Logger
	self      *views.Peer
	started   time.Time
	transport *tcptransport.Transport
	meeting   *natstransport.Meeting // nil without NATS
	meetings  []Rendezvous
	links     *linker.Linker // nil without links
	feed      feed
	loop      *loop

	ctx    context.Context // ends with the node
	cancel context.CancelFunc
	work   sync.WaitGroup // every goroutine of the node itself
	up     bool           // Start has succeeded
	end    sync.Once
	closed chan struct{}
	ended  error
}

// Start starts a node and returns as soon as it listens; joining goes on in the
// background, for as long as it takes: see [Node.WaitReady]. The context bounds
// the start only. Errors are those of the configuration, all at once, of the
// address to listen on, and of the state file; none leaves anything behind.
func Start(ctx context.Context, cfg Config, opts ...Option) (*Node, error) {
	o := options{log: zerolog.Nop()}
	for _, opt := range opts {
		opt(&o)
	}
	if err := errors.Join(cfg.Validate(), o.validate(cfg)); err != nil {
		return nil, err
	}
	explicitID := cfg.ID
	cfg = cfg.withDefaults()
	saved, err := restore(&cfg, explicitID)
	if err != nil {
		return nil, err
	}
	n := &Node{cfg: cfg, started: time.Now(), closed: make(chan struct{})}
	n.log = o.log.With().Str("node", cfg.ID).Logger()
	n.ctx, n.cancel = context.WithCancel(context.WithoutCancel(ctx))
	if err := n.open(ctx, &o, saved); err != nil {
		n.shut(func() {
			if n.transport != nil {
				n.transport.Stop()
			}
		})
		return nil, err
	}
	n.up = true
	n.log.Info().Str("cluster", cfg.Cluster).Str("addr", n.self.Addr).
		Uint64("incarnation", n.self.Incarnation).Msg("node_started")
	return n, nil
}

// validate reports what is wrong between the options and the configuration.
func (o *options) validate(cfg Config) error {
	if o.links == 0 {
		return nil
	}
	var faults []error
	if o.linkConn == nil {
		faults = append(faults, &ConfigError{Field: "WithLinks", Value: "nil", Want: "a NATS connection"})
	}
	if o.links == linker.Connections && cfg.NATS == "" {
		faults = append(faults, &ConfigError{
			Field: "NATS", Value: "", Want: "the URL of the node's own server, for links of mode " + o.links.String(),
		})
	}
	return errors.Join(faults...)
}

// restore reads the state file, if there is one, and takes the ID from it when
// none was configured.
func restore(cfg *Config, explicitID string) (state, error) {
	if cfg.StateFile == "" {
		return state{}, nil
	}
	saved, err := loadState(cfg.StateFile, cfg.Cluster, explicitID)
	if err == nil && saved.ID != "" {
		cfg.ID = saved.ID
	}
	return saved, err
}

// open brings everything up, in the order in which others may begin to call.
func (n *Node) open(ctx context.Context, o *options, saved state) error {
	if err := n.listen(ctx, o); err != nil {
		return err
	}
	incarnation := max(uint64(n.started.UnixMilli()), saved.Incarnation+1)
	addr, err := n.advertised()
	if err != nil {
		return err
	}
	n.self = &views.Peer{
		ID: n.cfg.ID, Incarnation: incarnation, Addr: addr,
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
	if n.cfg.StateFile != "" {
		if err := n.stateOf(saved.Peers).save(n.cfg.StateFile); err != nil {
			return &StateError{Path: n.cfg.StateFile, Want: "a file that can be written", Err: err}
		}
	}
	if err := n.meet(o, rng); err != nil {
		return err
	}
	n.loop = newLoop(n, core)
	n.work.Go(n.loop.run)
	n.transport.Start(n.self, n.loop)
	n.loop.post(membership.Input{Kind: membership.Found, Sample: saved.sightings()})
	n.loop.post(membership.Input{Kind: membership.Start})
	if n.meeting != nil {
		if err := n.meeting.Serve(member{n}); err != nil { //nolint:contextcheck // it serves until Close
			return err
		}
	}
	if err := n.link(o); err != nil {
		return err
	}
	if n.cfg.StateFile != "" {
		n.work.Go(n.keepState)
	}
	return nil
}

func (n *Node) listen(ctx context.Context, o *options) (err error) {
	cfg := n.cfg.Transport
	cfg.Logger = n.log
	if o.tls != nil {
		cfg.TLS = o.tls
	}
	if o.dial != nil {
		cfg.Dialer = o.dial
	}
	if o.listener != nil {
		cfg.Listener = o.listener
	}
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

// random returns the node's source of randomness, seeded by the system unless a
// seed was given.
func (o *options) random() (*rand.Rand, error) {
	seed := [16]byte{}
	if o.seeded {
		binary.LittleEndian.PutUint64(seed[:], o.seed)
	} else if _, err := crand.Read(seed[:]); err != nil {
		return nil, fmt.Errorf("kith: no randomness: %w", err)
	}
	return rand.New(rand.NewPCG(
		binary.LittleEndian.Uint64(seed[:]), binary.LittleEndian.Uint64(seed[8:]))), nil
}

// Self returns the node's own record, as others know it.
func (n *Node) Self() Peer { return *n.self }

// Neighbors returns the current neighbors, in no particular order.
func (n *Node) Neighbors() []Peer {
	view, _, _ := n.feed.current()
	return view
}

// Events yields a [Snapshot] of the neighbors and then every change, without a
// gap, until ctx or the node ends. A reader that falls far behind gets a new
// Snapshot instead of what it missed; it never holds up the node.
func (n *Node) Events(ctx context.Context) iter.Seq[Event] { return n.feed.events(ctx) }

// Watch yields the current neighbors and then each newer list, until ctx or the
// node ends. Lists that were replaced before the reader came back are skipped,
// which suits whoever keeps something in step with the neighbors.
func (n *Node) Watch(ctx context.Context) iter.Seq[[]Peer] { return n.feed.watch(ctx) }

// WaitReady returns when the node has at least that many neighbors. When ctx ends
// first the error matches [ErrNotReady] and says what the last attempt to join
// failed with; when the node ends, [ErrClosed].
func (n *Node) WaitReady(ctx context.Context, neighbors int) error {
	have := 0
	for view := range n.Watch(ctx) {
		if have = len(view); have >= neighbors {
			return nil
		}
	}
	if ctx.Err() == nil {
		return ErrClosed
	}
	return errors.Join(fmt.Errorf("%w: %d of %d", ErrNotReady, have, neighbors), ctx.Err(), n.loop.joinError())
}

// Isolated reports whether the node has no neighbor: it is the first, or cut off.
func (n *Node) Isolated() bool { return len(n.Neighbors()) == 0 }

// Answer answers a newcomer's Join that has come by a meeting place of the
// application's own; those of NATS and TCP are answered without it. The newcomer
// is not believed: the node dials the address it gave before it lets it in.
func (n *Node) Answer(ctx context.Context, join membership.Message) (membership.Message, error) {
	return n.loop.Join(ctx, join)
}

// Links is the node's linker, nil without [WithLinks].
func (n *Node) Links() *linker.Linker { return n.links }

// Closed is closed when the node has ended, by Leave or Stop.
func (n *Node) Closed() <-chan struct{} { return n.closed }

// Leave ends the node gracefully: it unlinks, tells its neighbors, who then need
// not find out, and waits until that is on its way or ctx ends. Calls after the
// first, or after Stop, wait for the end and return its result.
func (n *Node) Leave(ctx context.Context) error {
	n.shut(func() {
		if n.meeting != nil {
			n.ended = n.meeting.Close()
		}
		if n.links != nil {
			n.ended = errors.Join(n.ended, n.links.Close(ctx))
		}
		if n.cfg.StateFile != "" {
			n.ended = errors.Join(n.ended, n.saveState(ctx))
		}
		n.loop.leave(ctx)
		n.ended = errors.Join(n.ended, n.transport.Shutdown(ctx))
	})
	return n.ended
}

// Stop ends the node at once and tells nobody, as a crash would: connections are
// reset, and the neighbors find out by that. For an orderly end see [Node.Leave].
func (n *Node) Stop() {
	n.shut(func() {
		n.transport.Stop()
		if n.meeting != nil {
			n.ended = n.meeting.Close()
		}
		if n.links != nil {
			ctx, cancel := context.WithCancel(n.ctx)
			cancel()
			_ = n.links.Close(ctx) // nobody is to be told
		}
	})
}

// shut ends the node once, in the given way, and waits for everything.
func (n *Node) shut(how func()) {
	n.end.Do(func() {
		how()
		n.cancel()
		n.work.Wait()
		n.feed.close()
		if n.up {
			n.log.Info().Msg("node_ended")
		}
		close(n.closed)
	})
	<-n.closed
}
