// The state of a node and the step that changes it.

package broadcast

import (
	"errors"
	"time"
)

// Node is one node's part of the protocol. It is not safe for concurrent use.
type Node struct {
	cfg  Config
	self *source
	now  time.Duration

	links   [MaxLinks]*link
	slots   map[uint64]int // link number → slot
	up      Slots          // every link
	able    Slots          // those that are not stalled
	full    Slots          // those on which too much waits to be written
	fed     Slots          // those with cursors
	excused Slots          // those that nobody waits for, as they have stalled lately
	since   time.Duration  // when the first link came up; negative before

	shared  tree
	turned  Slots // eager in it only since the last announcements
	torn    bool  // it has lost a link, and got none since by a GRAFT
	sources map[Life]*source
	most    int                // there were in sources since that was made anew
	newest  source             // the ring of all sources, by when their latest message came
	routes  map[string]*source // node ID → its latest life of which messages came
	senders map[string]int     // → the slot on which something came that it sent to a single one
	recent  *source            // of the latest message, which often is the next one's too
	store   store

	dirty   []*source // with something to announce
	held    []held    // announced, but not on all links
	yields  Slots     // links whose other side announces first
	spoke   Life      // whose message came by the shared tree last,
	spokeAt time.Duration
	mingled time.Duration // when messages of two last did so at about the same time
	flushAt time.Duration
	lacking []*source     // with something missing
	chaseAt time.Duration // not after something is due for one of them
	grafts  []request     // to be sent at the end of the step
	echoing []*source     // whose last message may be announced again
	sweepAt time.Duration
	sweptAt time.Duration
	wakeAt  time.Duration // what was asked for; never when nothing was
	late    time.Duration // by how much messages come after their announcements

	effects []Effect
	stats   Stats
}

// never is a time that does not come.
const never = time.Duration(1<<63 - 1)

// ErrLife is returned by [New] for a life that is none.
var ErrLife = errors.New("broadcast: a node needs an ID and an incarnation")

// New returns a node that has no links yet.
func New(self Life, cfg Config) (*Node, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if !validLife([]byte(self)) {
		return nil, ErrLife
	}
	n := &Node{
		cfg:     cfg,
		slots:   make(map[uint64]int),
		since:   never,
		sources: make(map[Life]*source),
		routes:  make(map[string]*source),
		senders: make(map[string]int),
		spokeAt: -calm, mingled: -calm, flushAt: never, sweepAt: never, wakeAt: never, chaseAt: never,
	}
	n.newest.newer, n.newest.older = &n.newest, &n.newest
	n.self = n.newSource(self, 0)
	return n, nil
}

// Step takes one input and returns what is to be done about it, in order. The
// slice is valid until the next Step.
func (n *Node) Step(in Input) []Effect {
	clear(n.effects)
	n.effects = n.effects[:0]
	n.now = max(n.now, in.Now)
	switch in.Kind {
	case LinkUp:
		n.linkUp(in.Link, in.Target, in.RTT)
	case LinkDown:
		n.linkDown(in.Link)
	case Published:
		n.publish(&in.Gossip)
	case Received:
		if l := n.linkOf(in.Link); l != nil {
			n.onGossip(l, &in.Gossip)
		}
	case Told:
		if l := n.linkOf(in.Link); l != nil {
			n.onControl(l, in.Control)
		}
	case Routed:
		n.onDirect(n.linkOf(in.Link), &in.Gossip, in.Target)
	case Congested:
		if l := n.linkOf(in.Link); l != nil {
			n.congested(l)
		}
	case Drained:
		if l := n.linkOf(in.Link); l != nil {
			n.drained(l)
		}
	case Tick:
		n.wakeAt = never
		n.tick()
	}
	if len(n.grafts) > 0 {
		n.request()
	}
	n.wake()
	return n.effects
}

// onControl handles a control message. One that does not know its kind is none.
func (n *Node) onControl(l *link, c *Control) {
	for i := range c.Marks {
		m := &c.Marks[i]
		switch c.Kind {
		case IHave:
			n.onIHave(l, m, c.Digest)
		case Graft:
			n.onGraft(l, m)
		case Prune:
			n.onPrune(l, m)
		case Gone:
			n.onGone(l, m)
		}
	}
	if c.Kind == Graft {
		n.pump(l) // once, whatever it asks for
	}
}

// tick does what is due.
func (n *Node) tick() {
	if n.now >= n.flushAt {
		n.flush()
	}
	if n.now >= n.chaseAt {
		n.chase()
	}
	n.stall()
	n.pumpAll()
	if n.now >= n.sweepAt {
		n.sweep()
	}
}

// wake asks for a Tick when something will be due before the one asked for.
func (n *Node) wake() {
	at := min(n.flushAt, n.sweepAt, n.chaseAt, n.stallAt(), n.pumpAt())
	if at == never || at >= n.wakeAt {
		return
	}
	n.wakeAt = at
	n.effects = append(n.effects, Effect{Kind: Wake, At: at})
}

// tell sends a control message with one mark.
func (n *Node) tell(to Slots, kind ControlKind, m Mark) {
	if to &= n.up; to == 0 {
		return
	}
	n.stats.sent(kind, to)
	n.effects = append(n.effects, Effect{
		Kind: Tell, To: to, Control: &Control{Kind: kind, Marks: []Mark{m}},
	})
}
