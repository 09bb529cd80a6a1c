// Presence: the directory of all nodes, as an application uses it.

package kith

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"
	"time"

	"github.com/kithmesh/kith/presence"
	"github.com/kithmesh/kith/views"
)

// ErrPresence is returned while the node has a [Presence] already.
var ErrPresence = errors.New("kith: presence is on already")

// Presence is a directory of all live nodes that have one, this one included. It is
// eventually the same everywhere; package presence says what that means, and what it costs. All
// methods may be called from any goroutine.
//
// Once it has ended, by [Presence.Close] or with the node, it is empty.
type Presence struct {
	node  *Node
	feed  feed[presence.Entry, presence.Event] // its mutex guards the core
	core  *presence.Directory
	heard *Subscription

	ctx     context.Context // ends with the presence
	cancel  context.CancelFunc
	inbox   chan presence.Input
	closing chan context.Context // what bounds the farewell
	closed  chan struct{}        // closed when everything has ended
	once    sync.Once
	ended   error // of the farewell

	failed uint64 // messages that could not be sent
}

// Presence announces the node to all others, and keeps the directory of those that
// do the same, until [Presence.Close] or the end of the node: [Node.Leave] closes it
// first. A node has one at a time.
//
// Errors are those of the configuration, which match [presence.ErrConfig], one of
// [Config.MaxPayload] below [presence.MaxMessage], which matches [ErrConfig],
// [ErrPresence], and [ErrClosed].
func (n *Node) Presence(cfg presence.Config) (*Presence, error) {
	if n.cfg.MaxPayload < presence.MaxMessage {
		return nil, &ConfigError{
			Field: "MaxPayload", Value: fmt.Sprint(n.cfg.MaxPayload), Want: fmt.Sprintf("at least %d for presence", presence.MaxMessage),
		}
	}
	core, err := presence.New(cfg, n.self, n.started, n.present.rng)
	if err != nil {
		return nil, err
	}
	p := &Presence{
		node: n, core: core,
		inbox: make(chan presence.Input), closing: make(chan context.Context), closed: make(chan struct{}),
	}
	p.ctx, p.cancel = context.WithCancel(n.ctx)
	p.feed.newest = core.Entries
	p.feed.snapshot = func(entries []presence.Entry) presence.Event {
		return presence.Event{Kind: presence.Snapshot, Entries: entries, At: time.Now()}
	}
	if err := n.present.begin(p); err != nil {
		p.cancel()
		return nil, err
	}
	return p, nil
}

// Nodes returns all nodes by ID. The slice is shared, and must not be modified.
func (p *Presence) Nodes() []presence.Entry {
	nodes, _, _ := p.feed.current()
	return nodes
}

// Get returns the entry of a node.
func (p *Presence) Get(id string) (entry presence.Entry, found bool) {
	p.feed.mu.Lock()
	defer p.feed.mu.Unlock()
	if p.feed.closed {
		return presence.Entry{}, false
	}
	return p.core.Get(id)
}

// Len returns the number of nodes.
func (p *Presence) Len() int {
	p.feed.mu.Lock()
	defer p.feed.mu.Unlock()
	if p.feed.closed {
		return 0
	}
	return p.core.Len()
}

// Owner returns the node to which a key belongs, by rendezvous hashing, see
// [presence.Rank]; false once the presence has ended. While directories differ so may owners.
func (p *Presence) Owner(key string) (owner presence.Entry, found bool) {
	owners := p.Owners(key, 1)
	if len(owners) == 0 {
		return presence.Entry{}, false
	}
	return owners[0], true
}

// Owners returns the n nodes to which a key belongs, the owner first, or all, if there
// are no more.
func (p *Presence) Owners(key string, n int) []presence.Entry {
	p.feed.mu.Lock()
	defer p.feed.mu.Unlock()
	if p.feed.closed {
		return nil
	}
	return p.core.Owners(key, n)
}

// Events yields a [presence.Snapshot] and then every change, without a gap, until ctx
// or the presence ends. A reader that falls far behind gets a new snapshot instead of
// what it missed; it never holds anything up.
func (p *Presence) Events(ctx context.Context) iter.Seq[presence.Event] { return p.feed.events(ctx) }

// Watch yields all nodes by ID and then each newer list, until ctx or the presence
// ends; the last one is then empty. Lists that were replaced before the reader came
// back are skipped. They are shared, and must not be modified.
func (p *Presence) Watch(ctx context.Context) iter.Seq[[]presence.Entry] { return p.feed.watch(ctx) }

// Update changes the Meta of this node in all directories. [Node.Self] remains what it
// was: neighbors go by that. Changes in quick succession are told as one. Errors match
// [views.ErrPeer], or are [ErrClosed].
func (p *Presence) Update(meta string) error {
	if len(meta) > views.MaxMeta {
		return &views.PeerError{Field: "Meta", Value: fmt.Sprintf("%d bytes", len(meta)), Want: fmt.Sprintf("at most %d", views.MaxMeta)}
	}
	if !p.post(presence.Input{Kind: presence.Update, Meta: meta}) {
		return ErrClosed
	}
	return nil
}

// PresenceStats is what a presence counts.
type PresenceStats struct {
	presence.Stats
	// Failed are messages that could not be sent, Dropped those that came and were
	// lost as too many were waiting, EventResyncs how often a slow reader of Events
	// lost its place.
	Failed, Dropped, EventResyncs uint64
}

// Stats returns the current counts.
func (p *Presence) Stats() PresenceStats {
	p.feed.mu.Lock()
	defer p.feed.mu.Unlock()
	return PresenceStats{
		Stats: p.core.Stats(), Failed: p.failed, Dropped: p.heard.Dropped(), EventResyncs: p.feed.overruns,
	}
}

// Close tells all others that the node leaves the directory, and ends it. The node goes
// on, and may have a new presence. The error says why nobody was told, as when ctx ends
// before. Calls after the first wait for the end and return its result.
func (p *Presence) Close(ctx context.Context) error {
	p.once.Do(func() {
		select {
		case p.closing <- ctx:
			<-p.closed
		case <-p.closed:
		case <-ctx.Done():
			p.cancel()
			<-p.closed
			p.ended = ctx.Err()
		}
	})
	return p.ended
}
