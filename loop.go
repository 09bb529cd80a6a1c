// The loop that owns the core: one goroutine, one ordered inbox.

package kith

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/tcptransport"
	"github.com/kithmesh/kith/views"
)

// inboxSize is how many inputs may wait. Link readers that find it full wait,
// which pushes back on their peers.
const inboxSize = 256

// item is one thing for the loop to do: a step of the core, or a look at it.
type item struct {
	input membership.Input
	look  func(*membership.Node)
}

// loop drives the core: inputs come from links, timers and meeting places, and
// effects go out to them. Nothing else touches the core.
type loop struct {
	node   *Node
	core   *membership.Node
	inbox  chan item
	alarms *alarms
	// again holds inputs that the loop makes for itself, taken before the inbox:
	// a loop that waited for its own inbox would wait for ever.
	again []membership.Input
	// missing are links that are gone, and whose loss may be in the inbox already, with its
	// true reason: that comes first.
	missing []membership.Input
	answers map[uint64]chan<- membership.Message
	token   uint64
	asking  bool
	twins   uint64        // how often another node with this ID was noticed,
	told    time.Time     // and when that was told last
	denied  atomic.Uint64 // newcomers that Admit did not want
	churn   churn
	ended   chan struct{} // closed when run has returned: nothing changes the core any more

	mu      sync.Mutex
	failure error // of the latest attempt to join
}

var _ tcptransport.Handler = (*loop)(nil)

// receiver is what the transport is given: messages go to the loop, frames of the
// broadcast to the carriage.
type receiver struct {
	*loop
	*carriage
}

var _ tcptransport.Carrier = receiver{}

func newLoop(n *Node, core *membership.Node) *loop {
	return &loop{
		node:    n,
		core:    core,
		inbox:   make(chan item, inboxSize),
		alarms:  newAlarms(),
		answers: make(map[uint64]chan<- membership.Message),
		ended:   make(chan struct{}),
	}
}

// run is the loop.
func (l *loop) run() {
	defer close(l.ended)
	defer l.alarms.clock.Stop()
	for {
		l.miss()
		select {
		case <-l.node.ctx.Done():
			return
		case it := <-l.inbox:
			if it.look != nil {
				it.look(l.core)
			} else {
				l.step(it.input)
			}
		case <-l.alarms.clock.C:
			l.expire()
		}
	}
}

// expire steps the core for every timer whose time has come, and tells the transport how late
// that is.
func (l *loop) expire() {
	for {
		now := time.Now()
		a, ok := l.alarms.due(now)
		if !ok {
			l.twin(now)
			return
		}
		l.node.transport.Late(now.Sub(a.at))
		l.step(membership.Input{Kind: membership.Expired, Timer: a.timer})
	}
}

// twinPeriod is how often a node tells that another one has its ID.
const twinPeriod = time.Minute

// twin tells that another node has this one's ID: an older life that still runs, which has asked
// this one, or a newer one, because of which others have given this one up.
func (l *loop) twin(now time.Time) {
	s := l.core.Stats()
	if s.Duplicates+s.Superseded == l.twins || now.Sub(l.told) < twinPeriod && l.twins > 0 {
		return
	}
	l.twins, l.told = s.Duplicates+s.Superseded, now
	l.node.log.Error().Uint64("older_asked", s.Duplicates).Uint64("superseded", s.Superseded).Msg("duplicate_id")
}

// miss reports links that are gone when the inbox has been emptied.
func (l *loop) miss() {
	for len(l.missing) > 0 && len(l.inbox) == 0 {
		in := l.missing[0]
		l.missing = slices.Delete(l.missing, 0, 1)
		l.step(in)
	}
}

// step feeds the core one input, and then those that its effects gave rise to.
func (l *loop) step(in membership.Input) {
	l.again = append(l.again, in)
	for len(l.again) > 0 {
		in = l.again[0]
		l.again = slices.Delete(l.again, 0, 1)
		if in.Kind == membership.Answered {
			l.asking = false
		}
		in.Now = time.Since(l.node.started)
		for _, e := range l.core.Step(in) {
			l.do(&e)
		}
		l.churn.stepped(l.core.Active().Len(), l.core.ActiveSize())
		if in.Kind == membership.Received && in.Message.Kind == membership.Heartbeat {
			l.measure(in.Peer)
		}
	}
}

// measure tells the carriage the round trip to a neighbor.
func (l *loop) measure(p *views.Peer) {
	if known, info := l.core.Active().Get(p.ID); known != nil && info.RTT > 0 {
		l.node.carriage.measured(p.ID, info.RTT)
	}
}

// do carries out one effect.
func (l *loop) do(e *membership.Effect) {
	switch e.Kind {
	case membership.Send:
		l.send(e)
	case membership.Close:
		l.node.transport.Close(e.Peer, e.Link)
	case membership.Schedule:
		l.alarms.add(time.Now().Add(e.After), e.Timer)
	case membership.Emit:
		l.emit(e.Event)
	case membership.Ask:
		l.ask(e.Message)
	case membership.Answer:
		if answer, ok := l.answers[e.Token]; ok {
			answer <- keep(e.Message)
			delete(l.answers, e.Token)
		}
	}
}

