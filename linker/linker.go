// The Linker: it compares the view with the table of links, and makes them agree.

package linker

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/kithmesh/kith/views"
)

// closeLimit limits how long Close goes on waiting when its context has ended. Only
// goroutines that are about to end are waited for then, but they may have to call
// what belongs to the caller: the local connection, a dialer, the watch.
const closeLimit = time.Second

// Linker keeps one link to each neighbor. All methods may be called by many
// goroutines at once, and from handlers; but see [Linker.Close].
type Linker struct {
	cfg   Config
	plan  plan
	local *nats.Conn
	opts  []nats.Option

	// stop ends everything that runs; unlinked is closed when all of it has ended
	// but for the goroutines that call handlers, done when those have ended too.
	stop           context.CancelFunc
	unlinked, done chan struct{}
	// patient ends when a Close cannot wait any longer: nothing is flushed then.
	patient context.Context
	hurry   context.CancelFunc
	// work are the goroutines that end by themselves when stopped; handlers are
	// those that call handlers and so may take longer.
	work, handlers sync.WaitGroup
	// calling is the number of handlers that run now.
	calling atomic.Int64

	// inbox takes what arrives on the local connection.
	inbox              *inbox
	inboxSub, helloSub *nats.Subscription

	// routes is what publishers and receivers read; nil once closed.
	routes  atomic.Pointer[routes]
	handled registry

	mu      sync.Mutex
	links   map[string]*link
	known   bool          // a view has come
	changed chan struct{} // closed and replaced at every change

	connections, subscriptions            atomic.Int64
	dials, dialFailures                   atomic.Uint64
	dropped, strangers, malformed, panics atomic.Uint64
}

// routes is the table of links in the form that a message needs.
type routes struct {
	links  map[string]*link
	near   []*link // up, reached by one publish on the local connection
	dialed []*link // up, each reached on its own connection
}

// Start begins to link the node to its neighbors.
//
// The local connection is to the node's own NATS server in mode Connections, and
// to the shared one in mode Subscriptions. It stays the caller's, who keeps it
// open until the Linker has closed. Made with nats.ReconnectBufSize(-1), it
// cannot send old messages after a reconnect in the rare case that it is lost
// just while one is published; the Linker publishes nothing while it is not
// connected.
//
// watch yields the neighbors at once and again after each change. It must end
// when its context does. If it ends before, the neighbors stay as they are.
//
// The options are for the connections that the Linker dials: credentials, TLS, a
// dialer. Note that they are presented to the server that a neighbor names.
// Those that would lead away from that server, or that concern reconnecting, are
// overruled.
//
// Start does not wait for anything; see [Linker.WaitUp]. When ctx ends, the
// Linker closes as by [Linker.Close].
func Start(
	ctx context.Context, cfg Config, local *nats.Conn,
	watch func(context.Context) iter.Seq[[]views.Peer], opts ...nats.Option,
) (*Linker, error) {
	err := cfg.Validate()
	if local == nil {
		err = errors.Join(err, &ConfigError{Field: "local", Value: "nil", Want: "a connection"})
	}
	if watch == nil {
		err = errors.Join(err, &ConfigError{Field: "watch", Value: "nil", Want: "a function"})
	}
	if err != nil {
		return nil, err
	}
	if _, err := applyOptions(opts); err != nil {
		return nil, err
	}
	l := &Linker{
		cfg:      cfg,
		plan:     newPlan(cfg.Cluster, cfg.Self.ID),
		local:    local,
		opts:     opts,
		unlinked: make(chan struct{}),
		done:     make(chan struct{}),
		links:    make(map[string]*link),
		changed:  make(chan struct{}),
	}
	l.routes.Store(&routes{})
	if err := l.listen(); err != nil {
		return nil, err
	}
	l.patient, l.hurry = context.WithCancel(context.WithoutCancel(ctx))
	ctx, l.stop = context.WithCancel(ctx)
	l.handlers.Go(func() { l.inbox.run(ctx) })
	go l.run(ctx, watch)
	return l, nil
}

// listen makes the two subscriptions that are the node's own.
func (l *Linker) listen() error {
	l.inbox = newInbox(l, l.local)
	var err error
	l.inboxSub, err = l.local.ChanSubscribe(l.plan.toSelf+">", l.inbox.msgs)
	if err != nil {
		return fmt.Errorf("linker: subscribing: %w", err)
	}
	l.helloSub, err = l.local.Subscribe(l.plan.linkSelf+"*", l.heardLocally)
	if err != nil {
		return errors.Join(fmt.Errorf("linker: subscribing: %w", err), l.inboxSub.Unsubscribe())
	}
	return nil
}

// Close unlinks everything and waits until the servers know, all handlers have
// returned and all goroutines have ended. It leaves the local connection open.
// Closing again waits again.
//
// When ctx ends, or has ended before, Close waits neither for servers nor for
// handlers any more. Without an error everything has ended all the same. The
// error matches [ErrHandlerRuns] when a handler has not returned; all that is
// left then is that handler's goroutine and one that waits for it.
//
// A handler that calls Close waits for itself, until ctx ends: that needs a
// deadline.
func (l *Linker) Close(ctx context.Context) error {
	if ctx.Err() != nil {
		l.hurry() // before anything is flushed
	}
	l.stop()
	select {
	case <-l.done:
		return nil
	case <-ctx.Done():
		l.hurry()
		return l.await(context.Cause(ctx))
	}
}

