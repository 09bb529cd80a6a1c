// What subscribers are given.

package kith

import (
	"fmt"

	"github.com/nats-io/nats.go"

	"github.com/kithmesh/kith/broadcast"
)

// Message is a message that somebody published, or sent to this node. It may be
// kept.
type Message struct {
	// Subject is what it was published on.
	Subject string
	// Header is nil when it has none.
	Header nats.Header
	// Data is the payload. It is shared with everybody else who is given the
	// message, and must not be modified. Keeping it keeps what came with it, 64 KiB as a
	// rule.
	Data []byte
	// Origin is the ID of the node that published it, Incarnation which of that
	// node's lives, and Sequence its number among all messages of that life, whatever
	// their subjects, from 1 without holes; 0 for Direct ones.
	Origin      string
	Incarnation uint64
	Sequence    uint64
	// Hops is the number of links that it passed, 0 on the node that published it.
	Hops int
	// Direct says that it was sent to this node alone, by [Node.Send].
	Direct bool

	node *Node // that received it, for Context
}

// GapReason says why messages are missing.
type GapReason uint8

// The reasons of a [Gap].
const (
	// Unavailable: no neighbor had them any more.
	Unavailable GapReason = iota + 1
	// SlowHandler: the subscription had too many waiting.
	SlowHandler
)

// String returns the reason in lower case.
func (r GapReason) String() string {
	switch r {
	case Unavailable:
		return "unavailable"
	case SlowHandler:
		return "slow_handler"
	}
	return fmt.Sprintf("reason(%d)", uint8(r))
}

// Gap says that messages of one life of an origin were not delivered, in order,
// and will not be: Count of those with sequences From to Until. Which subjects they had
// is known for a SlowHandler only, where those are counted that did match.
type Gap struct {
	Origin      string
	Incarnation uint64
	From, Until uint64
	Count       uint64
	Reason      GapReason
}

func newGap(life broadcast.Life, from, until uint64, reason GapReason) *Gap {
	return &Gap{
		Origin: life.ID(), Incarnation: life.Incarnation(),
		From: from, Until: until, Count: until - from + 1, Reason: reason,
	}
}