// send hands a message to the transport. What cannot be sent is a link that was
// lost; the transport reports by itself those that were too slow or have just ended.
func (l *loop) send(e *membership.Effect) {
	err := l.node.transport.Send(e.Peer, e.Link, &e.Message)
	switch {
	case err == nil, errors.Is(err, tcptransport.ErrSlow), errors.Is(err, tcptransport.ErrEnding):
	case e.Link == 0:
		l.lose(e.Peer, e.Link, membership.Unreachable)
	default:
		l.missing = append(l.missing, lost(e.Peer, e.Link, membership.Closed))
	}
}

// lose tells the core in its next step that a link is gone.
func (l *loop) lose(p *views.Peer, link uint64, reason membership.Reason) {
	l.again = append(l.again, lost(p, link, reason))
}

func lost(p *views.Peer, link uint64, reason membership.Reason) membership.Input {
	return membership.Input{Kind: membership.LinkLost, Peer: p, Link: link, Reason: reason}
}

// emit retains the links of neighbors and tells the application.
func (l *loop) emit(e membership.Event) {
	out := Event{Reason: e.Reason, At: time.Now()}
	if e.Peer != nil {
		out.Peer = *e.Peer
	}
	log := l.node.log.Info()
	switch e.Kind {
	case membership.NeighborUp:
		out.Kind = NeighborUp
		l.retain(e)
		l.node.carriage.up(e.Peer, e.Link)
	case membership.NeighborUpdate:
		out.Kind = NeighborUpdate
		l.retain(e)
		l.node.carriage.up(e.Peer, e.Link)
	case membership.NeighborDown:
		out.Kind = NeighborDown
		l.node.carriage.lost(e.Peer.ID)
		l.churn.down(e.Reason)
		log = log.Stringer("reason", e.Reason)
	case membership.Isolated:
		out.Kind = Isolated
	}
	if e.Peer != nil {
		log = log.Str("peer", e.Peer.ID)
	}
	log.Msg(out.Kind.String())
	l.node.feed.publish(out)
}

// retain keeps a neighbor's link open, unless it is just being closed as idle.
func (l *loop) retain(e membership.Event) {
	if !l.node.transport.Retain(e.Link, true) {
		l.lose(e.Peer, e.Link, membership.Closed)
	}
}

// post puts an input into the inbox and waits for room, unless the node ends.
func (l *loop) post(in membership.Input) bool {
	select {
	case l.inbox <- item{input: in}:
		return true
	case <-l.node.ctx.Done():
		return false
	}
}

// look runs f in the loop and waits for it; f must not keep what it is given. When
// look returns an error f may still run later: nothing that f writes may be read.
func (l *loop) look(ctx context.Context, f func(*membership.Node)) error {
	done := make(chan struct{})
	it := item{look: func(core *membership.Node) { f(core); close(done) }}
	select {
	case l.inbox <- it:
	case <-l.node.ctx.Done():
		return ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case <-done:
		return nil
	case <-l.node.ctx.Done():
		return ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
}

// lookAfter runs f if the loop has returned; f must only read.
func (l *loop) lookAfter(f func(*membership.Node)) {
	select {
	case <-l.ended:
		f(l.core)
	default:
	}
}

// leave lets the core say goodbye, and returns when that is with the transport.
func (l *loop) leave(ctx context.Context) {
	if l.post(membership.Input{Kind: membership.Leave}) {
		_ = l.look(ctx, func(*membership.Node) {}) // the inbox is ordered: what was before is done
	}
}

// Received implements [tcptransport.Handler].
func (l *loop) Received(from *views.Peer, link uint64, msg membership.Message) {
	l.post(membership.Input{Kind: membership.Received, Peer: from, Link: link, Message: msg})
}

// Lost implements [tcptransport.Handler].
func (l *loop) Lost(peer *views.Peer, link uint64, reason membership.Reason, err error) {
	l.node.log.Debug().Str("peer", peer.ID).Stringer("reason", reason).Err(err).Msg("link_lost")
	l.post(lost(peer, link, reason))
}

// Join implements [tcptransport.Handler] and [natstransport.Member]: it answers a
// newcomer's request.
func (l *loop) Join(ctx context.Context, join membership.Message) (membership.Message, error) {
	if admit := l.node.cfg.Transport.Admit; admit != nil {
		if err := admit(join.Peer); err != nil {
			l.node.log.Debug().Str("peer", join.Peer.ID).Err(err).Msg("join_denied")
			l.denied.Add(1)
			return membership.Message{Kind: membership.JoinReply, Verdict: membership.Refused, Peer: l.node.self}, nil
		}
	}
	answer := make(chan membership.Message, 1)
	//nolint:contextcheck // what the step sets off lives as long as the node, not as the caller
	ask := func(*membership.Node) {
		l.token++
		l.answers[l.token] = answer
		l.step(membership.Input{Kind: membership.Asked, Token: l.token, Message: join})
	}
	if err := l.look(ctx, ask); err != nil {
		return membership.Message{}, err
	}
	select {
	case reply := <-answer:
		return reply, nil
	default:
		return membership.Message{}, ErrClosed // a node that is leaving does not answer
	}
}

// keep copies what a message only borrowed from the core.
func keep(m membership.Message) membership.Message {
	m.Sample = slices.Clone(m.Sample)
	return m
}