// await waits for what does not take long, because ctx of Close has ended with
// that cause.
func (l *Linker) await(cause error) error {
	limit := time.NewTimer(closeLimit)
	defer limit.Stop()
	select {
	case <-l.unlinked:
	case <-limit.C:
		return fmt.Errorf("linker: closing: %w", cause)
	}
	if l.calling.Load() > 0 {
		return fmt.Errorf("linker: closing: %w: %w", ErrHandlerRuns, cause)
	}
	select {
	case <-l.done:
		return nil
	case <-limit.C:
		return fmt.Errorf("linker: closing: %w", cause)
	}
}

// run reconciles at every change of the view, of the local connection, and every
// few seconds.
func (l *Linker) run(ctx context.Context, watch func(context.Context) iter.Seq[[]views.Peer]) {
	defer close(l.done)
	defer l.handlers.Wait()
	defer l.unlink() //nolint:contextcheck // what ends with ctx is what is unlinked
	status := l.local.StatusChanged()
	defer l.local.RemoveStatusListener(status)
	seen := make(chan []views.Peer)
	l.work.Go(func() { l.follow(ctx, watch, seen) })

	// ending holds, by peer ID, the links that are being closed. Whoever follows
	// one waits for it, lest both receive.
	ending := make(map[string]<-chan struct{})
	var desired map[string]*views.Peer
	timer := time.NewTimer(l.cfg.Reconcile)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case peers := <-seen:
			desired = l.desire(peers)
		case <-status:
			l.kickAll()
			continue
		case <-timer.C:
		}
		timer.Reset(l.reconcile(ctx, desired, ending))
	}
}

// follow hands over each view that the watch yields.
func (l *Linker) follow(ctx context.Context, watch func(context.Context) iter.Seq[[]views.Peer], seen chan<- []views.Peer) {
	for peers := range watch(ctx) {
		select {
		case seen <- peers:
		case <-ctx.Done():
			return
		}
	}
}

// desire returns the peers of a view by ID, without the node itself and without
// those whose ID could not be part of a subject.
func (l *Linker) desire(peers []views.Peer) map[string]*views.Peer {
	desired := make(map[string]*views.Peer, len(peers))
	for _, p := range peers {
		if p.ID == l.cfg.Self.ID || !views.ValidToken(p.ID) {
			continue
		}
		if twin := desired[p.ID]; twin == nil || twin.Incarnation < p.Incarnation {
			desired[p.ID] = &p
		}
	}
	return desired
}

// reconcile makes the table of links agree with what is desired, and returns
// after what time to look again.
func (l *Linker) reconcile(ctx context.Context, desired map[string]*views.Peer, ending map[string]<-chan struct{}) time.Duration {
	for id, ended := range ending {
		select {
		case <-ended:
			delete(ending, id)
		default:
		}
	}
	if desired == nil {
		return l.cfg.Reconcile
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	now, next := time.Now(), l.cfg.Reconcile
	for id, k := range l.links {
		p := desired[id]
		switch {
		case p == nil && !k.held(now, l.cfg.HoldDown), p != nil && !k.serves(p):
			k.stop()
			delete(l.links, id)
			ending[id] = k.done
		case p == nil:
			next = min(next, k.heldUntil.Sub(now))
		default:
			k.peer, k.heldUntil = p, time.Time{}
		}
	}
	for id, p := range desired {
		if l.links[id] == nil {
			l.links[id] = l.newLink(ctx, p, ending[id])
			delete(ending, id)
		}
	}
	l.known = true
	l.publishTable()
	return next
}

// publishTable shows the table of links, as it is now, to everybody. The caller
// holds mu.
func (l *Linker) publishTable() {
	r := &routes{links: make(map[string]*link, len(l.links))}
	for id, k := range l.links {
		r.links[id] = k
		switch {
		case k.state != Up:
		case k.dials:
			r.dialed = append(r.dialed, k)
		default:
			r.near = append(r.near, k)
		}
	}
	l.routes.Store(r)
	close(l.changed)
	l.changed = make(chan struct{})
}

// kickAll makes every link look at its connection at once.
func (l *Linker) kickAll() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, k := range l.links {
		select {
		case k.kick <- struct{}{}:
		default:
		}
	}
}

// unlink ends all links, then the node's own subscriptions, and waits for
// everything that runs but handlers.
func (l *Linker) unlink() {
	defer close(l.unlinked)
	defer l.hurry()
	l.stop()
	l.mu.Lock()
	l.routes.Store(nil)
	l.known = false
	clear(l.links)
	close(l.changed)
	l.changed = make(chan struct{})
	l.mu.Unlock()
	l.work.Wait()
	l.dropped.Add(dropped(l.inboxSub))
	if err := errors.Join(l.inboxSub.Unsubscribe(), l.helloSub.Unsubscribe()); err != nil && !l.local.IsClosed() {
		l.cfg.Logger.Warn().Err(err).Msg("link_not_unsubscribed")
	}
	if l.local.IsConnected() && l.patient.Err() == nil {
		// The server has taken note when Close returns.
		ctx, cancel := context.WithTimeout(l.patient, l.cfg.HelloTimeout)
		defer cancel()
		if err := l.local.FlushWithContext(ctx); err != nil {
			l.cfg.Logger.Warn().Err(err).Msg("link_not_flushed")
		}
	}
}
