// What the application hears.

package linker

import (
	"fmt"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/nats-io/nats.go"
)

// Msg is what a neighbor said, to all its neighbors or to this node. Header and
// Data are shared with other handlers: read only.
type Msg struct {
	// From is the ID of the neighbor.
	From string
	// Subject is the one that the neighbor gave, without the prefix of the plan.
	Subject string
	Header  nats.Header
	Data    []byte
	raw     *nats.Msg
}

// Reply is the subject that answers go to; empty unless the neighbor waits for
// one. See [Msg.Respond].
func (m *Msg) Reply() string { return m.raw.Reply }

// Respond answers a request.
func (m *Msg) Respond(data []byte) error {
	return m.RespondMsg(&nats.Msg{Data: data})
}

// RespondMsg answers a request with headers. The subject is not used.
func (m *Msg) RespondMsg(answer *nats.Msg) error {
	err := m.raw.RespondMsg(&nats.Msg{Header: answer.Header, Data: answer.Data})
	if err != nil {
		return fmt.Errorf("linker: answering %s: %w", m.From, err)
	}
	return nil
}

// Handler is called for each message, in order for each neighbor. Handlers of
// messages from different neighbors run at the same time if they arrive on
// different connections. While a handler works, other messages of the same
// connection wait, up to [Config.Pending]; links are not affected. A panic is
// counted, logged, and does no harm.
type Handler func(m Msg)

// Subscription is the interest of one handler.
type Subscription struct {
	l       *Linker
	subject string
	handler Handler
	ended   atomic.Bool
}

// Subject returns the subject, with its wildcards.
func (s *Subscription) Subject() string { return s.subject }

// Unsubscribe ends the subscription: the handler is not called again, though a
// call that is under way goes on. Doing it twice does nothing.
func (s *Subscription) Unsubscribe() {
	if s.ended.CompareAndSwap(false, true) {
		s.l.handled.remove(s)
	}
}

// Subscribe calls the handler for each message of a neighbor whose subject
// matches, with the wildcards * and > as in NATS. It costs nothing on the network:
// a link brings all that the neighbor says.
func (l *Linker) Subscribe(subject string, handler Handler) (*Subscription, error) {
	if err := checkSubject(subject, true); err != nil {
		return nil, err
	}
	if handler == nil {
		return nil, ErrHandler
	}
	if l.routes.Load() == nil {
		return nil, ErrClosed
	}
	s := &Subscription{l: l, subject: subject, handler: handler}
	l.handled.add(s)
	return s, nil
}

// handle calls the handlers whose subscription matches, and reports whether
// there was one.
func (l *Linker) handle(m Msg) bool {
	found := false
	for _, s := range l.handled.load() {
		if !s.ended.Load() && matches(s.subject, m.Subject) {
			found = true
			l.call(s, m)
		}
	}
	return found
}

// call calls one handler and survives it.
func (l *Linker) call(s *Subscription, m Msg) {
	l.calling.Add(1)
	defer l.calling.Add(-1)
	defer func() {
		if r := recover(); r != nil {
			l.panics.Add(1)
			l.cfg.Logger.Error().Str("subject", m.Subject).Str("peer", m.From).
				Str("panic", fmt.Sprint(r)).Bytes("stack", debug.Stack()).Msg("link_handler_panicked")
		}
	}()
	s.handler(m)
}

// registry is the list of subscriptions: seldom changed, read for each message,
// and so replaced as a whole.
type registry struct {
	mu   sync.Mutex
	list atomic.Pointer[[]*Subscription]
}

func (r *registry) load() []*Subscription {
	if list := r.list.Load(); list != nil {
		return *list
	}
	return nil
}

func (r *registry) add(s *Subscription) {
	r.mu.Lock()
	defer r.mu.Unlock()
	list := append(slices.Clone(r.load()), s)
	r.list.Store(&list)
}

func (r *registry) remove(s *Subscription) {
	r.mu.Lock()
	defer r.mu.Unlock()
	list := slices.DeleteFunc(slices.Clone(r.load()), func(other *Subscription) bool { return other == s })
	r.list.Store(&list)
}
