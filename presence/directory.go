// The core: what it consists of, and what a step is.

package presence

import (
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
	// Heard: Data came from the node From, in its life Incarnation; to this node
	// alone if Direct.
	Heard
	// Neighbors: these are the IDs of the neighbors now.
	Neighbors
	// Update: the node's own Meta is another, of at most [views.MaxMeta] bytes.
	Update
	// Close: the node leaves the directory. Nothing may follow.
	Close
)

// Input is something that happens to a directory. The comment of each kind says which
// fields it uses.
type Input struct {
	Kind        InputKind
	Now         time.Duration // since Epoch; never goes back
	From        string
	Incarnation uint64
	Direct      bool
	Data        []byte
	Neighbors   []string
	Meta        string
}

// EffectKind says what an [Effect] wants done.
type EffectKind uint8

// The effects.
const (
	// Publish Data to everybody.
	Publish EffectKind = iota + 1
	// Send Data to the node To.
	Send
	// Emit Event to the application.
	Emit
	// Wake with a Tick at At, which replaces the one before. It is the last effect of
	// every step but Close.
	Wake
)

// Effect is something that a directory wants done. The comment of each kind says which
// fields it uses.
type Effect struct {
	Kind  EffectKind
	To    string
	Data  []byte
	Event Event
	At    time.Duration
}

// Directory is the core. It is not safe for concurrent use.
type Directory struct {
	cfg   Config
	epoch time.Time
	rng   *rand.Rand
	now   time.Duration
	self  *record

	known    map[string]*record
	sorted   []*record // by ID
	entries  []Entry   // the same for the application; nil when it is out of date
	graves   map[string]grave
	oldest   time.Duration // nothing expires before
	hearsays int

	neighbors   []string
	announceAt  time.Duration
	announcedAt time.Duration
	learning    learning
	pages       int // that may be sent now
	pagesAt     time.Duration

	effects []Effect
	stats   Stats
}

// record is what is known of one live node.
type record struct {
	Entry
	hash    uint64
	expires time.Duration
	hearsay bool // it was never heard itself
}

// grave is the tombstone of a node that left.
type grave struct {
	incarnation uint64
	expires     time.Duration
}

// New returns the directory of the node self. Epoch is what Now of inputs counts from. The
// configuration must be valid.
func New(cfg Config, self *views.Peer, epoch time.Time, rng *rand.Rand) (*Directory, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if err := self.Validate(); err != nil {
		return nil, err
	}
	d := &Directory{
		cfg: cfg.withDefaults(), epoch: epoch, rng: rng,
		known: make(map[string]*record), graves: make(map[string]grave), oldest: never,
	}
	d.self = &record{Entry: Entry{Peer: *self}, expires: never}
	return d, nil
}

// never is later than everything.
const never = 1<<63 - 1

// Step takes one input. The effects are to be carried out in their order, and are valid
// until the next step.
func (d *Directory) Step(in Input) []Effect {
	clear(d.effects)
	d.effects = d.effects[:0]
	d.now = max(d.now, in.Now)
	d.expire()
	switch in.Kind {
	case Start:
		d.add(d.self)
		d.announcedAt = d.now - d.cfg.TTL
		d.announceAt, d.pagesAt, d.pages = d.now, d.now, pagesPerSecond
		d.learn()
	case Tick:
	case Heard:
		d.hear(&in)
	case Neighbors:
		d.meet(in.Neighbors)
	case Update:
		d.update(in.Meta)
	case Close:
		d.publish(&Message{Kind: Leave, TTL: d.cfg.TTL})
		return d.effects
	}
	d.announce()
	d.ask()
	d.wake()
	return d.effects
}

// meet takes note of the neighbors. Whoever had none has not been heard by anybody, nor
// has it heard much.
func (d *Directory) meet(neighbors []string) {
	alone := len(d.neighbors) == 0
	d.neighbors = slices.Clone(neighbors)
	if alone && len(neighbors) > 0 {
		d.announceAt = d.now
		d.learn()
	}
	d.learning.lose(d)
}

// update changes the node's own record.
func (d *Directory) update(meta string) {
	if meta == d.self.Meta || len(meta) > views.MaxMeta {
		return
	}
	d.self.Meta = meta
	d.entries = nil
	d.emit(Updated, d.self)
	d.announceAt = d.now
}

// announceShare is which part of the TTL lies between two announcements, on average,
// and hurryShare which part at least, when there is something new to be said.
const (
	announceShare = 3
	hurryShare    = 30
)

// announce announces the node when it is time to and somebody can hear it.
func (d *Directory) announce() {
	if d.now < d.announceDue() {
		return
	}
	d.announcedAt = d.now
	d.announceAt = d.now + views.Jitter(d.cfg.TTL/announceShare, d.rng)
	d.stats.Announced++
	d.publish(&Message{Kind: Announce, TTL: d.cfg.TTL, Peer: &d.self.Peer})
}

func (d *Directory) announceDue() time.Duration {
	if len(d.neighbors) == 0 {
		return never
	}
	return max(d.announceAt, d.announcedAt+d.cfg.TTL/hurryShare)
}

func (d *Directory) publish(m *Message) {
	d.effects = append(d.effects, Effect{Kind: Publish, Data: AppendMessage(nil, m)})
}

func (d *Directory) send(to string, m *Message) {
	d.effects = append(d.effects, Effect{Kind: Send, To: to, Data: AppendMessage(nil, m)})
}

func (d *Directory) emit(kind EventKind, r *record) {
	d.effects = append(d.effects, Effect{Kind: Emit, Event: Event{Kind: kind, Entry: r.Entry, At: d.epoch.Add(d.now)}})
}

// wake says when something is to be done next.
func (d *Directory) wake() {
	at := min(d.oldest, d.announceDue(), d.learning.due(d))
	d.effects = append(d.effects, Effect{Kind: Wake, At: at})
}
