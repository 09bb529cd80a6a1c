// A deterministic world for tests: virtual time, links that keep the transport's
// promises, a meeting place, and what can go wrong with them.

package membership_test

import (
	"cmp"
	"container/heap"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/views"
)

// How long the world's transport takes to give up a dial, and to notice silence.
const (
	dialTimeout = 2 * time.Second
	silence     = 3 * time.Second
)

// world runs nodes against each other. Nothing in it is concurrent.
type world struct {
	t       testing.TB
	cfg     membership.Config
	rng     *rand.Rand
	now     time.Duration
	queue   queue
	members []*member // the latest life of every node, dead or alive
	named   map[string]*member
	links   []*link // a link's number is its position plus one
	sent    [membership.Kinds]int

	latency func() time.Duration              // of the next message
	contact func(asker *member) *member       // who answers at the meeting place; nil: somebody random
	source  func() rand.Source                // of a node's random choices; nil: seeded by the world's
	observe func(*member, *membership.Input)  // sees every input
	effect  func(*member, *membership.Effect) // sees every effect
	fatal   func(format string, args ...any)  // reports what must not be
}

// member is one life of one node.
type member struct {
	name   string
	self   *views.Peer
	node   *membership.Node
	born   time.Duration
	up     bool
	part   int                // members of different parts cannot reach each other
	paused bool               // a paused member is alive and does nothing
	held   []membership.Input // what it has not seen yet
	links  map[life]*link     // its current link to each life
	coming map[life]*link     // dials under way to it that found an older link current
	ups    map[string]bool    // its neighbors, as the events tell
}

type life struct {
	id          string
	incarnation uint64
}

func lifeOf(p *views.Peer) life { return life{p.ID, p.Incarnation} }

// link is one logical link between two lives; the first end is the dialer's.
type link struct {
	number uint64
	ends   [2]end
	stuck  []*event // what a cut holds back
}

// end is one side of a link. The far end of a dial that finds nobody has no
// member. An end that is not open hears nothing more of the link.
type end struct {
	m    *member
	peer *views.Peer
	open bool
	shut bool          // closed by its member
	last time.Duration // when the latest frame arrives, so that none overtakes it
}

// event is something that happens at a time.
type event struct {
	at    time.Duration
	seq   uint64
	link  *link // what it arrives on, at which end: nil for timers and the meeting place
	side  int
	of    *member            // whose timer, or who hears it at the meeting place
	what  string             // it is, unless it is a message on a link
	msg   membership.Message // that arrives
	timer membership.Timer   // that expires
	run   func()
}

func (e *event) String() string {
	if e.what == "" {
		return describe(&e.msg)
	}
	return e.what
}

// timed reports whether the event is due when its time comes, and not any time.
func (e *event) timed() bool {
	switch e.what {
	case "timer", "silence", "dial timeout", "story":
		return true
	}
	return false
}

// before compares events by when they happen.
func (e *event) before(o *event) int {
	return cmp.Or(cmp.Compare(e.at, o.at), cmp.Compare(e.seq, o.seq))
}

// lane is what keeps events in order: one side of a link, the meeting place, the
// timers of one node, and those of the transport.
type lane struct {
	link *link
	side int
	of   *member
}

func (e *event) lane() lane {
	switch {
	case e.what == "timer":
		return lane{of: e.of}
	case e.what == "story":
		return lane{side: 2}
	case e.timed():
		return lane{side: 1}
	default:
		return lane{link: e.link, side: e.side}
	}
}

type queue struct {
	events []*event
	seq    uint64
}

func (q *queue) Len() int { return len(q.events) }
func (q *queue) Less(i, j int) bool {
	return q.events[i].before(q.events[j]) < 0
}
func (q *queue) Swap(i, j int) { q.events[i], q.events[j] = q.events[j], q.events[i] }
func (q *queue) Push(x any) {
	e, _ := x.(*event)
	q.events = append(q.events, e)
}

func (q *queue) Pop() any {
	last := len(q.events) - 1
	e := q.events[last]
	q.events[last], q.events = nil, q.events[:last]
	return e
}

func newWorld(t testing.TB, cfg membership.Config, seed uint64) *world {
	return &world{
		t: t, cfg: cfg, rng: rand.New(rand.NewPCG(seed, 1)), fatal: t.Fatalf,
		named:   map[string]*member{},
		latency: func() time.Duration { return time.Millisecond },
	}
}

// start starts a node, or the next life of one.
func (w *world) start(name string) *member {
	m := w.add(name)
	w.step(m, membership.Input{Kind: membership.Start})
	return m
}

