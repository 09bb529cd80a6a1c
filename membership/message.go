// The messages of HyParView, by the paper's names.

package membership

import (
	"time"

	"github.com/kithmesh/kith/views"
)

// Kind says which message a [Message] is.
type Kind uint8

// The messages. Join and JoinReply are exchanged at a meeting place outside the
// overlay (a NATS subject, or a TCP address known beforehand); all others travel
// on direct links. NeighborReply is unnamed in the paper, Heartbeat is ours.
const (
	Join          Kind = iota + 1 // §4.2: a newcomer asks a contact to let it in
	JoinReply                     // the contact's answer, with a sample
	ForwardJoin                   // §4.2: a random walk that finds the newcomer neighbors
	Neighbor                      // §4.3: asks the receiver to become a neighbor
	NeighborReply                 // §4.3: accepts or refuses
	Disconnect                    // §4.2: the sender has removed the receiver from its active view
	Shuffle                       // §4.4: a random walk that exchanges passive views
	ShuffleReply                  // §4.4: the accepting node's share of the exchange
	Heartbeat                     // keeps a link alive and both sides of it in agreement
)

// Priority says why a node wants a neighbor, and so what the receiver of the
// request does when its own view is full.
type Priority uint8

// The priorities. The paper knows the first two (§4.3).
const (
	// Low is refused by a node whose view is full.
	Low Priority = iota + 1
	// High is asked by a node without any neighbor; a full node evicts somebody.
	High
	// Joining is asked by a contact, or by the end of a ForwardJoin walk, of the
	// newcomer itself. The asker makes room when the newcomer accepts.
	Joining
	// Swap asks a full node to exchange one of its links for this one, as the
	// asker does: it keeps a full overlay mixing. Deviation: not in the paper.
	Swap
)

// TTL is the number of hops that a random walk has left.
type TTL uint8

// Verdict is the answer to a Join or a Neighbor.
type Verdict uint8

// The verdicts. Neighbor is accepted or refused; the others answer a Join.
const (
	// Accepted: for a Neighbor, the link is now in the active view. For a Join,
	// the contact will dial the newcomer and ask it to be its neighbor.
	Accepted Verdict = iota + 1
	// Refused: no free slot. The sample names others to ask.
	Refused
	// Redirected: the contact takes no more newcomers just now; ask the sample.
	Redirected
	// Own: the asker has reached itself.
	Own
	// Stale: another life of the asker's ID is known; its incarnation is given.
	Stale
	// Undialable: the contact could not dial the newcomer's address when it asked
	// before. It is trying once more.
	Undialable
)

// Reason says why a neighbor was removed from an active view.
type Reason uint8

// The reasons. Those up to Superseded travel in a Disconnect; the others are
// found by the node itself.
const (
	Evicted     Reason = iota + 1 // somebody else needed the place
	Leaving                       // the sender leaves the cluster
	Slow                          // the receiver does not read fast enough (paper §5.5)
	NotActive                     // the receiver is not in the sender's active view
	Superseded                    // a newer life of the same ID took over
	Closed                        // the connection ended without a Disconnect
	Silent                        // nothing was heard for too long
	Unreachable                   // the dial or the hello failed
	WrongPeer                     // somebody else answered at that address
	Misbehaved                    // it broke the protocol: malformed frames, or far too many
)

// Message is any message: one flat struct, so that none has to be allocated.
// The comment of a field says which messages use it; the others leave it zero.
type Message struct {
	Kind Kind
	// TTL of ForwardJoin and Shuffle.
	TTL TTL
	// Priority of Join (High for a node without neighbors, else Low), ForwardJoin
	// (that of the Join it spreads) and Neighbor.
	Priority Priority
	// Verdict of JoinReply and NeighborReply.
	Verdict Verdict
	// Reason of Disconnect: one of those up to Superseded.
	Reason Reason
	// Active, in Heartbeat: the receiver is in the sender's active view.
	Active bool
	// Degree, in Heartbeat, Join, Neighbor and NeighborReply: the size of the
	// sender's active view when it sent the message.
	Degree uint8
	// Request matches Neighbor with NeighborReply and Shuffle with ShuffleReply.
	// It is never zero.
	Request uint32
	// Incarnation, in a JoinReply that says Stale: that of the known life.
	Incarnation uint64
	// Peer is the newcomer in Join and ForwardJoin, the answering contact in
	// JoinReply and the origin in Shuffle: mandatory in these four. In Disconnect
	// it is a peer with a free slot to ask instead, in a Neighbor that asks for a
	// Swap one for whomever the receiver gives up, and in a NeighborReply that
	// accepts a Swap the neighbor given up for it; these may be absent.
	Peer *views.Peer
	// Sample holds peers in Join, JoinReply, NeighborReply, Disconnect, Shuffle
	// and ShuffleReply. The slice is only lent: whoever wants to keep it copies it.
	Sample []views.Sighting
	// Sent, in Heartbeat, is the sender's own time, Echo the latest Sent it got
	// from the receiver, and Held how long ago it got it: together they give the
	// round trip. Echo is zero when there is nothing to echo.
	Sent, Echo, Held time.Duration
}
