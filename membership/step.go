// What goes into a step of the protocol and what comes out of it.

package membership

import (
	"time"

	"github.com/kithmesh/kith/views"
)

// InputKind says what an [Input] is.
type InputKind uint8

// The inputs.
const (
	// Start begins the life of the node: it schedules the periodic work and, with
	// no neighbor yet, asks to join.
	Start InputKind = iota + 1
	// Received is Message from Peer, on Link. Peer is who the link's hello proved.
	Received
	// LinkLost says that Link to Peer ended, or that a dial to Peer failed, for
	// Reason. It is the last input of that link, and there is none of it for a link
	// that the node closed itself.
	LinkLost
	// Expired is Timer, as it was set.
	Expired
	// Asked is a Join in Message, at a meeting place. The answer, an Answer effect
	// with the same Token, is among the effects of the same step.
	Asked
	// Answered is the JoinReply in Message to an earlier Ask; a zero Message means
	// that nobody answered.
	Answered
	// Found brings peers learnt from outside, such as a state file: Sample.
	Found
	// Leave ends the life of the node gracefully.
	Leave
)

// Input is everything that can happen to a node: one flat struct, of which the
// kind says what is set. A Message is as [DecodeMessage] gives it: the peers that it
// must name are there, and valid.
type Input struct {
	Kind InputKind
	// Now is the time since the node's own start. It never goes back.
	Now     time.Duration
	Peer    *views.Peer
	Link    uint64
	Message Message
	Reason  Reason
	Timer   Timer
	Token   uint64
	Sample  []views.Sighting
}

// EffectKind says what an [Effect] is.
type EffectKind uint8

// The effects, to be carried out in the order in which Step returns them.
const (
	// Send puts Message on Link to Peer; Link 0 is the peer's current link, which
	// is dialed when there is none. A failure comes back as LinkLost.
	Send EffectKind = iota + 1
	// Close closes Link to Peer (0: the current one) after what was sent on it.
	Close
	// Schedule hands Timer back after After. Timers are never canceled; the node
	// recognizes those that no longer matter.
	Schedule
	// Emit tells the application Event.
	Emit
	// Ask takes Message, a Join, to a meeting place.
	Ask
	// Answer answers the Asked input with the same Token by Message, a JoinReply.
	Answer
)

// Effect is one thing that the runtime is to do: a flat struct like [Input].
type Effect struct {
	Kind    EffectKind
	Peer    *views.Peer
	Link    uint64
	Message Message
	Timer   Timer
	After   time.Duration
	Event   Event
	Token   uint64
}

// TimerKind says what a [Timer] is for.
type TimerKind uint8

// The timers.
const (
	ShuffleTimer   TimerKind = iota + 1 // send the next Shuffle
	HeartbeatTimer                      // send the heartbeats that are due
	JoinTimer                           // ask the meeting place again
	RefillTimer                         // begin another round of repair
	RequestTimer                        // a Neighbor request is out of time
	ProbeTimer                          // look for a lost peer; set while there are any
	RecontactTimer                      // visit the meeting place although all is well
	RotateTimer                         // exchange one link
	GuestTimer                          // a guest has stayed for long enough
)

// Timer is a value: it comes back exactly as it was set.
type Timer struct {
	Kind TimerKind
	// Sequence tells a timer that still matters from one set before it; for a
	// RequestTimer it is the request's number.
	Sequence uint32
	// ID is the peer asked, of a RequestTimer, or the guest.
	ID string
}