// add makes a node that has not started, or the next life of one.
func (w *world) add(name string) *member {
	w.t.Helper()
	self := &views.Peer{ID: name, Incarnation: 1, Addr: name + ":7000"}
	at := len(w.members)
	part := 0
	if old := w.find(name); old != nil {
		part = old.part
		self.Incarnation = old.self.Incarnation + 1
		at = slices.Index(w.members, old)
	} else {
		w.members = append(w.members, nil)
	}
	node, err := membership.New(w.cfg, self, rand.New(w.dice()))
	if err != nil {
		w.t.Fatal(err)
	}
	m := &member{
		name: name, self: self, node: node, born: w.now, up: true, part: part,
		links: map[life]*link{}, coming: map[life]*link{}, ups: map[string]bool{},
	}
	w.members[at], w.named[name] = m, m
	return m
}

func (w *world) dice() rand.Source {
	if w.source != nil {
		return w.source()
	}
	return rand.NewPCG(w.rng.Uint64(), w.rng.Uint64())
}

func (w *world) find(name string) *member { return w.named[name] }

// step hands an input to a member, checks what comes out, and carries it out.
func (w *world) step(m *member, in membership.Input) {
	switch {
	case !m.up:
		return
	case m.paused:
		m.held = append(m.held, in)
		return
	}
	in.Now = w.now - m.born
	if w.observe != nil {
		w.observe(m, &in)
	}
	effects := m.node.Step(in)
	for i := range effects {
		w.check(m, &effects[i])
		if w.effect != nil {
			w.effect(m, &effects[i])
		}
	}
	w.checkState(m)
	for i := range effects {
		w.carryOut(m, &effects[i], &in)
	}
}

func (w *world) carryOut(m *member, e *membership.Effect, in *membership.Input) {
	switch e.Kind {
	case membership.Send:
		w.send(m, e.Peer, e.Link, copied(e.Message))
	case membership.Close:
		if l, side := w.linkOf(m, e.Peer, e.Link); l != nil {
			w.close(l, side)
		}
	case membership.Schedule:
		t := e.Timer
		w.at(w.now+e.After, &event{what: "timer", of: m, timer: t, run: func() {
			w.step(m, membership.Input{Kind: membership.Expired, Timer: t})
		}})
	case membership.Ask:
		w.ask(m, copied(e.Message))
	case membership.Answer:
		asker, reply := w.find(in.Message.Peer.ID), copied(e.Message)
		if asker == nil || asker == m || !asker.self.Same(in.Message.Peer) {
			return // a Join that no member has sent
		}
		w.later(&event{what: "answer", of: asker, msg: reply, run: func() {
			w.step(asker, membership.Input{Kind: membership.Answered, Message: reply})
		}})
	case membership.Emit:
	}
}

// copied detaches a message from the step that made it.
func copied(m membership.Message) membership.Message {
	m.Sample = slices.Clone(m.Sample)
	return m
}

// ask takes a Join to the meeting place.
func (w *world) ask(m *member, join membership.Message) {
	w.sent[membership.Join]++
	var contact *member
	if w.contact != nil {
		contact = w.contact(m)
	} else if others := w.others(m); len(others) > 0 {
		contact = others[w.rng.IntN(len(others))]
	}
	if contact == nil || contact == m || !contact.up {
		w.later(&event{what: "nobody", of: m, run: func() {
			w.step(m, membership.Input{Kind: membership.Answered})
		}})
		return
	}
	w.later(&event{what: "asked", of: contact, msg: join, run: func() {
		w.step(contact, membership.Input{Kind: membership.Asked, Token: w.queue.seq, Message: join})
	}})
}

// others are the members that m can reach.
func (w *world) others(m *member) []*member {
	var others []*member
	for _, o := range w.members {
		if o.up && o != m && !o.paused && o.part == m.part {
			others = append(others, o)
		}
	}
	return others
}

// send puts a frame on a link. With number 0 it is the current one, which is dialed
// if there is none.
func (w *world) send(m *member, to *views.Peer, number uint64, msg membership.Message) {
	w.sent[msg.Kind]++
	l, side := w.linkOf(m, to, number)
	if l == nil && number == 0 {
		l, side = w.dial(m, to)
	}
	if l == nil {
		w.gone(m, to, number)
		return
	}
	w.on(l, 1-side, "", func(far *member) {
		w.step(far, membership.Input{Kind: membership.Received, Peer: m.self, Link: l.number, Message: msg})
	}).msg = msg
}

// gone reports that something was to be sent on a link that the member has closed
// before it heard all of it. Other ends have been or will be reported.
func (w *world) gone(m *member, to *views.Peer, number uint64) {
	l, side := w.links[number-1], 0
	if l.ends[1].m == m {
		side = 1
	}
	if !l.ends[side].shut {
		return
	}
	w.at(w.now, &event{link: l, side: side, what: "gone", run: func() {
		w.step(m, membership.Input{Kind: membership.LinkLost, Peer: to, Link: number, Reason: membership.Closed})
	}})
}

