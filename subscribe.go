// Subscriptions: who gets which messages.

package kith

import (
	"context"
	"slices"
)

// Pending limits of a subscription, unless others are given.
const (
	DefaultPendingMessages = 64 << 10
	DefaultPendingBytes    = 64 << 20
)

// SubscribeOption changes a subscription.
type SubscribeOption func(*Subscription)

// AsItComes gives up the order: a message is delivered as soon as it is here, even if
// one before it of the same origin is still missing. Each is delivered once at most
// all the same.
func AsItComes() SubscribeOption { return func(s *Subscription) { s.asItComes = true } }

// OnGap is told of messages that are missing, in order with those that are not, from
// the goroutine of the handler.
func OnGap(handler func(Gap)) SubscribeOption { return func(s *Subscription) { s.onGap = handler } }

// OnPause is called when the handler has been given all that was there, from its goroutine:
// whoever collects what comes passes it on then.
func OnPause(f func()) SubscribeOption { return func(s *Subscription) { s.onPause = f } }

// Borrowed lends the handler each [Message] until it returns, so that none has to be made; what
// its fields refer to may be kept.
func Borrowed() SubscribeOption { return func(s *Subscription) { s.borrowed = true } }

// WithPending limits what may wait for the handler, in messages and in bytes; by default
// [DefaultPendingMessages] and [DefaultPendingBytes]. What has come in one piece, 64 KiB or
// a longer message, is taken as a whole even if it goes beyond that.
func WithPending(messages, bytes int) SubscribeOption {
	return func(s *Subscription) { s.limit = pendingLimit{max(1, messages), max(1, bytes)} }
}

// Subscribe calls handler for every message that is published anywhere in the mesh
// on a subject that pattern stands for, this node's own and those sent to it alone
// included. In a pattern * stands for one token, and > at the end for one or more, as
// in NATS. Messages of one origin come in the order in which it published them, each
// once at most, to one handler at a time.
//
// Publishers and neighbors are held up for a moment while a subscription is full
// ([WithPending]); then it loses messages, which OnGap and [Subscription.Dropped]
// tell. A handler that panics loses that message; the node goes on.
//
// Errors match [ErrSubject], or are [ErrClosed].
func (n *Node) Subscribe(pattern string, handler func(*Message), opts ...SubscribeOption) (*Subscription, error) {
	if err := validPattern(pattern); err != nil {
		return nil, err
	}
	return n.subscribe(pattern, kindMessage, handler, opts...)
}

func (n *Node) subscribe(pattern string, kind byte, handler func(*Message), opts ...SubscribeOption) (*Subscription, error) {
	s := &Subscription{
		node: n, pattern: pattern, kind: kind, handler: handler,
		limit: pendingLimit{DefaultPendingMessages, DefaultPendingBytes},
	}
	s.idle = make(chan struct{})
	close(s.idle)
	for _, opt := range opts {
		opt(s)
	}
	return s, n.carriage.audience.enter(s)
}

// Subject returns the pattern that was subscribed to.
func (s *Subscription) Subject() string { return s.pattern }

// Dropped returns how many messages were lost because the handler was too slow, or
// panicked.
func (s *Subscription) Dropped() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.dropped
}

// Unsubscribe ends the subscription: what waits is not delivered any more. A call of
// the handler that is under way goes on.
func (s *Subscription) Unsubscribe() {
	s.node.carriage.audience.leave(s)
	s.end()
}

// Drain ends the subscription after what waits has been delivered, or ctx has
// ended. It must not be called from the handler.
func (s *Subscription) Drain(ctx context.Context) error {
	s.node.carriage.audience.leave(s)
	err := s.rest(ctx)
	s.end()
	return err
}

// audience is all subscriptions of a node, and which of them want which subject. It
// is guarded by the mutex of the carriage.
type audience struct {
	carriage *carriage
	all      []*Subscription
	closed   bool
	// known are the answers to earlier questions, by kind and subject.
	known [kindPlane + 1]map[string]*seats
	last  [kindPlane + 1]*seats // the latest answer, which often is the next one too
}

// seats are the subscriptions for one subject.
type seats struct {
	subject string
	taken   []*Subscription
}

// mostKnown is how many subjects are remembered.
const mostKnown = 4096

func (a *audience) enter(s *Subscription) error {
	a.carriage.mu.Lock()
	defer a.carriage.mu.Unlock()
	if a.closed {
		return ErrClosed
	}
	a.all = append(a.all, s)
	a.forget()
	return nil
}

func (a *audience) leave(s *Subscription) {
	a.carriage.mu.Lock()
	defer a.carriage.mu.Unlock()
	a.all = slices.DeleteFunc(a.all, func(other *Subscription) bool { return other == s })
	a.forget()
}

func (a *audience) forget() {
	clear(a.known[:])
	clear(a.last[:])
}

// of returns who wants a subject.
func (a *audience) of(kind byte, subject []byte) *seats {
	if s := a.last[kind]; s != nil && s.subject == string(subject) {
		return s
	}
	if s, ok := a.known[kind][string(subject)]; ok {
		a.last[kind] = s
		return s
	}
	if a.known[kind] == nil || len(a.known[kind]) >= mostKnown {
		a.known[kind] = make(map[string]*seats)
	}
	found := &seats{subject: string(subject)}
	for _, s := range a.all {
		if s.kind == kind && matches(s.pattern, found.subject) {
			found.taken = append(found.taken, s)
		}
	}
	a.known[kind][found.subject] = found
	return found
}

// close ends all subscriptions, and waits for their handlers.
func (a *audience) close() {
	a.carriage.mu.Lock()
	all := a.all
	a.all, a.closed = nil, true
	a.forget()
	a.carriage.mu.Unlock()
	for _, s := range all {
		s.end()
	}
	for _, s := range all {
		<-s.resting()
	}
}
