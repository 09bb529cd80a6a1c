// What a node tells the application about its neighbors.

package membership

import "github.com/kithmesh/kith/views"

// EventKind says what happened.
type EventKind uint8

// The events. Of one peer they always read: up, any number of updates, down,
// and then perhaps up again.
const (
	NeighborUp     EventKind = iota + 1 // in the active view, handshake complete
	NeighborUpdate                      // the same life of the peer is on another link, or changed its data
	NeighborDown                        // no longer in the active view; Reason says why
	Isolated                            // the last neighbor is gone; ends with the next NeighborUp
)

// Event is one change of the active view.
type Event struct {
	Kind   EventKind
	Reason Reason      // of NeighborDown
	Peer   *views.Peer // nil for Isolated
	Link   uint64      // the transport's number of the link, of NeighborUp and NeighborUpdate
}
