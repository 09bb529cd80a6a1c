// The application's view of the neighbors: the current list and every change to it.

package kith

import (
	"fmt"
	"slices"
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

// neighborFeed is the feed of the neighbors.
type neighborFeed struct {
	feed[Peer, Event]
	view []Peer // never changed in place
}

func newNeighborFeed() *neighborFeed {
	f := new(neighborFeed)
	f.newest = func() []Peer { return slices.Clone(f.view) }
	f.snapshot = func(view []Peer) Event { return Event{Kind: Snapshot, Neighbors: view, At: time.Now()} }
	return f
}

// publish applies one event of the core and hands it to the readers.
func (f *neighborFeed) publish(e Event) {
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
	f.changed(e)
}
