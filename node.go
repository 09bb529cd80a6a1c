// A node: how it starts, what it can be asked, and how it ends.

package kith

import (
	"context"
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
	// ErrMessage is matched by the error for a message of a meeting place that is
	// not what it should be.
	ErrMessage = errors.New("kith: malformed message")
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
	saving sync.WaitGroup // the one that keeps the state file
	up     bool           // Start has succeeded

	hurry   context.Context // ends when Stop is called: Leave waits no longer
	hurryUp context.CancelFunc
	ending  chan struct{} // closed when the end begins
	end     sync.Once
	closed  chan struct{} // closed when everything has ended
	ended   error
}

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
		cfg: cfg, started: time.Now(),
		log:    o.log.With().Str("node", cfg.ID).Logger(),
		ending: make(chan struct{}), closed: make(chan struct{}),
	}
	n.ctx, n.cancel = context.WithCancel(context.WithoutCancel(ctx))
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
	n.loop = newLoop(n, core)
	n.loop.post(membership.Input{Kind: membership.Found, Sample: saved.sightings()})
	n.loop.post(membership.Input{Kind: membership.Start})
	n.transport.Start(n.self, n.loop)
	n.work.Go(n.loop.run)
	if err := n.link(o); err != nil {
		return err
	}
	if n.meeting != nil {
		return n.meeting.Serve(member{n}) //nolint:contextcheck // it serves until Close
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

// Self returns the node's own record, as others know it.
func (n *Node) Self() Peer { return *n.self }

// Neighbors returns the current neighbors, in no particular order.
func (n *Node) Neighbors() []Peer {
	view, _, _ := n.feed.current()
	return view
}

// Events yields a [Snapshot] of the neighbors and then every change, without a
// gap, until ctx or the node ends; Stop ends it without a NeighborDown. A reader
// that falls far behind gets a new Snapshot instead of what it missed; it never
// holds up the node.
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
	ready := func() bool {
		view, _, closed := n.feed.current()
		have = len(view)
		return have >= neighbors && !closed
	}
	if ready() {
		return nil
	}
	for range n.Watch(ctx) {
		if ready() {
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
// application's own; those of NATS and TCP are answered without it. The message is
// as hostile as whoever sent it: one that is not well formed is an error that
// matches [ErrMessage]. A newcomer is not believed either: the node dials the
// address it gave before it lets it in.
func (n *Node) Answer(ctx context.Context, join membership.Message) (membership.Message, error) {
	join, err := checked(join, membership.Join)
	if err != nil {
		return membership.Message{}, err
	}
	return n.loop.Join(ctx, join)
}

// Links is the node's linker, nil without [WithLinks].
func (n *Node) Links() *linker.Linker { return n.links }

// Closed is closed when the node has ended, by Leave or Stop.
func (n *Node) Closed() <-chan struct{} { return n.closed }

// Leave ends the node gracefully: it unlinks, tells its neighbors, who then need
// not find out, and waits until that is on its way, or until ctx ends or Stop is
// called. Calls after the first, or after Stop, wait for the end and return its
// result. It waits for what it calls, and so must not be called from a handler of
// [Node.Links] or from a [Rendezvous].
func (n *Node) Leave(ctx context.Context) error {
	n.shut(func() { n.ended = n.leave(ctx) })
	return n.ended
}

// leave takes the links down beside the farewell, as a NATS that hangs must not
// keep the node from telling its neighbors.
func (n *Node) leave(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(n.hurry, cancel)()

	var meeting, unlinked, saved error
	if n.meeting != nil {
		meeting = n.meeting.Close()
	}
	var unlinking sync.WaitGroup
	if n.links != nil {
		unlinking.Go(func() { unlinked = n.links.Close(ctx) })
	}
	if n.cfg.StateFile != "" {
		saved = n.saveState(n.ctx) // a local file, whatever the time left
	}
	n.loop.leave(ctx)
	told := n.transport.Shutdown(ctx)
	unlinking.Wait()
	return errors.Join(meeting, unlinked, saved, told)
}

// Stop ends the node at once and tells nobody, as a crash would: connections are
// reset, and the neighbors find out by that. For an orderly end see [Node.Leave].
// Like that it must not be called from a handler or a [Rendezvous].
func (n *Node) Stop() {
	n.hurryUp()
	n.shut(n.halt)
}

// halt ends whatever has been brought up, abruptly.
func (n *Node) halt() {
	if n.transport != nil {
		n.transport.Stop()
	}
	if n.meeting != nil {
		n.ended = n.meeting.Close()
	}
	if n.links != nil {
		_ = n.links.Close(n.hurry) // which has ended: nobody is told
	}
}

// shut ends the node once, in the given way, and waits for everything.
func (n *Node) shut(how func()) {
	n.end.Do(func() {
		close(n.ending)
		n.saving.Wait()
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
