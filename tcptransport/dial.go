// The node's own dials.

package tcptransport

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/views"
)

// dialLink makes a link to peer with msg as its first message. It begins with a
// dial, or with waiting when a connection from that peer is promised. The caller
// holds the mutex.
func (t *Transport) dialLink(peer *views.Peer, msg *membership.Message) error {
	l := t.newLink(peer)
	l.dialed = true
	l.state = Dialing
	l.out.hold()
	if err := l.out.add(msg); err != nil {
		return err
	}
	l.ctx, l.cancel = context.WithTimeout(t.running, t.cfg.DialTimeout)
	t.enter(l)
	t.dialing++
	s := t.seats[lifeOf(peer)]
	l.after = s.leaving
	if s.promised > 0 {
		l.state = Waiting
	}
	t.wg.Go(l.run)
	return nil
}

// connect returns the connection of the link, made by this node or by the peer,
// or why there is none.
func (l *link) connect() (*stream, *ending) {
	if l.ctx == nil { // accepted
		return l.stream, nil
	}
	for {
		if attempt, cancel := l.begin(); attempt != nil {
			s, end := l.attempt(attempt)
			gaveUp := attempt.Err() != nil && l.ctx.Err() == nil
			cancel()
			if s != nil || end != nil && !gaveUp && l.settle(false) {
				return s, end
			}
		}
		select {
		case s := <-l.handed:
			return s, nil
		case <-l.again:
		case <-l.ctx.Done():
			if l.settle(true) {
				return nil, &ending{membership.Unreachable, fmt.Errorf("%w: %w", ErrCrossed, l.ctx.Err())}
			}
		}
	}
}

// begin returns the context of an attempt, nil when the link waits for the peer.
func (l *link) begin() (context.Context, context.CancelFunc) {
	l.t.mu.Lock()
	defer l.t.mu.Unlock()
	if l.state != Dialing {
		return nil, nil
	}
	ctx, cancel := context.WithCancel(l.ctx)
	l.giveUp = cancel
	return ctx, cancel
}

// settle decides that the link has failed, unless it is up or, before its
// deadline, waits for the peer.
func (l *link) settle(late bool) bool {
	t := l.t
	t.mu.Lock()
	defer t.mu.Unlock()
	if l.state == Up || l.state == Waiting && !late && l.ending == nil {
		return false
	}
	t.leave(l)
	return true
}

// attempt dials once. It returns neither a connection nor an ending when the
// peer's connection is to be expected instead.
func (l *link) attempt(ctx context.Context) (*stream, *ending) {
	t := l.t
	to := l.to
	if err := l.follow(ctx); err != nil {
		return nil, &ending{membership.Unreachable, fmt.Errorf("tcptransport: last link still leaving: %w", err)}
	}
	select {
	case t.dials <- struct{}{}:
		defer func() { <-t.dials }()
	case <-ctx.Done():
		return nil, &ending{membership.Unreachable, fmt.Errorf("tcptransport: too many dials: %w", ctx.Err())}
	}
	if err := t.admitted(to); err != nil {
		return nil, t.denied(err)
	}
	t.counters.dials.Add(1)
	begin := time.Now()
	s, answer, err := t.reach(ctx, to.Addr, useDial, &hello{purpose: purposeLink, expected: to.ID})
	if err != nil {
		return nil, l.refused(err)
	}
	if end := t.examine(s, to, answer.peer); end != nil {
		t.discard(s.raw)
		return nil, end
	}
	if !t.commit(l, s, answer.peer) {
		t.discard(s.raw)
		return nil, &ending{membership.Unreachable, ErrCrossed}
	}
	t.counters.dialTimes.since(begin)
	return s, nil
}

// follow waits for the end of the link before this one, if that has left only a
// moment ago: what it still has to say comes first, and two connections made in a
// row could arrive the other way round.
func (l *link) follow(ctx context.Context) error {
	if l.after == nil {
		return nil
	}
	select {
	case <-l.after.done:
		l.after = nil // only this goroutine uses it
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// refused says what an attempt's error means for the link.
func (l *link) refused(err error) *ending {
	switch {
	case errors.Is(err, ErrCrossed) && l.giveWay():
		return nil
	case errors.Is(err, ErrWrongPeer):
		return &ending{membership.WrongPeer, err}
	default:
		return &ending{membership.Unreachable, err}
	}
}

// giveWay makes the link wait for the peer's dial. A link that was closed
// meanwhile is not the one which that dial would find.
func (l *link) giveWay() bool {
	l.t.mu.Lock()
	defer l.t.mu.Unlock()
	if !l.t.isCurrent(l) {
		return false
	}
	if l.state == Dialing {
		l.state = Waiting
	}
	return true
}

// examine compares who answered with whom the dial meant.
func (t *Transport) examine(s *stream, want, got *views.Peer) *ending {
	switch {
	case got.ID != want.ID:
		return &ending{membership.WrongPeer, &PeerError{Want: want, Got: got, self: got.ID == t.self.ID}}
	case got.Incarnation != want.Incarnation:
		return &ending{membership.Unreachable, &PeerError{Want: want, Got: got}}
	}
	if err := t.shield.check(s, got); err != nil {
		t.counters.fault(FaultCertificate)
		return &ending{membership.WrongPeer, fmt.Errorf("%w: %w", ErrWrongPeer, err)}
	}
	if err := t.admitted(got); err != nil {
		return t.denied(err)
	}
	return nil
}

// denied is the end of a dial to somebody whom the application does not want: who is
// forgotten, and not looked for.
func (t *Transport) denied(err error) *ending {
	t.counters.fault(FaultDenied)
	return &ending{membership.WrongPeer, err}
}

// reach dials addr, says hello and returns the connection and the answer when it
// was ok. All of it ends with ctx.
func (t *Transport) reach(ctx context.Context, addr string, kind use, h *hello) (*stream, reply, error) {
	raw, err := t.cfg.Dialer(ctx, "tcp", addr)
	if err != nil {
		return nil, reply{}, fmt.Errorf("tcptransport: dial %s: %w", addr, err)
	}
	if !t.track(raw, kind) {
		return nil, reply{}, ErrClosed
	}
	stop := context.AfterFunc(ctx, func() { closeQuietly(raw) })
	s, answer, err := t.greet(ctx, raw, h)
	if !stop() && err == nil {
		err = ctx.Err()
	}
	if err != nil {
		if ctx.Err() != nil {
			err = fmt.Errorf("%w: %w", ctx.Err(), err)
		}
		t.discard(raw)
		return nil, reply{}, err
	}
	return s, answer, nil
}

// greet says hello on a new connection and reads the answer.
func (t *Transport) greet(ctx context.Context, raw net.Conn, h *hello) (*stream, reply, error) {
	s, err := t.shield.dial(ctx, raw)
	if err != nil {
		return nil, reply{}, err
	}
	h.cluster, h.peer, h.min, h.max = t.cfg.Cluster, t.self, minVersion, maxVersion
	if _, err = s.conn.Write(encodeHello(h)); err != nil {
		return nil, reply{}, alerted(fmt.Errorf("%w: %w", ErrHello, err))
	}
	body, err := s.expect(typeHelloReply)
	if err != nil {
		return nil, reply{}, alerted(err)
	}
	answer, err := decodeReply(body)
	if err != nil {
		return nil, reply{}, err
	}
	if answer.verdict != VerdictOK {
		return nil, reply{}, &RefusedError{
			Verdict:     answer.verdict,
			Peer:        answer.peer,
			Incarnation: answer.incarnation,
			Detail:      answer.detail,
		}
	}
	return s, answer, nil
}
