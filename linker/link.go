// One link: from the first attempt until the peer is no neighbor any more.

package linker

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/kithmesh/kith/views"
)

// link is the link to one life of one neighbor. Its goroutine alone attaches and
// detaches it.
type link struct {
	l     *Linker
	id    string
	life  uint64 // the peer's incarnation
	dials bool

	stop context.CancelFunc
	done chan struct{}
	kick chan struct{} // look at the connection now
	// hellos are those that come on the local connection.
	hellos chan *nats.Msg
	// seq is the number of the latest hello; the link's goroutine alone uses it.
	seq uint64
	// attached is what the link is made of at present, nil between attempts.
	attached atomic.Pointer[attachment]

	msgsIn, msgsOut, bytesIn, bytesOut atomic.Uint64

	// Guarded by the Linker's mu.
	peer      *views.Peer
	state     State
	since     time.Time
	err       error
	rtt       time.Duration
	heldUntil time.Time
}

// pendingHellos is the number of hellos that may wait for a link; more are
// dropped, as they are repeated anyway.
const pendingHellos = 16

// newLink starts the link to a peer, once after is closed, if it is given.
func (l *Linker) newLink(ctx context.Context, p *views.Peer, after <-chan struct{}) *link {
	ctx, stop := context.WithCancel(ctx)
	k := &link{
		l:      l,
		id:     p.ID,
		life:   p.Incarnation,
		dials:  dials(&l.cfg, p),
		stop:   stop,
		done:   make(chan struct{}),
		kick:   make(chan struct{}, 1),
		hellos: make(chan *nats.Msg, pendingHellos),
		peer:   p,
		state:  Connecting,
		since:  time.Now(),
	}
	l.work.Go(func() {
		defer close(k.done)
		defer stop()
		if after != nil {
			<-after
		}
		k.run(ctx, p)
	})
	return k
}

// dials decides which side of a pair connects to the other: both sides come to
// the same decision.
func dials(cfg *Config, p *views.Peer) bool {
	switch {
	case cfg.Mode == Subscriptions:
		return false
	case (cfg.Self.NATS == "") != (p.NATS == ""):
		return cfg.Self.NATS == ""
	}
	return cfg.Self.ID < p.ID
}

// serves reports whether the link is still the right one for the peer.
func (k *link) serves(p *views.Peer) bool {
	return k.life == p.Incarnation && (k.l.cfg.Mode == Subscriptions || k.peer.NATS == p.NATS)
}

// held reports whether a link without a neighbor is to be kept for now.
func (k *link) held(now time.Time, holdDown time.Duration) bool {
	if k.heldUntil.IsZero() {
		k.heldUntil = now.Add(holdDown)
	}
	return now.Before(k.heldUntil)
}

// run makes one attempt after the other until ctx ends.
func (k *link) run(ctx context.Context, p *views.Peer) {
	if k.l.cfg.Mode == Connections && p.NATS == "" && k.l.cfg.Self.NATS == "" {
		k.enter(NoServer, ErrNoServer)
		<-ctx.Done()
		return
	}
	pause := newBackoff(&k.l.cfg, p)
	for err := error(nil); ctx.Err() == nil; k.sleep(ctx, pause.next()) {
		k.enter(Connecting, err)
		err = k.attempt(ctx, p, pause)
		if ctx.Err() != nil {
			return
		}
		k.enter(Backoff, err)
	}
}

// attempt attaches the link and lets it work until it fails.
func (k *link) attempt(ctx context.Context, p *views.Peer, pause *backoff) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	a, err := k.attach(ctx, p)
	if err != nil {
		return err
	}
	defer k.detach(a)
	k.enter(Waiting, nil)
	return k.converse(ctx, a, pause)
}

// sleep waits for the next attempt.
func (k *link) sleep(ctx context.Context, pause time.Duration) {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-k.kick:
	case <-ctx.Done():
	}
}

// enter records the state and tells everybody, unless the link has been replaced.
func (k *link) enter(state State, err error) {
	l := k.l
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.links[k.id] != k || (k.state == state && errors.Is(err, k.err)) {
		return
	}
	if was := k.state; was != state {
		k.since = time.Now()
		if was == Up || state == Up {
			l.cfg.Logger.Info().Str("peer", k.id).Stringer("was", was).Stringer("state", state).
				Bool("dialed", k.dials).Err(err).Msg("link_state")
		}
	}
	k.state, k.err = state, err
	l.publishTable()
}

