// The application's view of the neighbors: the current list, every change to it,
// and readers that never hold up the node.

package kith

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"sync"
	"time"

	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/views"
)

// Peer is one start of one node; see [views.Peer].
type Peer = views.Peer

// Reason says why a neighbor is one no longer; see [membership.Reason].
type Reason = membership.Reason

// EventKind says what an [Event] tells.
type EventKind uint8

// The events. Of one peer they always read: up, any number of updates, down, and
// perhaps up again; a Snapshot replaces all that was known.
const (
	// Snapshot lists all neighbors. It comes first, and again whenever the reader
	// was so slow that events had to be dropped.
	Snapshot EventKind = iota + 1
	// NeighborUp: Peer is a neighbor, its link is live.
	NeighborUp
	// NeighborUpdate: the record of a neighbor has changed.
	NeighborUpdate
	// NeighborDown: Peer is no longer a neighbor, for Reason.
	NeighborDown
	// Isolated: the last neighbor is gone. It ends with the next NeighborUp.
	Isolated
)

// String returns the name of the kind as logs show it.
func (k EventKind) String() string {
	switch k {
	case Snapshot:
		return "snapshot"
	case NeighborUp:
		return "neighbor_up"
	case NeighborUpdate:
		return "neighbor_update"
	case NeighborDown:
		return "neighbor_down"
	case Isolated:
		return "isolated"
	}
	return fmt.Sprintf("event(%d)", uint8(k))
}

// Event is one change of the neighbors, or all of them.
type Event struct {
	Kind EventKind
	// Peer is whom NeighborUp, NeighborUpdate and NeighborDown are about.
	Peer Peer
	// Reason is why, in NeighborDown.
	Reason Reason
	// Neighbors are all neighbors, in Snapshot.
	Neighbors []Peer
	// At is when it happened.
	At time.Time
}

// String returns the event in a line, for logs and examples.
func (e Event) String() string {
	switch e.Kind {
	case Snapshot:
		return fmt.Sprintf("%s %d neighbors", e.Kind, len(e.Neighbors))
	case NeighborDown:
		return fmt.Sprintf("%s %s %s", e.Kind, e.Peer.ID, e.Reason)
	case NeighborUp, NeighborUpdate:
		return fmt.Sprintf("%s %s", e.Kind, e.Peer.ID)
	case Isolated:
		return e.Kind.String()
	}
	return e.Kind.String()
}

// mostBuffered is how many events wait for one reader before they are dropped in
// favor of a new Snapshot.
const mostBuffered = 256

// feed holds the current neighbors and hands changes to readers.
type feed struct {
	mu       sync.Mutex
	view     []Peer // never changed in place
	version  uint64
	closed   bool
	readers  map[*reader]struct{}
	overruns uint64
}

// reader is one range over Events or Watch.
type reader struct {
	wake   chan struct{} // holds one token while there is news
	events []Event
	resync bool // the events were dropped, or none was given yet
}

// publish applies one event of the core and hands it to the readers.
func (f *feed) publish(e Event) {
	f.mu.Lock()
	defer f.mu.Unlock()
	byID := func(p Peer) bool { return p.ID == e.Peer.ID }
	switch e.Kind {
	case NeighborUp:
		f.view = append(slices.Clone(f.view), e.Peer)
	case NeighborUpdate:
		f.view = slices.Clone(f.view)
		if i := slices.IndexFunc(f.view, byID); i >= 0 {
			f.view[i] = e.Peer
		}
	case NeighborDown:
		f.view = slices.DeleteFunc(slices.Clone(f.view), byID)
	case Snapshot, Isolated:
	}
	f.version++
	for r := range f.readers {
		f.hand(r, e)
	}
}

// hand gives one reader an event, or makes it start over when it is too far behind.
func (f *feed) hand(r *reader, e Event) {
	if len(r.events) >= mostBuffered {
		r.events, r.resync = nil, true
		f.overruns++
	}
	if !r.resync {
		r.events = append(r.events, e)
	}
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

func (f *feed) subscribe() *reader {
	r := &reader{wake: make(chan struct{}, 1), resync: true}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.readers == nil {
		f.readers = make(map[*reader]struct{})
	}
	f.readers[r] = struct{}{}
	r.wake <- struct{}{}
	return r
}

func (f *feed) unsubscribe(r *reader) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.readers, r)
}

// close ends all ranges once they have seen what is still buffered. Nobody is a
// neighbor of a node that has ended.
func (f *feed) close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed = true
	f.view = nil
	f.version++
	for r := range f.readers {
		select {
		case r.wake <- struct{}{}:
		default:
		}
	}
}

// take returns what a reader has not seen, and whether more can come.
func (f *feed) take(r *reader) (events []Event, more bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if r.resync {
		r.resync = false
		events = []Event{{Kind: Snapshot, Neighbors: slices.Clone(f.view), At: time.Now()}}
		r.events = nil
		return events, !f.closed
	}
	events, r.events = r.events, nil
	return events, !f.closed
}

// current returns the neighbors and the number of changes that led to them.
func (f *feed) current() (view []Peer, version uint64, closed bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.view), f.version, f.closed
}

// events yields a snapshot and then every change, until ctx or the node ends.
func (f *feed) events(ctx context.Context) iter.Seq[Event] {
	return func(yield func(Event) bool) {
		r := f.subscribe()
		defer f.unsubscribe(r)
		for {
			select {
			case <-ctx.Done():
				return
			case <-r.wake:
			}
			events, more := f.take(r)
			for _, e := range events {
				if !yield(e) {
					return
				}
			}
			if !more {
				return
			}
		}
	}
}

// watch yields the current neighbors and then each newer list, leaving out those
// that came and went meanwhile.
func (f *feed) watch(ctx context.Context) iter.Seq[[]Peer] {
	return func(yield func([]Peer) bool) {
		r := f.subscribe()
		defer f.unsubscribe(r)
		seen := uint64(0)
		for first := true; ; first = false {
			select {
			case <-ctx.Done():
				return
			case <-r.wake:
			}
			f.take(r)
			view, version, closed := f.current()
			if (first || version != seen) && !yield(view) {
				return
			}
			if closed {
				return
			}
			seen = version
		}
	}
}
