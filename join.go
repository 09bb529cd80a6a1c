// How a node asks to be let in: trips to the meeting places.

package kith

import (
	"context"
	"errors"
	"fmt"

	"github.com/kithmesh/kith/membership"
)

// ask takes a Join to the meeting places, one such trip at a time: while one is
// under way the core's next attempt waits for its timer.
func (l *loop) ask(join membership.Message) {
	if l.asking || len(l.node.meetings) == 0 {
		return
	}
	l.asking = true
	join = keep(join)
	l.node.work.Go(func() {
		reply, err := l.node.askAll(join)
		l.joined(reply, err)
		l.post(membership.Input{Kind: membership.Answered, Message: reply})
	})
}

// joined remembers and logs how an attempt to join went.
func (l *loop) joined(reply membership.Message, err error) {
	switch {
	case errors.Is(err, membership.ErrNobody):
		l.node.log.Debug().Msg("join_nobody_there")
	case err != nil:
		l.node.log.Warn().Err(err).Msg("join_failed")
	case reply.Verdict == membership.Stale:
		err = fmt.Errorf("kith: ID %s is in use: a life with incarnation %d is known, ours is %d",
			l.node.self.ID, reply.Incarnation, l.node.self.Incarnation)
		l.node.log.Error().Uint64("known", reply.Incarnation).Msg("join_stale_incarnation")
	case reply.Verdict == membership.Undialable:
		err = fmt.Errorf("kith: %s could not dial our address %s", reply.Peer.ID, l.node.self.Addr)
		l.node.log.Warn().Str("peer", reply.Peer.ID).Str("addr", l.node.self.Addr).Msg("join_address_undialable")
	default:
		l.node.log.Debug().Str("peer", reply.Peer.ID).Stringer("verdict", reply.Verdict).Msg("join_answered")
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.failure = err
}

func (l *loop) joinError() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.failure
}

// askAll asks the meeting places in order until one lets the node in.
func (n *Node) askAll(join membership.Message) (membership.Message, error) {
	var failures []error
	for _, meeting := range n.meetings {
		reply, err := n.askOne(meeting, join)
		if err == nil {
			return reply, nil
		}
		if !errors.Is(err, membership.ErrNobody) {
			failures = append(failures, err)
		}
	}
	if len(failures) == 0 {
		return membership.Message{}, membership.ErrNobody
	}
	return membership.Message{}, errors.Join(failures...)
}

// askOne asks one meeting place; one that panics has failed, not the node.
func (n *Node) askOne(meeting Rendezvous, join membership.Message) (reply membership.Message, err error) {
	ctx, cancel := context.WithTimeout(n.ctx, n.cfg.JoinTimeout)
	defer cancel()
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("kith: meeting place %T panicked: %v", meeting, r)
		}
	}()
	reply, err = meeting.Join(ctx, join)
	if err != nil {
		return membership.Message{}, err
	}
	if reply, err = checked(reply, membership.JoinReply); err != nil {
		return membership.Message{}, fmt.Errorf("kith: meeting place %T: %w", meeting, err)
	}
	return reply, nil
}
