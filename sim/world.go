// The world: its nodes, their lives, and the passing of time.

package sim

import (
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/views"
)

// NodeID names a node of a world: the first that is started is 0, and so on. A
// restarted node keeps its number.
type NodeID uint32

// String is the ID of the node's peer record, such as n17.
func (n NodeID) String() string { return "n" + strconv.FormatUint(uint64(n), 10) }

// Core is what the world drives: a [membership.Node], or something that pretends
// to be one.
type Core interface {
	Step(in membership.Input) []membership.Effect
}

// World is a deterministic world of nodes. It is not safe for concurrent use;
// several worlds are independent of each other.
type World struct {
	// OnEvent, when set, is told every event of every node. Like Contact and Meets it is
	// called in the middle of a step, and only looks: to act, it uses [World.At].
	OnEvent func(id NodeID, e membership.Event)
	// Contact, when set, chooses who answers at the meeting place; false means
	// nobody. Without it a random live node answers, as a NATS queue group does.
	// A node that asks itself gets no answer.
	Contact func(asker NodeID) (NodeID, bool)
	// Meets, when set, says whether two nodes reach the same meeting place.
	// Without it all do, whatever is cut.
	Meets func(asker, contact NodeID) bool
	// Disguise, when set, may put another core in the place of a new node's.
	Disguise func(id NodeID, node *membership.Node) Core

	cfg     Config
	group   *membership.Group
	source  *rand.PCG
	rng     *rand.Rand // of source
	now     time.Duration
	queue   wheel
	seats   []seat
	alive   []NodeID // those whose process runs, in no order
	links   []link
	unused  []uint32 // positions of links
	parcels parcels
	layers  []*Broadcast
	calls   []func()
	cuts    []cut
	moving  int     // frames, losses, requests and answers under way
	waiting []event // what a cut holds back
	stats   Stats
	digest  uint64
	scratch []byte
	failure error
}

// seat is a node's place in the world, in whatever life.
type seat struct {
	core   Core
	node   *membership.Node
	source *rand.PCG // the node's own
	peer   *views.Peer
	born   time.Duration
	life   uint32
	place  uint32 // in alive
	state  state
	dark   bool          // its host is off: nobody even refuses a dial
	inner  bool          // unreachable from outside: only it can dial
	every  time.Duration // a slow reader's time for a frame
	links  []uint32
	held   []event // what a paused node has not seen yet
}

type state uint8

const (
	absent state = iota
	up
	paused
	ended
)

// Stats counts what the world has done.
type Stats struct {
	// Events is the number of events processed, timers included.
	Events uint64 `json:"events"`
	// Messages is the number of messages that nodes received, by kind, those at the
	// meeting place included; Bytes their encoded size, when Config.Bytes is set.
	Messages membership.Counts `json:"messages"`
	Bytes    membership.Counts `json:"bytes"`
	// Dials is the number of links begun, and FailedDials how many of them failed.
	Dials       uint64 `json:"dials"`
	FailedDials uint64 `json:"failed_dials"`
}

// Delivered is the number of messages received, of all kinds.
func (s Stats) Delivered() uint64 {
	sum := uint64(0)
	for _, n := range s.Messages {
		sum += n
	}
	return sum
}

// New returns an empty world. It reports every fault of cfg at once.
func New(cfg Config) (*World, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	group, err := membership.NewGroup(cfg.Membership)
	if err != nil {
		return nil, err
	}
	source := rand.NewPCG(cfg.Seed, worldStream)
	return &World{
		cfg: cfg, group: group, queue: newWheel(),
		source: source, rng: rand.New(source),
	}, nil
}

// Streams of the random sources that are derived from the seed: the world's own,
// and whatever a node's number and life give.
const worldStream = 1 << 63

// Config returns the configuration.
func (w *World) Config() Config { return w.cfg }

// Now is the virtual time since the world began.
func (w *World) Now() time.Duration { return w.now }

// Stats returns what was counted so far.
func (w *World) Stats() Stats { return w.stats }

// Protocol returns what all nodes have counted together, the ended ones included.
func (w *World) Protocol() membership.Stats { return w.group.Stats() }

// Digest is a hash of what every node has seen: when, on which link or by which timer,
// and what kind of message, but not its contents. Runs that are the same have the same
// digest, and runs that are not soon have different ones.
func (w *World) Digest() uint64 { return w.digest }

// Random is the world's own source: whoever decides something about a run draws
// from it, and the run stays a function of the seed.
func (w *World) Random() *rand.Rand { return w.rng }

// Start starts a new node and returns its number.
func (w *World) Start() NodeID {
	id := NodeID(len(w.seats))
	w.seats = append(w.seats, seat{})
	w.begin(id, &views.Peer{ID: id.String(), Incarnation: 1, Addr: id.String() + ":7000"})
	return id
}

