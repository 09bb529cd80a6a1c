// What the directory tells the application: entries, and the events that change them.

package presence

import (
	"fmt"
	"time"

	"github.com/kithmesh/kith/views"
)

// Entry is one live node, as far as is known here.
type Entry struct {
	views.Peer
	// Since is when this life of the node was first heard of here.
	Since time.Time
}

// EventKind says what an [Event] tells.
type EventKind uint8

// The events. Of one ID they always read: joined, any number of updates, left or
// expired, and perhaps joined again; a Snapshot replaces all that was known.
const (
	// Snapshot lists all nodes. It comes first, and again whenever the reader was so
	// slow that events had to be dropped.
	Snapshot EventKind = iota + 1
	// Joined: Entry is new in the directory.
	Joined
	// Updated: the record of a node has changed, or it lives again, with another
	// incarnation.
	Updated
	// Left: the node said that it leaves.
	Left
	// Expired: the node was not heard for its TTL, or was never heard itself and had
	// to make room.
	Expired
)

// String returns the name of the kind as logs show it.
func (k EventKind) String() string {
	switch k {
	case Snapshot:
		return "snapshot"
	case Joined:
		return "joined"
	case Updated:
		return "updated"
	case Left:
		return "left"
	case Expired:
		return "expired"
	}
	return fmt.Sprintf("event(%d)", uint8(k))
}

// Event is one change of the directory, or all of it.
type Event struct {
	Kind EventKind
	// Entry is what it is about; with Left and Expired, what was known last.
	Entry Entry
	// Entries are all nodes by ID, in Snapshot. They are shared, and must not be
	// modified.
	Entries []Entry
	// At is when it happened here.
	At time.Time
}

// String returns the event in a line, for logs and examples.
func (e Event) String() string {
	if e.Kind == Snapshot {
		return fmt.Sprintf("%s %d nodes", e.Kind, len(e.Entries))
	}
	return fmt.Sprintf("%s %s", e.Kind, e.Entry.ID)
}
