// What goes into a step of the protocol and what comes out of it.

package broadcast

import (
	"iter"
	"math/bits"
	"time"
)

// InputKind says what an [Input] is.
type InputKind uint8

// The inputs.
const (
	// LinkUp says that there is a neighbor at the other end of Link, whose ID is Target,
	// if it is known. RTT is the time to it and back, of which no more than a second is
	// believed; it may be said again with a new one.
	LinkUp InputKind = iota + 1
	// LinkDown says that Link has ended, or that its peer is no neighbor any more.
	LinkDown
	// Published is Gossip of the node itself; its Sequence is [Node.Next].
	Published
	// Received is Gossip from Link.
	Received
	// Told is Control from Link.
	Told
	// Routed is a frame from Link, which need not be up, or from the node itself with Link 0,
	// for the node Target. Gossip has its sender, its Hop and the Frame.
	Routed
	// Congested says that too much waits to be written on Link, Drained that the
	// greater part of it has been.
	Congested
	Drained
	// Tick says that the time of the latest Wake has come. One that comes early, or
	// twice, does no harm.
	Tick
)

// Input is everything that can happen to a node: one flat struct, of which the
// kind says what is set.
type Input struct {
	Kind InputKind
	// Now is the time since the node's own start. It never goes back.
	Now     time.Duration
	Link    uint64
	RTT     time.Duration
	Gossip  Gossip
	Control *Control
	Target  string
}

// EffectKind says what an [Effect] is.
type EffectKind uint8

// The effects, to be carried out in the order in which Step returns them.
const (
	// Push sends Frame, the message Sequence of Life, which came with Hop, on the links To.
	Push EffectKind = iota + 1
	// Tell sends Control on the links To.
	Tell
	// Deliver hands such a message to the application: Fresh the first time that it is seen, Ordered when all before it
	// have been delivered or missed. Both are said of each message once, usually
	// together.
	Deliver
	// Miss says that the messages From to Until of Life will not be delivered in
	// order: nobody has them any more.
	Miss
	// Pass sends Frame, for a single node, on the links To.
	Pass
	// Arrive hands Frame, which was sent to this node alone, to the application.
	Arrive
	// Spread publishes Frame to everybody, as there is no known way to its target.
	Spread
	// Expel ends the links To, which are too slow.
	Expel
	// Wake asks for a Tick at the time At. It replaces what was asked before.
	Wake
)

// Effect is one thing that the runtime is to do: a flat struct like [Input]. Frame is
// shared with everybody to whom it is sent and delivered, and does not change any more.
type Effect struct {
	Kind           EffectKind
	Fresh, Ordered bool
	Hop            uint8
	To             Slots
	Control        *Control
	Life           Life
	Sequence       uint64
	From, Until    uint64
	Frame          []byte
	At             time.Duration
}

// MaxLinks is the most links that a node can have at a time.
const MaxLinks = 64

// Slots is a set of links: bit i is the link in slot i; see [Node.Slot].
type Slots uint64

// All yields the slots of the set, in order.
func (s Slots) All() iter.Seq[int] {
	return func(yield func(int) bool) {
		for rest := uint64(s); rest != 0; rest &= rest - 1 {
			if !yield(bits.TrailingZeros64(rest)) {
				return
			}
		}
	}
}

// Len returns how many slots the set has.
func (s Slots) Len() int { return bits.OnesCount64(uint64(s)) }

func (s Slots) has(slot int) bool { return slot >= 0 && s&(1<<slot) != 0 }

// only returns the set of one slot, the empty set for none.
func only(slot int) Slots {
	if slot < 0 {
		return 0
	}
	return 1 << slot
}
