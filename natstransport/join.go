// Asks the members of a cluster to let a node in.

package natstransport

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/micro"

	"github.com/kithmesh/kith/membership"
)

const (
	// DefaultTimeout bounds a request whose context has no deadline.
	DefaultTimeout = 2 * time.Second
	// maxOwn is how often a node that reaches itself asks again. With one other
	// member, chance alone finds it with 255 to 1.
	maxOwn = 8
)

// Join takes the request to one member, chosen by NATS at random, and returns its
// answer.
//
// The error matches [membership.ErrNobody] when no other member is there, which
// NATS says at once; [ErrDisconnected] when there is no NATS server, also at once;
// [ErrMalformed] when the answer cannot be read; it is a [ServiceError] when the
// member could not serve the request; otherwise it wraps that of the context.
// Without a deadline the context gets one of [DefaultTimeout].
//
// On a connection made without nats.NoEcho() a node that serves may be handed its
// own request. It notices, asks again at once, and after eight such answers in
// a row takes it that nobody else is there. That is wrong once in a while, and
// then put right by the next attempt: a node without neighbors goes on asking.
func (m *Meeting) Join(ctx context.Context, join membership.Message) (membership.Message, error) {
	if m.closing.Err() != nil {
		return membership.Message{}, ErrClosed
	}
	data, err := encodeJoin(m.cfg.Cluster, &join)
	if err != nil {
		return membership.Message{}, err
	}
	ctx, cancel := withDeadline(ctx)
	defer cancel()
	ctx, abort := context.WithCancelCause(ctx)
	defer abort(nil)
	defer watch(m.nc, m.closing.Done(), abort)()

	for range maxOwn {
		reply, err := m.ask(ctx, data)
		if err != nil {
			return membership.Message{}, err
		}
		if reply.Verdict != membership.Own && !reply.Peer.Itself(join.Peer) {
			return reply, nil
		}
	}
	return membership.Message{}, fmt.Errorf("natstransport: only this node answers on %s: %w",
		JoinSubject(m.cfg.Cluster), membership.ErrNobody)
}

// ask sends one request and reads its answer.
func (m *Meeting) ask(ctx context.Context, data []byte) (membership.Message, error) {
	if err := ctx.Err(); err != nil {
		return membership.Message{}, requestError(ctx, err)
	}
	// A request would wait in the reconnect buffer, and its sender in vain.
	if !m.nc.IsConnected() {
		return membership.Message{}, ErrDisconnected
	}
	msg, err := m.nc.RequestWithContext(ctx, JoinSubject(m.cfg.Cluster), data)
	if err != nil {
		return membership.Message{}, requestError(ctx, err)
	}
	if err := serviceError(msg); err != nil {
		return membership.Message{}, err
	}
	return decodeJoinReply(m.cfg.Cluster, msg.Data)
}

// watch aborts a request when nc loses its server or closing is closed, until the
// returned function is called. nats.go itself leaves requests waiting for an
// answer that was lost with the server.
func watch(nc *nats.Conn, closing <-chan struct{}, abort context.CancelCauseFunc) (stop func()) {
	status := nc.StatusChanged(nats.RECONNECTING, nats.DISCONNECTED, nats.CLOSED)
	var watcher sync.WaitGroup
	watcher.Go(func() {
		select {
		case _, changed := <-status:
			if changed {
				abort(ErrDisconnected)
			}
		case <-closing:
			abort(ErrClosed)
		}
	})
	return func() {
		nc.RemoveStatusListener(status) // which closes the channel
		watcher.Wait()
	}
}

// withDeadline gives ctx a deadline if it has none.
func withDeadline(ctx context.Context) (context.Context, context.CancelFunc) {
	if _, ok := ctx.Deadline(); ok {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, DefaultTimeout)
}

// requestError translates why a request on ctx got no answer.
func requestError(ctx context.Context, err error) error {
	switch {
	case errors.Is(err, nats.ErrNoResponders):
		return fmt.Errorf("natstransport: %w", membership.ErrNobody)
	case errors.Is(err, nats.ErrDisconnected), errors.Is(err, nats.ErrConnectionClosed),
		errors.Is(err, nats.ErrConnectionDraining), errors.Is(err, nats.ErrReconnectBufExceeded):
		return fmt.Errorf("%w: %w", ErrDisconnected, err)
	}
	if cause := context.Cause(ctx); errors.Is(cause, ErrClosed) || errors.Is(cause, ErrDisconnected) {
		return cause
	}
	return fmt.Errorf("natstransport: request: %w", err)
}

// serviceError returns the error that msg tells in its headers, if it does.
func serviceError(msg *nats.Msg) error {
	description := msg.Header.Get(micro.ErrorHeader)
	code := msg.Header.Get(micro.ErrorCodeHeader)
	if description == "" && code == "" {
		return nil
	}
	return &ServiceError{Code: clip(code), Description: clip(description)}
}
