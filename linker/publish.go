// What the application says.

package linker

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go"
)

// Publish says something to all neighbors whose link is up. As in NATS it returns
// when the message is on its way, and without an error if nobody is there. The
// error joins a [LinkError] for each neighbor that could not be told.
//
// The subject has no wildcards, spaces or empty tokens; see [SubjectError].
func (l *Linker) Publish(subject string, data []byte) error {
	return l.PublishMsg(&nats.Msg{Subject: subject, Data: data})
}

// PublishMsg is Publish with headers. Of the message, the subject, the header
// and the data count; it is not changed.
func (l *Linker) PublishMsg(m *nats.Msg) error {
	r, err := l.ready(m, false)
	if err != nil {
		return err
	}
	var faults []error
	if len(r.near) > 0 {
		err := send(l.local, l.plan.fromSelf+m.Subject, m)
		for _, k := range r.near {
			faults = k.said(m, err, faults)
		}
	}
	for _, k := range r.dialed {
		a := k.attached.Load()
		if a == nil {
			continue // it has just ceased to be up
		}
		faults = k.said(m, send(a.conn, l.plan.toPeer(k.id)+m.Subject, m), faults)
	}
	return errors.Join(faults...)
}

// said counts a message to the neighbor, or adds why it could not be sent.
func (k *link) said(m *nats.Msg, err error, faults []error) []error {
	if err != nil {
		return append(faults, &LinkError{Peer: k.id, State: Up, Err: err})
	}
	k.msgsOut.Add(1)
	k.bytesOut.Add(uint64(len(m.Data)))
	return faults
}

// PublishTo says something to one neighbor alone. The error is a [LinkError] when
// the peer is no neighbor or cannot be told.
func (l *Linker) PublishTo(peer, subject string, data []byte) error {
	return l.PublishMsgTo(peer, &nats.Msg{Subject: subject, Data: data})
}

// PublishMsgTo is PublishTo with headers, as PublishMsg is to Publish.
func (l *Linker) PublishMsgTo(peer string, m *nats.Msg) error {
	k, conn, err := l.route(peer, m, false)
	if err != nil {
		return err
	}
	return errors.Join(k.said(m, send(conn, l.plan.toPeer(k.id)+m.Subject, m), nil)...)
}

// Request asks one neighbor and returns its answer. It is [nats.ErrNoResponders]
// when the neighbor has no subscription for the subject. Without a deadline on
// ctx, [Config.RequestTimeout] applies. Errors are those of PublishTo.
func (l *Linker) Request(ctx context.Context, peer, subject string, data []byte) (*nats.Msg, error) {
	return l.RequestMsg(ctx, peer, &nats.Msg{Subject: subject, Data: data})
}

// RequestMsg is Request with headers, as PublishMsg is to Publish.
func (l *Linker) RequestMsg(ctx context.Context, peer string, m *nats.Msg) (*nats.Msg, error) {
	k, conn, err := l.route(peer, m, true)
	if err != nil {
		return nil, err
	}
	if _, ok := ctx.Deadline(); !ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, l.cfg.RequestTimeout)
		defer cancel()
	}
	answer, err := conn.RequestMsgWithContext(ctx, &nats.Msg{
		Subject: l.plan.toPeer(k.id) + m.Subject, Header: m.Header, Data: m.Data,
	})
	if err != nil {
		return nil, &LinkError{Peer: k.id, State: Up, Err: fmt.Errorf("request: %w", err)}
	}
	k.said(m, nil, nil)
	k.msgsIn.Add(1)
	k.bytesIn.Add(uint64(len(answer.Data)))
	return answer, nil
}

// ready returns the table of links if the message may be sent.
func (l *Linker) ready(m *nats.Msg, request bool) (*routes, error) {
	if err := checkSubject(m.Subject, false); err != nil {
		return nil, err
	}
	if m.Reply != "" && !request {
		return nil, ErrReply
	}
	r := l.routes.Load()
	if r == nil {
		return nil, ErrClosed
	}
	return r, nil
}

// route returns the link to a neighbor, and its connection, if it is up and the
// message may be sent.
func (l *Linker) route(peer string, m *nats.Msg, request bool) (*link, *nats.Conn, error) {
	r, err := l.ready(m, request)
	if err != nil {
		return nil, nil, err
	}
	k := r.links[peer]
	if k == nil {
		return nil, nil, &LinkError{Peer: peer, Err: ErrNotLinked}
	}
	l.mu.Lock()
	state, cause := k.state, k.err
	l.mu.Unlock()
	a := k.attached.Load()
	if state != Up || a == nil {
		if cause == nil {
			cause = ErrNotLinked
		} else {
			cause = fmt.Errorf("%w: %w", ErrNotLinked, cause)
		}
		return nil, nil, &LinkError{Peer: peer, State: state, Err: cause}
	}
	return k, a.conn, nil
}

// send publishes on a connection unless it would be kept there for later.
func send(conn *nats.Conn, subject string, m *nats.Msg) error {
	if !conn.IsConnected() {
		return nats.ErrDisconnected
	}
	if len(m.Header) == 0 {
		return conn.Publish(subject, m.Data)
	}
	return conn.PublishMsg(&nats.Msg{Subject: subject, Header: m.Header, Data: m.Data})
}
