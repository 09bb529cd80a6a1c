// A JOIN over TCP: on a connection of its own that never becomes a link.

package tcptransport

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/rs/zerolog"

	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/views"
	"github.com/kithmesh/kith/wire"
)

// ErrJoin is matched when a JOIN over TCP was not answered properly.
var ErrJoin = errors.New("tcptransport: no answer to the join")

// Ask sends a JOIN to an address and returns the answer of whoever is there,
// which may be this node itself. It takes DialTimeout for the hello and
// HelloTimeout for the answer at most, and ends with ctx or the transport. What
// the other side refuses is a [*RefusedError].
func (t *Transport) Ask(ctx context.Context, addr string, join membership.Message) (membership.Message, error) {
	if err := t.ready(); err != nil {
		return membership.Message{}, err
	}
	if err := views.ValidAddr(addr); err != nil {
		return membership.Message{}, fmt.Errorf("tcptransport: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, t.cfg.DialTimeout+t.cfg.HelloTimeout)
	defer cancel()
	defer context.AfterFunc(t.serving, cancel)() //nolint:contextcheck // the end of the transport counts too
	answer, err := t.ask(ctx, addr, &join)
	if err != nil && t.serving.Err() != nil {
		err = fmt.Errorf("%w: %w", ErrClosed, err)
	}
	return answer, err
}

func (t *Transport) ask(ctx context.Context, addr string, join *membership.Message) (membership.Message, error) {
	dial, cancel := context.WithTimeout(ctx, t.cfg.DialTimeout)
	defer cancel()
	s, accept, err := t.reach(dial, addr, useAsk, &hello{purpose: purposeJoin})
	if err != nil {
		return membership.Message{}, err
	}
	defer t.discard(s.raw)
	if err := t.shield.check(s, accept.peer); err != nil {
		t.counters.fault(FaultCertificate)
		return membership.Message{}, fmt.Errorf("%w: %w", ErrWrongPeer, err)
	}
	defer context.AfterFunc(ctx, s.close)()
	if _, err = s.conn.Write(membership.AppendMessage(nil, join)); err != nil {
		return membership.Message{}, fmt.Errorf("%w: %w", ErrJoin, err)
	}
	answer, err := s.message(membership.JoinReply)
	switch {
	case err != nil && ctx.Err() != nil:
		err = fmt.Errorf("%w: %w", ctx.Err(), err)
	case err == nil && !answer.Peer.Same(accept.peer):
		err = fmt.Errorf("%w: peer is %s, the hello said %s", ErrJoin, answer.Peer.ID, accept.peer.ID)
	}
	return answer, err
}

// answerJoin accepts a hello, reads the JOIN and answers it. The newcomer is who
// the hello says, and nobody else.
func (t *Transport) answerJoin(s *stream, from *views.Peer, accept *reply) {
	if _, err := s.conn.Write(encodeReply(accept)); err != nil {
		return
	}
	join, err := s.message(membership.Join)
	if err == nil && !join.Peer.Same(from) {
		err = fmt.Errorf("%w: peer is %s, the hello said %s", ErrJoin, join.Peer.ID, from.ID)
	}
	if err != nil {
		t.counters.fault(FaultJoin)
		t.complain(s.raw, zerolog.WarnLevel, "bad_join", "").
			Str("peer", from.ID).Str("error", clip(err.Error())).Msg("bad_join")
		return
	}
	join.Peer = from
	t.counters.joins.Add(1)
	ctx, cancel := context.WithTimeout(t.serving, t.cfg.HelloTimeout)
	defer cancel()
	answer, err := t.handler.Join(ctx, join)
	if err != nil {
		t.log.Debug().Str("peer", from.ID).Err(err).Msg("join_unanswered")
		return
	}
	_ = s.raw.SetDeadline(time.Now().Add(t.cfg.HelloTimeout)) // an error shows in the write
	_, _ = s.conn.Write(membership.AppendMessage(nil, &answer))
}

// message reads one message of the given kind.
func (s *stream) message(kind membership.Kind) (membership.Message, error) {
	typ, frame, err := s.in.next(wire.MaxFrame)
	if err != nil {
		return membership.Message{}, fmt.Errorf("%w: %w", ErrJoin, err)
	}
	if typ != byte(kind) {
		return membership.Message{}, fmt.Errorf("%w: frame of type %d, want %d", ErrJoin, typ, kind)
	}
	m, err := membership.DecodeMessage(typ, frame[wire.HeaderLen:])
	if err != nil {
		return membership.Message{}, fmt.Errorf("%w: %w", ErrJoin, err)
	}
	return m, nil
}
