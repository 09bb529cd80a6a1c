// The state of a node and the step that changes it.

package membership

import (
	"errors"
	"math/rand/v2"
	"time"

	"github.com/kithmesh/kith/views"
)

// Node is one node's part of the protocol. It is not safe for concurrent use:
// one loop owns it and calls [Node.Step].
type Node struct {
	cfg  Config
	self *views.Peer
	rng  *rand.Rand
	now  time.Duration
	life life

	active  views.Active
	passive views.Passive
	lost    views.Lost

	requests    []request // the Neighbor requests that wait for an answer
	lastRequest uint32

	repair  repair
	joining joining
	shuffle exchange

	joins      bucket // newcomers let in
	evictions  bucket // neighbors given up because others asked
	replies    bucket // answers to shuffles of nodes that are no neighbors
	highs      notes  // who evicted somebody here by asking with high priority
	admitted   notes  // who was taken in of late
	strangers  notes  // who believes to be a neighbor and is not
	undialable notes  // newcomers that could not be dialed back
	left       tombs  // who left

	effects []Effect
	samples []views.Sighting
	stats   Stats
}

// life is where a node is in its life.
type life uint8

const (
	unborn life = iota
	alive
	gone
)

// ErrNode is returned by [New] for missing collaborators.
var ErrNode = errors.New("membership: a node needs itself and a random source")

// New returns a node that has not started. It reports every fault of cfg and self
// at once. The random source belongs to the node from now on: the same
// configuration, source and inputs give the same effects.
func New(cfg Config, self *views.Peer, rng *rand.Rand) (*Node, error) {
	if self == nil || rng == nil {
		return nil, ErrNode
	}
	if err := errors.Join(cfg.Validate(), self.Validate()); err != nil {
		return nil, err
	}
	return &Node{
		cfg:       cfg,
		self:      self,
		rng:       rng,
		active:    views.NewActive(cfg.ActiveSize),
		passive:   views.NewPassive(cfg.PassiveSize),
		lost:      views.NewLost(cfg.LostSize),
		joins:     newBucket(cfg.JoinRate),
		evictions: newBucket(float64(cfg.ActiveSize)),
		replies:   newBucket(2 * cfg.ShuffleReplyRate),
		repair:    repair{round: 1},
	}, nil
}

// Step takes one input and returns what is to be done about it, in order. The
// slice and the samples of its messages are valid until the next Step.
func (n *Node) Step(in Input) []Effect {
	n.effects = n.effects[:0]
	n.samples = n.samples[:0]
	n.now = max(n.now, in.Now)
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
	n.startPeriod(ProbeTimer, n.cfg.ProbeMin)
	n.startPeriod(RecontactTimer, n.cfg.RecontactInterval)
	n.startPeriod(RotateTimer, n.cfg.RotateInterval)
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
		n.schedule(t, views.Jitter(n.cfg.HeartbeatInterval, n.rng))
		n.sendHeartbeats()
	case ShuffleTimer:
		n.forgetOld()
		n.sendShuffle()
		n.schedule(t, views.Jitter(n.shuffle.period(n), n.rng))
	case ProbeTimer:
		n.schedule(t, views.Jitter(n.cfg.ProbeMin, n.rng))
		n.probe()
	case RecontactTimer:
		n.schedule(t, n.halfToOneAndAHalf(n.cfg.RecontactInterval))
		n.ask()
	case RotateTimer:
		n.schedule(t, n.halfToOneAndAHalf(n.cfg.RotateInterval))
		n.rotate()
	case JoinTimer:
		n.joinExpired(t)
	case RefillTimer:
		n.refillExpired(t)
	case RequestTimer:
		n.requestExpired(t)
	}
}

func (n *Node) halfToOneAndAHalf(d time.Duration) time.Duration {
	return d/2 + time.Duration(n.rng.Int64N(int64(d)+1))
}

// forgetOld drops what nobody has confirmed for too long.
func (n *Node) forgetOld() {
	n.passive.Expire(n.now - n.cfg.MaxAge)
	n.lost.Expire(n.now - n.cfg.LostFor)
	n.left.expire(n.now)
	n.highs.expire(n.now - n.cfg.HighInterval)
	n.admitted.expire(n.now - n.cfg.CoolDown)
	n.strangers.expire(n.now - 10*n.cfg.Grace)
	n.undialable.expire(n.now - time.Minute)
}

// leave tells the neighbors, and those who have been asked to be, hands the
// neighbors to each other, and ends.
func (n *Node) leave() {
	for n.active.Len() > 0 {
		p, _ := n.active.At(0)
		n.disconnect(p, Message{Kind: Disconnect, Reason: Leaving, Sample: n.sampleFor(p, answerSample)}, Leaving)
	}
	for _, r := range n.requests {
		n.send(r.peer, 0, Message{Kind: Disconnect, Reason: Leaving})
		n.closeLink(r.peer, 0)
	}
	n.requests = n.requests[:0]
	n.life = gone
}

// Self returns the node's own peer record.
func (n *Node) Self() *views.Peer { return n.self }

// The effects.

func (n *Node) send(to *views.Peer, link uint64, m Message) {
	n.stats.Sent[m.Kind]++
	n.effects = append(n.effects, Effect{Kind: Send, Peer: to, Link: link, Message: m})
}

func (n *Node) closeLink(to *views.Peer, link uint64) {
	n.effects = append(n.effects, Effect{Kind: Close, Peer: to, Link: link})
}

func (n *Node) schedule(t Timer, after time.Duration) {
	n.effects = append(n.effects, Effect{Kind: Schedule, Timer: t, After: after})
}

func (n *Node) emit(e Event) {
	n.effects = append(n.effects, Effect{Kind: Emit, Event: e})
}
