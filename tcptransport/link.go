// One link, from its first queued message or its accepted hello to its end.

package tcptransport

import (
	"context"
	"errors"
	"io"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/views"
)

// State says how far a link is.
type State uint8

// The states of a link that has not ended.
const (
	Dialing State = iota + 1 // the node's own dial is under way
	Waiting                  // the peer's dial is expected instead
	Up                       // messages flow
)

// MarshalText implements encoding.TextMarshaler: JSON shows the word.
func (s State) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// String returns the state in lower case.
func (s State) String() string {
	switch s {
	case Dialing:
		return "dialing"
	case Waiting:
		return "waiting"
	case Up:
		return "up"
	}
	return "unknown"
}

// link is one logical link. One goroutine goes with it from beginning to end: it
// dials, if need be, then reads, and last reports the loss. Others end a link by
// setting its ending and closing its connection, and so never call the handler.
type link struct {
	t      *Transport
	number uint64
	to     *views.Peer // whom Send meant, or who said hello
	dialed bool        // it began with a dial of this node
	born   time.Time

	out      outbox
	patience patience
	first    batch         // what the writer has been handed
	parts    parts         // of the reader's
	frames   []Frame       // handed over last; the same
	pace     *rate.Limiter // of its messages; the same
	muted    atomic.Bool   // closed by the node: no more messages are received
	bytesIn  atomic.Uint64
	bytesOut atomic.Uint64

	ctx    context.Context    // of the dial: ends at its deadline
	cancel context.CancelFunc // ends the dial, and with it a link that is not up
	after  *link              // to the same peer, whose end a dial awaits
	handed chan *stream       // the connection that the peer made, for a dialing link
	again  chan struct{}      // tells a waiting link to dial again
	done   chan struct{}      // closed at the end

	// Guarded by the transport's mutex.
	peer   *views.Peer // as to, or as soon as the link is up, what the hello proved
	state  State
	giveUp context.CancelFunc // ends the attempt under way, not the link
	quiet  bool               // the end is not reported
	idle   bool               // closed for being idle
	ending *ending            // why it ended; the first reason counts
	stream *stream            // set when the link is up
	before []*link            // what it replaced: their ends are awaited first
}

// ending says why a link ended.
type ending struct {
	reason membership.Reason
	err    error
}

// messageBurst is for how many seconds the messages may come at once.
const messageBurst = 4

// newLink makes a link to peer and numbers it. The caller holds the mutex.
func (t *Transport) newLink(peer *views.Peer) *link {
	t.lastLink++
	l := &link{
		t:      t,
		number: t.lastLink,
		born:   time.Now(),
		patience: patience{
			silence:  t.cfg.Silence,
			idle:     t.cfg.Idle,
			linger:   t.cfg.Linger,
			write:    t.cfg.WriteTimeout,
			calm:     calm,
			late:     t.Late,
			lenience: t.lenience,
		},
		pace:   rate.NewLimiter(rate.Limit(t.cfg.MessageRate), int(messageBurst*t.cfg.MessageRate)),
		handed: make(chan *stream, 1),
		again:  make(chan struct{}, 1),
		done:   make(chan struct{}),
		cancel: func() {},
		giveUp: func() {},
		to:     peer,
		peer:   peer,
	}
	flush := l.flush
	l.out = outbox{
		limit: t.cfg.QueueBytes,
		marks: marks{t.cfg.ChannelHigh, t.cfg.ChannelLow},
		claim: func() { t.wg.Add(1) }, // a writer has to have ended before the transport has
		begin: l.writeAtOnce,
		start: func() { go flush() },
	}
	return l
}

// run is the link's goroutine.
func (l *link) run() {
	defer l.cancel()
	s, end := l.connect()
	if end == nil {
		end = l.receive(s)
	}
	l.finish(end)
}

// finish ends the link and reports it, unless somebody wanted that not.
func (l *link) finish(end *ending) {
	t := l.t
	if errors.Is(end.err, io.EOF) {
		l.conclude(end)
	}
	t.mu.Lock()
	t.leave(l)
	if l.ending == nil {
		l.ending = end
	}
	end, peer, s := l.ending, l.peer, l.stream
	undelivered := l.out.kill()
	quiet := t.stopped || l.quiet && (!l.idle || !undelivered)
	t.mu.Unlock()

	if s != nil {
		if end.reason == membership.Silent {
			s.abort() // whatever was not sent will not be
		}
		t.discard(s.raw)
	}
	if !quiet {
		t.counters.lost(end.reason)
		t.handler.Lost(peer, l.number, end.reason, end.err)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.forget(l)
}

// conclude sends what still waits to a peer that has nothing more to say: having closed, it
// reads on until this side has too.
func (l *link) conclude(end *ending) {
	l.t.mu.Lock()
	l.t.retire(l, end.reason, end.err)
	l.t.mu.Unlock()
	l.out.drain()
}

// over reports whether l is at its end.
func (l *link) over() bool {
	select {
	case <-l.done:
		return true
	default:
		return false
	}
}

// fail ends l at once with the given reason, from any goroutine; its own reports
// it.
func (t *Transport) fail(l *link, reason membership.Reason, err error) {
	t.mu.Lock()
	t.end(l, reason, err)
	l.out.kill()
	s := l.stream
	t.mu.Unlock()
	l.cancel()
	if s != nil {
		s.abort()
	}
}

// retire ends l in favor of another link. What the peer has sent already is
// received before. The caller holds the mutex.
func (t *Transport) retire(l *link, reason membership.Reason, err error) {
	t.end(l, reason, err)
	if l.state != Up {
		l.cancel()
		return
	}
	l.patience.closeSoon()
	l.out.finish() // tells a peer that still lives
}

// end takes l out of the tables, so that the next Send makes a new link, and says
// why. The caller holds the mutex.
func (t *Transport) end(l *link, reason membership.Reason, err error) {
	t.leave(l)
	if l.ending == nil {
		l.ending = &ending{reason: reason, err: err}
	}
}

// dismiss closes l after what is queued, without a report. The caller holds the
// mutex.
func (t *Transport) dismiss(l *link) {
	t.leave(l)
	l.quiet = true
	if l.state == Waiting {
		l.dialAgain() // the peer's dial will find another link, or none
	}
	l.patience.closeSoon()
	l.out.finish()
}

// dialAgain takes a link out of waiting. The caller holds the mutex.
func (l *link) dialAgain() {
	l.state = Dialing
	select {
	case l.again <- struct{}{}:
	default: // it has been told
	}
}

// closeIdle closes l because nothing was heard or said for a while, and reports
// whether it did. What still arrives until the peer closes too is received.
func (t *Transport) closeIdle(l *link) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if l.quiet || l.ending != nil || l.patience.isRetained() || l.out.pending() > 0 {
		return false
	}
	l.idle = true
	t.dismiss(l)
	t.counters.idle.Add(1)
	return true
}