// measured records a round trip.
func (k *link) measured(rtt time.Duration) {
	k.l.mu.Lock()
	defer k.l.mu.Unlock()
	k.rtt = rtt
}

// attachment is what a link is made of while it is attached.
type attachment struct {
	conn *nats.Conn
	// subs are the subscriptions on conn that are this link's own. They are added under the mutex
	// of the Linker, as [Linker.Counts] looks at them meanwhile.
	subs []*nats.Subscription
	// hellos are those of the neighbor.
	hellos <-chan *nats.Msg
	// closed tells that a dialed connection has ended; nil for the local one,
	// which the Linker watches.
	closed <-chan nats.Status
	// spare calls off that a dialed connection is closed, unflushed, when Close
	// cannot wait any longer.
	spare func() bool
}

// attach makes the connection and the subscriptions of the link.
func (k *link) attach(ctx context.Context, p *views.Peer) (*attachment, error) {
	if k.dials {
		return k.attachDialed(ctx, p)
	}
	a := &attachment{conn: k.l.local, hellos: k.hellos}
	if !a.conn.IsConnected() {
		return nil, a.lost()
	}
	// Before the subscription, so that its first message finds the link there.
	k.attached.Store(a)
	if k.l.cfg.Mode == Subscriptions {
		sub, err := a.conn.ChanSubscribe(k.l.plan.from+k.id+".>", k.l.inbox.msgs)
		if err != nil {
			k.attached.Store(nil)
			return nil, fmt.Errorf("linker: subscribing: %w", err)
		}
		k.hold(a, sub)
	}
	return a, nil
}

// hold adds a subscription of the link.
func (k *link) hold(a *attachment, sub *nats.Subscription) {
	k.l.mu.Lock()
	defer k.l.mu.Unlock()
	a.subs = append(a.subs, sub)
	k.l.subscriptions.Add(1)
}

// attachDialed connects to the neighbor's server. The inbox of the connection is
// served until ctx ends.
func (k *link) attachDialed(ctx context.Context, p *views.Peer) (*attachment, error) {
	l := k.l
	conn, raw, err := l.dial(ctx, p)
	if err != nil {
		return nil, err
	}
	l.connections.Add(1)
	in := newInbox(l, conn)
	hellos := make(chan *nats.Msg, pendingHellos)
	a := &attachment{conn: conn, hellos: hellos, closed: conn.StatusChanged(nats.CLOSED)}
	a.spare = closeAfter(l.patient, raw) //nolint:contextcheck // outlives the attempt: it is for the end of it
	k.attached.Store(a)
	for _, s := range []struct {
		subject string
		msgs    chan *nats.Msg
	}{
		{l.plan.from + k.id + ".>", in.msgs},
		{l.plan.toSelf + k.id + ".>", in.msgs},
		{l.plan.helloFrom(k.id), hellos},
	} {
		sub, err := conn.ChanSubscribe(s.subject, s.msgs)
		if err != nil {
			k.detach(a)
			return nil, fmt.Errorf("linker: subscribing: %w", err)
		}
		k.hold(a, sub)
	}
	l.handlers.Go(func() { in.run(ctx) })
	return a, nil
}

// detach undoes attach.
func (k *link) detach(a *attachment) {
	k.attached.Store(nil)
	k.l.dropped.Add(dropped(a.subs...))
	k.l.subscriptions.Add(-int64(len(a.subs)))
	if k.dials {
		a.conn.Close()
		a.spare()
		k.l.connections.Add(-1)
		return
	}
	for _, sub := range a.subs {
		if err := sub.Unsubscribe(); err != nil && !a.conn.IsClosed() {
			k.l.cfg.Logger.Warn().Err(err).Str("peer", k.id).Msg("link_not_unsubscribed")
		}
	}
}

// lost is the error for a connection that is not connected: what nats.go calls
// that, and what happened last, which usually is the reason.
func (a *attachment) lost() error {
	err := nats.ErrDisconnected
	if a.conn.IsClosed() {
		err = nats.ErrConnectionClosed
	}
	if last := a.conn.LastError(); last != nil {
		return fmt.Errorf("linker: %w: %w", err, last)
	}
	return fmt.Errorf("linker: %w", err)
}

// dropped is the number of messages that the subscriptions have lost because
// their queue was full.
func dropped(subs ...*nats.Subscription) uint64 {
	var sum uint64
	for _, sub := range subs {
		if n, err := sub.Dropped(); err == nil && n > 0 {
			sum += uint64(n)
		}
	}
	return sum
}
