// The state of a node and the step that changes it.

package membership

import (
	"errors"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/kithmesh/kith/views"
)

// Node is one node's part of the protocol. It is not safe for concurrent use:
// one loop owns it, with all others of its [Group], and calls [Node.Step].
type Node struct {
	*shared // with the other nodes of its group

	self *views.Peer
	rng  *rand.Rand
	now  time.Duration
	life life

	probing          bool   // a ProbeTimer is set
	humble           bool   // just evicted from the last place: ask low before high
	wanted           uint8  // how many neighbors
	lastRequest      uint32 // the number of the latest Neighbor request
	idHash, addrHash uint16 // fingerprints of self, which spare a look at it

	active  views.Active
	passive views.Passive
	book    *notebook

	repair   repair
	joining  joining
	rotation rotation
	shuffle  exchange
	replies  bucket     // answers to shuffles of nodes that are no neighbors
	walks    bucket     // walks of others passed on
	hearsay  bucket     // new spare peers that nobody asked for
	heads    *headcount // nil if nobody counts
}

// life is where a node is in its life.
type life uint8

const (
	unborn life = iota
	alive
	gone
)

// ErrNode is returned by [New] and [Group.New] for missing collaborators.
var ErrNode = errors.New("membership: a node needs itself and a random source")

// Step takes one input and returns what is to be done about it, in order. The
// slice and the samples of its messages are valid until the next Step of any node
// of the group.
func (n *Node) Step(in Input) []Effect {
	n.effects = n.effects[:0]
	n.samples = n.samples[:0]
	n.now = max(n.now, in.Now)
	n.cut(&in.Message)
	had := n.active.Len() > 0
	if n.life == gone || (n.life == unborn && in.Kind != Start && in.Kind != Found) {
		return nil
	}
	switch in.Kind {
	case Start:
		n.start()
	case Received:
		n.receive(in.Peer, in.Link, &in.Message)
	case LinkLost:
		n.linkLost(in.Peer, in.Link, in.Reason)
	case Expired:
		n.expire(in.Timer)
	case Asked:
		n.onJoin(in.Token, &in.Message)
	case Answered:
		n.onJoinReply(&in.Message)
	case Found:
		n.merge(in.Sample, nil)
	case Leave:
		n.leave()
	}
	if n.life == alive {
		if had && n.active.Len() == 0 {
			n.isolated()
		}
		n.refill()
		n.keepJoining()
		n.keepProbing()
	}
	return n.effects
}

// start begins the periodic work, each part at a random point of its period so
// that nodes started together do not work in step.
func (n *Node) start() {
	if n.life != unborn {
		return
	}
	n.life = alive
	n.startPeriod(HeartbeatTimer, n.cfg.HeartbeatInterval)
	n.startPeriod(ShuffleTimer, n.cfg.ShuffleFast)
	n.startPeriod(RecontactTimer, n.cfg.RecontactInterval)
	n.scheduleRotation()
	n.ask()
}

func (n *Node) startPeriod(kind TimerKind, period time.Duration) {
	if period > 0 {
		n.schedule(Timer{Kind: kind}, time.Duration(n.rng.Int64N(int64(period))+1))
	}
}

// expire handles a timer. The periodic ones are set again here, in one place.
func (n *Node) expire(t Timer) {
	switch t.Kind {
	case HeartbeatTimer:
		n.sendHeartbeats()
	case ShuffleTimer:
		n.forgetOld()
		n.adapt()
		n.sendShuffle()
		n.schedule(t, views.Jitter(n.shuffle.period(n), n.rng))
	case ProbeTimer:
		n.probing = false
		n.probe()
	case RecontactTimer:
		n.schedule(t, n.halfToOneAndAHalf(n.cfg.RecontactInterval))
		n.ask()
	case RotateTimer:
		n.rotateExpired(t)
	case JoinTimer:
		n.joinExpired(t)
	case RefillTimer:
		n.refillExpired(t)
	case RequestTimer:
		n.requestExpired(t)
	case GuestTimer:
		n.endStay(t.ID)
	}
}

func (n *Node) halfToOneAndAHalf(d time.Duration) time.Duration {
	return d/2 + time.Duration(n.rng.Int64N(int64(d)+1))
}

// leave tells the neighbors, and those who have been asked to be, hands the
// neighbors to each other, and ends.
func (n *Node) leave() {
	if n.book.displaced != nil {
		n.write().displaced = nil // nobody is asked back
	}
	for n.active.Len() > 0 {
		p, _ := n.active.At(0)
		n.disconnect(p, Message{Kind: Disconnect, Reason: Leaving, Sample: n.sampleFor(p, answerSample)}, Leaving)
	}
	for _, r := range n.book.requests {
		n.send(r.peer, 0, Message{Kind: Disconnect, Reason: Leaving})
		n.closeLink(r.peer, 0)
	}
	n.book = &n.blank
	n.life = gone
}

// Self returns the node's own peer record.
func (n *Node) Self() *views.Peer { return n.self }

// The effects.

func (n *Node) send(to *views.Peer, link uint64, m Message) {
	n.stats.Sent[m.Kind]++
	e := n.effect(Send)
	e.Peer, e.Link, e.Message = to, link, m
}

func (n *Node) closeLink(to *views.Peer, link uint64) {
	e := n.effect(Close)
	e.Peer, e.Link = to, link
}

func (n *Node) schedule(t Timer, after time.Duration) {
	e := n.effect(Schedule)
	e.Timer, e.After = t, after
}

func (n *Node) emit(event Event) { n.effect(Emit).Event = event }

// effect adds an effect, to be filled in before the next.
func (n *Node) effect(kind EffectKind) *Effect {
	last := len(n.effects)
	n.effects = slices.Grow(n.effects, 1)[:last+1]
	e := &n.effects[last]
	*e = Effect{Kind: kind}
	return e
}
