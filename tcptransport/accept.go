// Accepting connections, and finding out who is there.

package tcptransport

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"

	"github.com/rs/zerolog"

	"github.com/kithmesh/kith/views"
)

// Pauses after a failed accept, such as when no file descriptor is left: the
// links that exist go on meanwhile.
const (
	minAcceptPause = 5 * time.Millisecond
	maxAcceptPause = time.Second
)

// accept accepts connections until the transport closes.
func (t *Transport) accept() {
	var pause time.Duration
	for {
		raw, err := t.listener.Accept()
		switch {
		case t.serving.Err() != nil:
			if err == nil {
				closeQuietly(raw)
			}
			return
		case errors.Is(err, net.ErrClosed):
			t.log.Error().Err(err).Msg("listener_closed")
			return
		case err != nil:
			pause = min(max(2*pause, minAcceptPause), maxAcceptPause)
			if t.quiet.allow(complaint{event: "accept_failed"}) {
				t.log.Error().Err(err).Dur("pause", pause).Msg("accept_failed")
			}
			t.pause(pause)
			continue
		}
		pause = 0
		t.counters.accepted.Add(1)
		if !t.pace.Allow() {
			t.counters.fault(FaultRate)
			t.complain(raw, zerolog.WarnLevel, "flooded", "").Float64("rate", t.cfg.AcceptRate).Msg("too_many_connections")
			abort(raw)
			continue
		}
		if t.track(raw, useHello) {
			t.wg.Go(func() { t.serve(raw) })
		}
	}
}

// pause waits, but no longer than the transport serves.
func (t *Transport) pause(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-t.serving.Done():
	}
}

// serve finds out who has connected and what for, and goes on with that.
func (t *Transport) serve(raw net.Conn) {
	if l := t.welcome(raw); l != nil {
		l.run()
	}
}

// welcome returns the link that the connection became, if this goroutine has to
// run it. A connection that became none is closed.
func (t *Transport) welcome(raw net.Conn) *link {
	kept, begin := false, time.Now()
	defer func() {
		if !kept {
			t.discard(raw)
		}
	}()
	s, h, err := t.identify(raw)
	if err != nil {
		fault, level := blame(err)
		t.counters.fault(fault)
		t.complain(raw, level, "bad_hello", fault.String()).
			Stringer("fault", fault).Str("error", clip(err.Error())).Msg("bad_hello")
		if fault == FaultTLS {
			explain(raw)
		}
		return nil
	}
	answer := t.judge(s, &h)
	if answer.verdict != VerdictOK {
		t.refuse(s, &h, &answer)
		return nil
	}
	answer.peer = t.self
	if h.purpose == purposeJoin {
		t.answerJoin(s, h.peer, &answer)
		return nil
	}
	var l *link
	if l, kept = t.await(s, &h, &answer); kept {
		t.counters.acceptTimes.since(begin)
	}
	return l
}

// refuse answers a hello with a verdict other than ok.
func (t *Transport) refuse(s *stream, h *hello, answer *reply) {
	t.counters.refused[answer.verdict].Add(1)
	level, class := zerolog.WarnLevel, answer.verdict.String()
	if answer.verdict == VerdictCrossed {
		level = zerolog.DebugLevel // two nodes dialed each other at once
	}
	if answer.fault != 0 {
		t.counters.fault(answer.fault)
		class = answer.fault.String()
	}
	t.complain(s.raw, level, "hello_refused", class).Str("why", class).Err(answer.why).
		Str("peer", h.peer.ID).Str("cluster", h.cluster).Msg("hello_refused")
	_, _ = s.conn.Write(encodeReply(answer)) // who does not read it has timed out anyway
}

// identify reads the hello of a new connection, which has HelloTimeout for it and
// for becoming Ready.
func (t *Transport) identify(raw net.Conn) (*stream, hello, error) {
	ctx, cancel := context.WithTimeout(t.serving, t.cfg.HelloTimeout)
	defer cancel()
	deadline, _ := ctx.Deadline()
	if err := raw.SetDeadline(deadline); err != nil {
		return nil, hello{}, err
	}
	s, err := t.shield.accept(ctx, raw)
	if err != nil {
		return nil, hello{}, err
	}
	body, err := s.expect(typeHello)
	if err != nil {
		return nil, hello{}, err
	}
	h, err := decodeHello(body)
	return s, h, err
}

// judge answers a hello. A link that it accepts is promised.
func (t *Transport) judge(s *stream, h *hello) reply {
	switch {
	case h.cluster != t.cfg.Cluster:
		return reply{verdict: VerdictCluster}
	case !h.speaks():
		return reply{
			verdict: VerdictVersion,
			detail:  "speaks " + strconv.Itoa(minVersion) + " to " + strconv.Itoa(maxVersion),
		}
	}
	if err := t.shield.check(s, h.peer); err != nil {
		return reply{
			verdict: VerdictRefused, detail: "the certificate is not that of " + h.peer.ID,
			fault: FaultCertificate, why: err,
		}
	}
	if err := t.admitted(h.peer); err != nil {
		return reply{verdict: VerdictRefused, detail: "not admitted", fault: FaultDenied, why: err}
	}
	switch {
	case h.purpose == purposeJoin:
		return reply{verdict: VerdictOK}
	case h.expected != t.self.ID:
		return reply{verdict: VerdictWrongPeer, peer: t.self}
	case h.peer.ID == t.self.ID:
		return reply{verdict: VerdictRefused, peer: t.self, detail: "that ID is my own"}
	default:
		return t.promise(h.peer)
	}
}

// admitted asks the application whether it wants a peer.
func (t *Transport) admitted(peer *views.Peer) error {
	if t.cfg.Admit == nil {
		return nil
	}
	if err := t.cfg.Admit(peer); err != nil {
		return fmt.Errorf("%w: %s: %w", ErrDenied, peer.ID, err)
	}
	return nil
}

// await accepts a hello and makes the link as soon as the dialer is Ready: until
// then the dialer may give way to a dial of this node. It reports whether the
// connection is in use now, and returns the link if the caller has to run it.
func (t *Transport) await(s *stream, h *hello, answer *reply) (*link, bool) {
	_, err := s.conn.Write(encodeReply(answer))
	if err == nil {
		_, err = s.expect(typeReady)
	}
	if err != nil {
		t.counters.fault(FaultReady)
		t.complain(s.raw, zerolog.DebugLevel, "not_ready", "").Str("peer", h.peer.ID).Str("error", clip(err.Error())).Msg("not_ready")
		t.withdraw(h.peer)
		return nil, false
	}
	return t.admit(s, h.peer)
}
