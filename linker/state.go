// What a Linker tells about its links, and how to wait for it.

package linker

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/kithmesh/kith/views"
)

// State says how far a link is.
type State uint8

// The states of a link.
const (
	// Connecting: being dialed, or waiting for the predecessor to be closed.
	Connecting State = iota + 1
	// Waiting: connected and subscribed; the neighbor has not answered a hello,
	// or not favorably. Err says which, from the first answer on.
	Waiting
	// Up: the neighbor has answered, and messages pass both ways.
	Up
	// Backoff: failed, Err says why; the next attempt is due in a while.
	Backoff
	// NoServer: there is no server to connect to, see [ErrNoServer]. It ends
	// when the neighbor names one.
	NoServer
)

// String returns the state's name in lower case.
func (s State) String() string {
	switch s {
	case Connecting:
		return "connecting"
	case Waiting:
		return "waiting"
	case Up:
		return "up"
	case Backoff:
		return "backoff"
	case NoServer:
		return "no server"
	}
	return fmt.Sprintf("state %d", uint8(s))
}

// MarshalText implements [encoding.TextMarshaler] with the state's name.
func (s State) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Link is what a [Linker] knows about the link to one neighbor.
type Link struct {
	Peer  *views.Peer
	State State
	// Since is when the state was entered.
	Since time.Time
	// Err is what is wrong, or what was wrong the last time; nil when up.
	Err error
	// RTT is the latest round trip to the neighbor's Linker; 0 before the first.
	RTT time.Duration
	// Dialed: this node made, or makes, the connection. Never in mode
	// Subscriptions.
	Dialed bool
	// Held: the peer has left the view, and the link is kept for HoldDown.
	Held bool
	// Messages and bytes of payload since the link was made.
	MsgsIn, MsgsOut, BytesIn, BytesOut uint64
}

// MarshalJSON implements json.Marshaler: Err is its text, and absent when nil.
func (k Link) MarshalJSON() ([]byte, error) {
	type fields Link // and no methods
	text := ""
	if k.Err != nil {
		text = k.Err.Error()
	}
	return json.Marshal(struct {
		fields

		Err string `json:",omitempty"`
	}{fields(k), text})
}

// Counts are the numbers of a Linker, of now or since its start.
type Counts struct {
	// Links and Up are the links there are, and those of them that are up.
	Links, Up int
	// Connections are those open now that this node has dialed.
	Connections int
	// Subscriptions are those held now because of a neighbor: one a neighbor in
	// mode Subscriptions, three for each one dialed in mode Connections. The two
	// of the node itself are not among them.
	Subscriptions int
	// Dials and DialFailures are the attempts to connect, and those that failed.
	Dials, DialFailures uint64
	// Dropped are the messages lost because too many waited for the handlers.
	Dropped uint64
	// Strangers are the messages of peers that are no neighbors.
	Strangers uint64
	// Malformed are the hellos that could not be read.
	Malformed uint64
	// Panics are those of handlers.
	Panics uint64
}

// Links returns the links in the order of their peers' IDs.
func (l *Linker) Links() []Link {
	links, _, _ := l.snapshot()
	return links
}

// Settled reports whether the link to every neighbor is up and there is no link
// to anybody else. It is false until the first view has come.
func (l *Linker) Settled() bool {
	links, known, _ := l.snapshot()
	return known && !slices.ContainsFunc(links, func(k Link) bool { return k.State != Up || k.Held })
}

// Watch yields the links as they are, and again after every change of a state
// or of the neighbors. States that pass while the caller works on the previous
// one are skipped. It ends with ctx, or when the Linker has closed.
func (l *Linker) Watch(ctx context.Context) iter.Seq[[]Link] {
	return func(yield func([]Link) bool) {
		for {
			links, _, changed := l.snapshot()
			if ctx.Err() != nil || !yield(links) {
				return
			}
			select {
			case <-changed:
			case <-ctx.Done():
				return
			case <-l.unlinked:
				return
			}
		}
	}
}

// WaitUp returns when the links to the peers with these IDs are up or, without
// IDs, when [Linker.Settled]. When ctx ends before, the error matches its cause
// and names the peers that were not up.
func (l *Linker) WaitUp(ctx context.Context, ids ...string) error {
	for {
		links, known, changed := l.snapshot()
		missing := notUp(links, ids)
		if known && len(missing) == 0 {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("linker: not up: [%s]: %w", strings.Join(missing, ", "), context.Cause(ctx))
		case <-l.unlinked:
			return ErrClosed
		}
	}
}

// notUp names, with their states, those of ids that are not up, or without ids
// all links that are not as they should be.
func notUp(links []Link, ids []string) []string {
	var missing []string
	for _, k := range links {
		wanted := len(ids) == 0 || slices.Contains(ids, k.Peer.ID)
		switch {
		case wanted && k.State != Up && k.Err != nil:
			missing = append(missing, fmt.Sprintf("%s: %s: %v", k.Peer, k.State, k.Err))
		case wanted && k.State != Up:
			missing = append(missing, fmt.Sprintf("%s: %s", k.Peer, k.State))
		case len(ids) == 0 && k.Held:
			missing = append(missing, fmt.Sprintf("%s: held", k.Peer))
		}
	}
	for _, id := range ids {
		if !slices.ContainsFunc(links, func(k Link) bool { return k.Peer.ID == id }) {
			missing = append(missing, id+": no neighbor")
		}
	}
	return missing
}

// Counts returns the numbers of now.
func (l *Linker) Counts() Counts {
	c := Counts{
		Connections:   int(l.connections.Load()),
		Subscriptions: int(l.subscriptions.Load()),
		Dials:         l.dials.Load(),
		DialFailures:  l.dialFailures.Load(),
		Dropped:       l.dropped.Load() + dropped(l.inboxSub),
		Strangers:     l.strangers.Load(),
		Malformed:     l.malformed.Load(),
		Panics:        l.panics.Load(),
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, k := range l.links {
		c.Links++
		if k.state == Up {
			c.Up++
		}
		if a := k.attached.Load(); a != nil {
			c.Dropped += dropped(a.subs...)
		}
	}
	return c
}

// snapshot returns the links, whether a view has come yet, and a channel that is
// closed at the next change.
func (l *Linker) snapshot() (links []Link, known bool, changed <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	links = make([]Link, 0, len(l.links))
	for _, k := range l.links {
		links = append(links, Link{
			Peer: k.peer, State: k.state, Since: k.since, Err: k.err, RTT: k.rtt,
			Dialed: k.dials, Held: !k.heldUntil.IsZero(),
			MsgsIn: k.msgsIn.Load(), BytesIn: k.bytesIn.Load(),
			MsgsOut: k.msgsOut.Load(), BytesOut: k.bytesOut.Load(),
		})
	}
	slices.SortFunc(links, func(a, b Link) int { return cmp.Compare(a.Peer.ID, b.Peer.ID) })
	return links, l.known, l.changed
}