// StartAs starts a new node with a zone, or other fields of the peer's record. Its
// ID, Incarnation and Addr are the world's choice.
func (w *World) StartAs(p views.Peer) NodeID {
	id := NodeID(len(w.seats))
	w.seats = append(w.seats, seat{})
	p.ID, p.Incarnation, p.Addr = id.String(), 1, id.String()+":7000"
	w.begin(id, &p)
	return id
}

// Restart starts the next life of a node. One that is still there is killed first.
func (w *World) Restart(id NodeID) {
	w.Crash(id)
	next := *w.seats[id].peer
	next.Incarnation++
	w.begin(id, &next)
}

func (w *World) begin(id NodeID, p *views.Peer) {
	s := &w.seats[id]
	s.life++
	s.source = rand.NewPCG(w.cfg.Seed, uint64(id)<<32|uint64(s.life))
	node, err := w.group.New(p, rand.New(s.source))
	if err != nil {
		w.fail(id, err)
		return
	}
	s.node, s.core, s.peer = node, node, p
	s.born, s.state, s.dark = w.now, up, false
	s.place = uint32(len(w.alive))
	w.alive = append(w.alive, id)
	if w.Disguise != nil {
		s.core = w.Disguise(id, node)
	}
	for _, b := range w.layers {
		b.begin(id)
	}
	w.step(id, &membership.Input{Kind: membership.Start})
}

// exit takes a node out of the world, and leaves what becomes of its links to the
// caller.
func (w *World) exit(id NodeID) {
	s := &w.seats[id]
	last := w.alive[len(w.alive)-1]
	w.alive[s.place] = last
	w.seats[last].place = s.place
	w.alive = w.alive[:len(w.alive)-1]
	for i := range s.held {
		w.drop(&s.held[i])
	}
	for _, b := range w.layers {
		b.end(id)
	}
	s.state = ended
	s.core, s.node, s.held = nil, nil, nil
}

// Nodes is how many nodes were ever started.
func (w *World) Nodes() int { return len(w.seats) }

// Alive are the nodes whose process runs, in no particular order. The slice is the
// world's, until the next change.
func (w *World) Alive() []NodeID { return w.alive }

// Lives reports whether the node's process runs, paused or not.
func (w *World) Lives(id NodeID) bool {
	return w.seats[id].state == up || w.seats[id].state == paused
}

// Node returns the core of a live node, nil of others. It is to be looked at, not
// stepped.
func (w *World) Node(id NodeID) *membership.Node { return w.seats[id].node }

// Peer returns the record of the node's latest life.
func (w *World) Peer(id NodeID) *views.Peer { return w.seats[id].peer }

// Find returns the node that a peer is a life of.
func (w *World) Find(p *views.Peer) (NodeID, bool) {
	digits, ok := strings.CutPrefix(p.ID, "n")
	n := uint64(0)
	for i := 0; ok && i < len(digits); i++ {
		d := uint64(digits[i]) - '0'
		n = 10*n + d
		ok = d <= 9 && n < uint64(len(w.seats))
	}
	if !ok || digits == "" {
		return 0, false
	}
	return NodeID(n), true
}

// living returns the node that this life of a peer is, if it still runs.
func (w *World) living(p *views.Peer) (NodeID, bool) {
	id, ok := w.Find(p)
	return id, ok && w.Lives(id) && w.seats[id].peer.Same(p)
}

// Tell hands a node an input of the caller's own, such as peers that were Found.
func (w *World) Tell(id NodeID, in membership.Input) {
	if w.seats[id].state == up {
		w.step(id, &in)
	}
}

// At calls f at a time, or as soon as possible.
func (w *World) At(at time.Duration, f func()) {
	e := w.post(callEvent, max(at, w.now))
	e.number = uint32(len(w.calls))
	w.calls = append(w.calls, f)
}

// Run lets time pass, and returns the first thing that ever went wrong: a
// [CheckError].
func (w *World) Run(d time.Duration) error {
	until := w.now + d
	for w.failure == nil {
		e, ok := w.queue.next(until)
		if !ok {
			break
		}
		w.now = max(w.now, e.at)
		w.happen(&e)
	}
	w.now = max(w.now, until)
	return w.failure
}

// Settle lets time pass until nothing is under way: no frame, no dial, no answer.
// Timers do not count, nor what is held back by a cut or for a paused node. It
// gives up after the given time, and reports whether it came to rest.
func (w *World) Settle(most time.Duration) bool {
	until := w.now + most
	for w.moving > 0 && w.failure == nil {
		e, ok := w.queue.next(until)
		if !ok {
			return false
		}
		w.now = max(w.now, e.at)
		w.happen(&e)
	}
	return w.failure == nil
}
