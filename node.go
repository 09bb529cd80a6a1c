// A node: what it consists of, what it can be asked, and how it ends.

package kith

import (
	"context"
	"errors"
	"fmt"
	"iter"
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
	feed      *neighborFeed
	loop      *loop
	carriage  *carriage
	present   present
	trace     tracer

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

// Self returns the node's own record, as others know it.
func (n *Node) Self() Peer { return *n.self }

// Cluster returns the name of the mesh.
func (n *Node) Cluster() string { return n.cfg.Cluster }

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

// Ending returns what is closed when the node begins to end, by Leave or Stop. What is built on it
// ends then: the node waits for the handlers of its subscriptions.
func (n *Node) Ending() <-chan struct{} { return n.ending }

// Closed is closed when the node has ended, by Leave or Stop.
func (n *Node) Closed() <-chan struct{} { return n.closed }

// Leave ends the node gracefully: it unlinks, takes leave of the directory of
// [Node.Presence], sends what it has published, tells its neighbors, who then need not
// find out, and waits until that is on its way, or until ctx ends or Stop is called.
// Calls after the first, or after Stop, wait for the end and return its result. It
// waits for what it calls, and so must not be called from a handler of [Node.Links] or
// from a [Rendezvous].
func (n *Node) Leave(ctx context.Context) error {
	n.shut(func() { n.ended = n.leave(ctx) })
	return n.ended
}

// leave takes the links down beside the farewell, as a NATS that hangs must not
// keep the node from telling its neighbors.
func (n *Node) leave(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(n.hurry, cancel)() //nolint:contextcheck // it ends with either

	n.present.end(ctx)
	var meeting, unlinked, saved error
	if n.meeting != nil {
		meeting = n.meeting.Close()
	}
	var unlinking sync.WaitGroup
	if n.links != nil {
		unlinking.Go(func() { unlinked = n.links.Close(ctx) })
	}
	if n.cfg.StateFile != "" {
		saved = n.saveState(n.ctx) //nolint:contextcheck // a local file, whatever the time left
	}
	n.carriage.flush(ctx)
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
		n.present.end(n.ctx)
		if n.carriage != nil {
			n.carriage.close()
		}
		n.work.Wait()
		n.feed.close()
		if n.up {
			n.log.Info().Msg("node_ended")
		}
		close(n.closed)
	})
	<-n.closed
}
