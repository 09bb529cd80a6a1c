// The transport: its life from Listen to Shutdown or Stop.

package tcptransport

import (
	"context"
	"fmt"
	"net"
	"sync"

	"github.com/rs/zerolog"
	"golang.org/x/time/rate"

	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/views"
)

// Handler is told what arrives. Its methods are called by many goroutines at
// once, without any lock held. A call that blocks holds back its own link only;
// once the transport is shut down or stopped it has to return soon, as both wait
// for it.
type Handler interface {
	// Received hands over a message, in order for each link. The sender is who
	// its hello proved.
	Received(from *views.Peer, link uint64, msg membership.Message)
	// Lost reports that a link has ended: once at most for each, and after its
	// last Received. A dial that failed is a link that ended.
	Lost(peer *views.Peer, link uint64, reason membership.Reason, err error)
	// Join answers a JOIN that came over TCP. An error closes the connection
	// without an answer. The context ends when the asker does not wait any more.
	Join(ctx context.Context, join membership.Message) (membership.Message, error)
}

// Transport carries messages between nodes over TCP. All methods may be called
// concurrently.
type Transport struct {
	cfg      Config
	log      zerolog.Logger
	listener net.Listener
	shield   *shield       // nil without TLS
	dials    chan struct{} // one element for each dial under way
	pace     *rate.Limiter // of what is accepted
	quiet    quieter
	late     lateness
	counters counters

	running context.Context // ends with Stop
	halt    context.CancelFunc
	serving context.Context // ends with Shutdown or Stop
	quit    context.CancelFunc
	wg      sync.WaitGroup // all goroutines
	gone    chan struct{}  // closed when there is none left

	// Set by Start, before anything that reads them exists.
	self    *views.Peer
	handler Handler
	carrier Carrier // nil when the handler is none

	mu       sync.Mutex
	closed   bool // nothing new begins
	stopped  bool // nothing goes on, nothing is reported
	lastLink uint64
	dialing  int // links that began with a dial and have neither come up nor ended
	links    map[uint64]*link
	seats    map[life]*seat
	conns    map[net.Conn]use
}

// use says what an open connection is for.
type use uint8

const (
	useHello    use = iota + 1 // accepted, and not a link yet
	useInbound                 // accepted, and a link
	useDial                    // dialed, and not a link yet
	useOutbound                // dialed, and a link
	useAsk                     // dialed to ask a JOIN
)

// Listen begins to listen, so that [Transport.Addr] is known. Nothing is accepted
// or sent before [Transport.Start]. The context limits the listening call only.
func Listen(ctx context.Context, cfg Config) (*Transport, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	listener := cfg.Listener
	if listener == nil {
		var err error
		if listener, err = new(net.ListenConfig).Listen(ctx, "tcp", cfg.Bind); err != nil {
			return nil, fmt.Errorf("tcptransport: listen: %w", err)
		}
	}
	t := &Transport{
		cfg:      cfg,
		log:      cfg.Logger,
		listener: listener,
		shield:   newShield(&cfg),
		dials:    make(chan struct{}, cfg.MaxDials),
		pace:     rate.NewLimiter(rate.Limit(cfg.AcceptRate), max(1, int(cfg.AcceptRate))),
		gone:     make(chan struct{}),
		links:    make(map[uint64]*link),
		seats:    make(map[life]*seat),
		conns:    make(map[net.Conn]use),
	}
	t.running, t.halt = context.WithCancel(context.WithoutCancel(ctx))
	t.serving, t.quit = context.WithCancel(t.running)
	return t, nil
}

// Addr returns the address that is listened on. With a Bind of port 0 it has the
// port that was found.
func (t *Transport) Addr() net.Addr { return t.listener.Addr() }

// Start begins to accept connections, as self, which must be valid. Calls after
// the first, or after Shutdown or Stop, do nothing.
func (t *Transport) Start(self *views.Peer, h Handler) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed || t.self != nil {
		return
	}
	t.self, t.handler = self, h
	t.carrier, _ = h.(Carrier)
	t.wg.Go(t.accept)
}

// ready returns why nothing can be sent, if that is so.
func (t *Transport) ready() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case t.closed:
		return ErrClosed
	case t.self == nil:
		return ErrNotStarted
	default:
		return nil
	}
}

// Close closes a link after what was queued on it, without a report: no more
// messages of this link are received, but for one whose delivery is under way, and it
// is not reported as lost. What a [Carrier] is given still comes until the peer has closed
// too, or Config.Linger is over. The next Send to the peer makes a new link. Link 0 is
// the current link to this life of the peer. A link that has ended is left alone.
func (t *Transport) Close(peer *views.Peer, link uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	l := t.links[link]
	if link == 0 {
		if s := t.seats[lifeOf(peer)]; s != nil {
			l = s.link
		}
	}
	if l == nil || !l.to.Same(peer) {
		return
	}
	l.muted.Store(true)
	t.dismiss(l)
}

// Retain says whether a link is kept when it is idle. On one that is kept, a
// silence of Config.Silence means that the peer is lost. It returns false when
// there is no such link: it was lost, or it has just been closed for being idle,
// which nothing else reports.
func (t *Transport) Retain(link uint64, keep bool) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	l := t.links[link]
	if l == nil {
		return false
	}
	l.patience.retain(keep)
	return true
}

// Shutdown sends what is queued, closes all links and waits for every goroutine
// to end. When ctx ends first, the rest is ended as by Stop, and the error is that
// of ctx. It must not be called by the handler.
func (t *Transport) Shutdown(ctx context.Context) error {
	t.close(false)
	select {
	case <-t.gone:
		return nil
	case <-ctx.Done():
		t.Stop()
		return fmt.Errorf("tcptransport: shutdown: %w", ctx.Err())
	}
}

// Stop ends everything as a crash would: connections are reset, what is queued is
// dropped. It waits for every goroutine to end. It must not be called by the
// handler.
func (t *Transport) Stop() {
	t.close(true)
	<-t.gone
}

// close begins the end, once; and once more if it was to be gentle and is not any
// longer.
func (t *Transport) close(hard bool) {
	t.mu.Lock()
	first := !t.closed
	t.closed = true
	t.stopped = t.stopped || hard
	if first && !hard {
		for _, l := range t.links {
			l.muted.Store(true)
			t.dismiss(l)
		}
	}
	for raw, kind := range t.conns {
		switch {
		case hard:
			abort(raw)
		case kind == useHello || kind == useAsk:
			closeQuietly(raw)
		}
	}
	t.mu.Unlock()
	t.quit()
	if hard {
		t.halt()
	}
	if first {
		closeQuietly(t.listener)
		go func() {
			t.wg.Wait()
			t.halt()
			close(t.gone)
		}()
	}
}

// track remembers an open connection, so that it can be closed from outside. It
// closes the connection and reports false when it is one too many.
func (t *Transport) track(raw net.Conn, kind use) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	overflow := kind == useHello && t.count(useHello) >= t.cfg.MaxUnidentified
	if overflow {
		t.counters.fault(FaultOverflow)
	}
	if overflow || t.stopped || t.closed && kind != useDial {
		abort(raw)
		return false
	}
	t.conns[raw] = kind
	return true
}

// count returns how many connections are used so. The caller holds the mutex.
func (t *Transport) count(kind use) int {
	n := 0
	for _, k := range t.conns {
		if k == kind {
			n++
		}
	}
	return n
}

// discard closes a connection and forgets it.
func (t *Transport) discard(raw net.Conn) {
	closeQuietly(raw)
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.conns, raw)
}
