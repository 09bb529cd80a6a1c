// What nodes send each other.

package broadcast

import "time"

// Gossip is a message as it comes from a link or from the application. Deviation: origin,
// incarnation and sequence name it, and not a random identifier. The byte
// slices are the caller's until the step is over, except for Frame, which the node
// keeps if it takes the message.
type Gossip struct {
	// Life is the origin's [Life].
	Life []byte
	// Sequence counts the origin's messages, from 1.
	Sequence uint64
	// First is the sequence of the oldest message that the origin had sent within
	// the last StoreAge. Who has not heard of the origin before begins there.
	First uint64
	// Hop is the number of links that the message has passed, 0 at its origin.
	Hop uint8
	// Frame is what is sent on and delivered. The node does not look into it.
	Frame []byte
}

// ControlKind says what a [Control] is.
type ControlKind uint8

// The control messages, by the paper's names, and Gone.
const (
	// IHave says what the sender has in store: from Low to High, and the hop that
	// High would arrive with.
	IHave ControlKind = iota + 1
	// Graft makes the sender's link eager, and asks for everything from Low on, but
	// for what came before the last Age, if there is one.
	Graft
	// Prune makes the sender's link lazy.
	Prune
	// Gone says that nothing before Low is in store any more, or that it came before
	// the Age that was asked for, which the answer repeats; a Low of 0, that nothing is
	// known of the origin.
	Gone
)

// MaxMarks is the most marks in one Control: such a frame is below 32 KiB.
const MaxMarks = 256

// Control is a message that keeps the trees, about one or several origins.
type Control struct {
	Kind ControlKind
	// Digest, of an IHave, says that it is part of everything that is in store, as
	// the first message on a link; Last that it is the last part.
	Digest, Last bool
	Marks        []Mark
}

// Mark is what a Control says of one origin.
type Mark struct {
	Life      Life
	Low, High uint64
	Hop       uint8
	// Own says that the origin has a tree of its own.
	Own bool
	// Age, of a Graft and of its answer, bounds it to what is not older.
	Age time.Duration
}