// linkOf finds the open link with that number, or the current one, and m's side.
func (w *world) linkOf(m *member, to *views.Peer, number uint64) (*link, int) {
	l := m.links[lifeOf(to)]
	if number != 0 {
		l = w.links[number-1]
	}
	for side := range 2 {
		if l != nil && l.ends[side].m == m && l.ends[side].open {
			return l, side
		}
	}
	return nil, 0
}

// dial begins a link, and returns it with m's side. Two dials that cross become one
// link at once, which is what the transport's tie-breaking amounts to.
func (w *world) dial(m *member, to *views.Peer) (*link, int) {
	if l := m.coming[lifeOf(to)]; l != nil && l.ends[0].open && l.ends[1].open && !severed(l) {
		m.links[lifeOf(to)] = l
		return l, 1
	}
	l := &link{number: uint64(len(w.links) + 1)}
	w.links = append(w.links, l)
	l.ends[0] = end{m: m, peer: to, open: true}
	m.links[lifeOf(to)] = l
	target := w.find(to.ID)
	if target != nil && target.up && target.self.Same(to) {
		l.ends[1] = end{m: target, peer: m.self, open: true}
		if old, _ := w.linkOf(target, m.self, 0); old == nil && target.part == m.part {
			target.links[lifeOf(m.self)] = l
		} else {
			target.coming[lifeOf(m.self)] = l
		}
	}
	w.on(l, 1, "dial", nil)
	return l, 0
}

// dialed is the arrival of a dial.
func (w *world) dialed(l *link) {
	near, far := &l.ends[0], &l.ends[1]
	switch {
	case far.m == nil || !far.m.up:
		far.open = false
		w.on(l, 0, "refused", func(*member) { w.lose(l, 0, membership.Unreachable) })
	case severed(l):
		far.open = false
		w.at(w.now+dialTimeout, &event{link: l, what: "dial timeout", run: func() { w.lose(l, 0, membership.Unreachable) }})
	case far.open:
		far.m.links[lifeOf(near.m.self)] = l
	}
}

// on queues something for one side of a link, behind what is under way there.
func (w *world) on(l *link, side int, what string, run func(far *member)) *event {
	far := &l.ends[side]
	far.last = max(far.last, w.now+w.latency())
	e := &event{link: l, side: side, what: what}
	e.run = func() {
		switch {
		case run == nil:
			w.dialed(l)
		case severed(l):
			l.stuck = append(l.stuck, e)
		case far.open:
			run(far.m)
		}
	}
	w.at(far.last, e)
	return e
}

func severed(l *link) bool {
	a, b := l.ends[0].m, l.ends[1].m
	return a != nil && b != nil && a.part != b.part
}

// close closes one side after what was sent on it; the other hears of it then.
func (w *world) close(l *link, side int) {
	l.ends[side].shut = true
	w.hangUp(l, side)
	w.on(l, 1-side, "closed", func(*member) { w.lose(l, 1-side, membership.Closed) })
}

// hangUp ends one side of a link.
func (w *world) hangUp(l *link, side int) {
	e := &l.ends[side]
	e.open = false
	if e.m.links[lifeOf(e.peer)] == l {
		delete(e.m.links, lifeOf(e.peer))
	}
}

// lose reports the end of a link to one side.
func (w *world) lose(l *link, side int, reason membership.Reason) {
	if e := &l.ends[side]; e.open {
		w.hangUp(l, side)
		w.step(e.m, membership.Input{Kind: membership.LinkLost, Peer: e.peer, Link: l.number, Reason: reason})
	}
}

// waits reports whether an event is a dial that cannot arrive yet: of two links of the
// same lives, the one that was given up is heard to its end first.
func (w *world) waits(e *event) bool {
	if e.what != "dial" {
		return false
	}
	near, far := e.link.ends[0].m, e.link.ends[1].m
	return far != nil && slices.ContainsFunc(w.links[:e.link.number-1], func(l *link) bool {
		return l.ends[0].m == near && l.ends[1].m == far && !l.ends[0].open && l.ends[1].open ||
			l.ends[1].m == near && l.ends[0].m == far && !l.ends[1].open && l.ends[0].open
	})
}

// later is now plus the latency of one message.
func (w *world) later(e *event) { w.at(w.now+w.latency(), e) }

func (w *world) at(at time.Duration, e *event) {
	w.queue.seq++
	e.at, e.seq = max(at, w.now), w.queue.seq
	heap.Push(&w.queue, e)
}

// run lets time pass until the given time.
func (w *world) run(until time.Duration) {
	for w.queue.Len() > 0 && w.queue.events[0].at <= until {
		w.next()
	}
	w.now = max(w.now, until)
}

func (w *world) next() {
	e, _ := heap.Pop(&w.queue).(*event)
	w.now = max(w.now, e.at)
	e.run()
}
