// The core: what it consists of, and what a step is.

package interest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/kithmesh/kith/views"
)

// InputKind says what an [Input] is.
type InputKind uint8

// The inputs.
const (
	// Start comes first.
	Start InputKind = iota + 1
	// Tick: the time that a Wake named has come.
	Tick
	// Attached: the bridge is a leaf of a server in the cluster Group, empty if that is in none.
	// A snapshot of the local interest follows, and all that the node wants is told again.
	Attached
	// Local: the own server wants Key with Weight, 0 for no more.
	Local
	// Synced: the snapshot is over; what was not told again since Attached is gone.
	Synced
	// Detached: the server is gone, and its interest with it.
	Detached
	// Heard: Data came from the node From, in its life Incarnation, after Hops hops; to this node
	// alone if Direct.
	Heard
	// NeighborUp: From, in its life Incarnation, is a neighbor.
	NeighborUp
	// NeighborDown: From is no neighbor any more. Lost: its link is broken or silent, nobody
	// has decided so.
	NeighborDown
	// Leave: the node leaves. Nothing may follow.
	Leave
)

// Input is something that happens to a node. The comment of each kind says which
// fields it uses.
type Input struct {
	Kind        InputKind
	Now         time.Duration // since the node's start; never goes back
	Group       string
	Key         Key
	Weight      int
	From        string
	Incarnation uint64
	Hops        int
	Direct      bool
	Data        []byte
	Lost        bool
}

// EffectKind says what an [Effect] wants done.
type EffectKind uint8

// The effects.
const (
	// Publish Data to everybody.
	Publish EffectKind = iota + 1
	// Send Data to the node To.
	Send
	// Want: the own server is to be told that Key is wanted with Weight, 0 for no more.
	Want
	// Elected: the node is the exporter of its group now if On, or no longer. The keys that it
	// wants follow, or those that it wanted, with a weight of 0.
	Elected
	// Wake with a Tick at At, which replaces the one before. It is the last effect of
	// every step but Leave.
	Wake
)

// Effect is something that a node wants done. The comment of each kind says which
// fields it uses.
type Effect struct {
	Kind   EffectKind
	To     string
	Data   []byte
	Key    Key
	Weight int
	On     bool
	At     time.Duration
}

// Node is the core. It is not safe for concurrent use.
type Node struct {
	cfg  Config
	self string
	life life
	rng  *rand.Rand
	now  time.Duration

	own      own
	remote   remote
	union    union
	cache    cache
	election election
	repair   repair
	digests  digests

	neighbors []string
	aliveAt   time.Duration
	saidAt    time.Duration

	effects []Effect
	stats   Stats
}

// ErrSelf says that an ID is none.
var ErrSelf = errors.New("interest: invalid ID")

// New returns the core of the node self, in its life incarnation. The configuration must be
// valid.
func New(cfg Config, self string, incarnation uint64, rng *rand.Rand) (*Node, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if !views.ValidToken(self) {
		return nil, fmt.Errorf("%w: %q, want 1 to %d letters, digits, - or _", ErrSelf, self, views.MaxID)
	}
	n := &Node{cfg: cfg.withDefaults(), self: self, life: life{incarnation, cfg.Epoch}, rng: rng}
	n.own = newOwn(n.cfg.RollUp)
	n.remote = newRemote()
	n.union = newUnion()
	n.cache.bySubject = make(map[string]*matched)
	n.repair.at, n.election.settleAt, n.digests.at = never, never, never
	n.aliveAt, n.saidAt = 0, -n.cfg.TTL
	n.repair.budget = answerRate
	return n, nil
}

// never is later than everything.
const never = 1<<63 - 1

// Step takes one input. The effects are to be carried out in their order, and are valid
// until the next step.
func (n *Node) Step(in Input) []Effect {
	clear(n.effects)
	n.effects = n.effects[:0]
	n.now = max(n.now, in.Now)
	n.expire()
	switch in.Kind {
	case Start, Tick:
	case Attached:
		n.attach(in.Group)
	case Local:
		n.setLocal(in.Key, in.Weight)
	case Synced:
		n.synced()
	case Detached:
		n.detach()
	case Heard:
		n.hear(&in)
	case NeighborUp:
		n.meet(&in)
	case NeighborDown:
		n.part(&in)
	case Leave:
		n.publish(&Message{Kind: Farewell, Epoch: n.life.epoch})
		n.detach()
		n.elect()
		return n.effects
	}
	n.elect()
	n.emitWants()
	n.flush()
	n.announce()
	n.tellInTurn()
	n.ask()
	n.wake()
	return n.effects
}

// meet takes note of a neighbor, and tells it what is known here. Whoever had none has
// not been heard by anybody.
func (n *Node) meet(in *Input) {
	if len(n.neighbors) == 0 {
		n.aliveAt = n.now
		n.digests.at = n.now + views.Jitter(n.cfg.Digest, n.rng)
		if n.own.attached && !n.election.settled {
			n.settle() // nobody can have heard of it before
		}
	}
	if !slices.Contains(n.neighbors, in.From) {
		n.neighbors = append(n.neighbors, in.From)
	}
	n.trust(in.From, in.Incarnation)
	n.tellAll(in.From)
}

// part takes note of a neighbor that is none any more.
func (n *Node) part(in *Input) {
	if i := slices.Index(n.neighbors, in.From); i >= 0 {
		n.neighbors = slices.Delete(n.neighbors, i, i+1)
	}
	if len(n.neighbors) == 0 {
		n.digests.at, n.digests.complete = never, false
	}
	if in.Lost {
		n.lose(in.From)
	}
}

// aliveShare is which part of the TTL lies between two announcements, on average, and
// hurry how long it takes at least, when there is something new to be said.
const (
	aliveShare = 3
	hurry      = 200 * time.Millisecond
)

// announce says that the node lives when it is time to and somebody can hear it.
func (n *Node) announce() {
	if n.now < n.aliveDue() {
		return
	}
	n.stats.AlivesSent++
	n.publish(&Message{
		Kind: Alive, Epoch: n.life.epoch, Version: n.own.version, Count: uint64(len(n.own.told)), Group: n.own.toldGroup,
		Beat: n.beat(),
	})
	n.said()
}

// said notes that everybody has just been told that the node lives.
func (n *Node) said() {
	n.saidAt = n.now
	n.aliveAt = n.now + views.Jitter(n.cfg.TTL/aliveShare, n.rng)
}

// beat returns the number of the next message that says so.
func (n *Node) beat() uint64 {
	n.own.beats++
	return n.own.beats
}

func (n *Node) aliveDue() time.Duration {
	if len(n.neighbors) == 0 {
		return never
	}
	return max(n.aliveAt, n.saidAt+hurry)
}

func (n *Node) publish(m *Message) {
	n.effects = append(n.effects, Effect{Kind: Publish, Data: AppendMessage(nil, m)})
}

func (n *Node) send(to string, m *Message) {
	n.effects = append(n.effects, Effect{Kind: Send, To: to, Data: AppendMessage(nil, m)})
}

// wake says when something is to be done next.
func (n *Node) wake() {
	at := min(n.remote.oldest, n.aliveDue(), n.own.flushAt, n.repair.at, n.digests.at, n.settleDue())
	n.effects = append(n.effects, Effect{Kind: Wake, At: at})
}
