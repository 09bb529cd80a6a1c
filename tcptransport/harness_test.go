// Transports to test, over loopback, TLS and memory, and what they tell.

package tcptransport_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/kithmesh/kith/identity"
	"github.com/kithmesh/kith/internal/testkit"
	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/tcptransport"
	"github.com/kithmesh/kith/views"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long a test waits for what must happen. In a bubble it passes
// at once when nothing can happen any more.
const patience = 20 * time.Second

// fabric is a kind of network: it changes a config so that it is used.
type fabric func(t *testing.T, id string, cfg *tcptransport.Config)

func loopback(_ *testing.T, _ string, cfg *tcptransport.Config) {
	cfg.Bind = "127.0.0.1:0"
	cfg.DialTimeout, cfg.HelloTimeout = patience/2, patience/2 // a busy machine takes its time
}

// secured returns loopback with mutual TLS, where a certificate is for one ID.
func secured(t *testing.T) fabric {
	ca := newAuthority(t)
	return func(t *testing.T, id string, cfg *tcptransport.Config) {
		loopback(t, id, cfg)
		cfg.TLS = certified(t, ca, id, time.Hour)
	}
}

// inMemory returns a network of pipes, plain ones or such that half-close.
func inMemory(plain bool) fabric {
	m := &memory{plain: plain, listeners: make(map[string]*memoryListener)}
	return func(_ *testing.T, _ string, cfg *tcptransport.Config) {
		cfg.Listener, cfg.Dialer = m.listen(), m.dial
	}
}

// overAll runs test over each kind of network, those of memory in a bubble.
func overAll(t *testing.T, test func(t *testing.T, f fabric)) {
	overHalfClosable(t, test)
	t.Run("pipes", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) { test(t, inMemory(true)) })
	})
}

// overHalfClosable leaves out net.Pipe, which cannot be closed for writing alone:
// there a new link may overtake the end of the old one.
func overHalfClosable(t *testing.T, test func(t *testing.T, f fabric)) {
	t.Run("loopback", func(t *testing.T) { test(t, loopback) })
	t.Run("tls", func(t *testing.T) { test(t, secured(t)) })
	t.Run("memory", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) { test(t, inMemory(false)) })
	})
}

// inBubble runs test over memory, where time is free.
func inBubble(t *testing.T, test func(t *testing.T, f fabric)) {
	synctest.Test(t, func(t *testing.T) { test(t, inMemory(false)) })
}

// node is one transport and what it has told.
type node struct {
	*tcptransport.Transport
	t      *testing.T
	peer   *views.Peer
	events chan event
	hold   chan struct{}     // when not nil, Received waits for it to be closed
	onLost func(link uint64) // called by Lost, when not nil
	join   func(context.Context, membership.Message) (membership.Message, error)
}

// event is one call of the handler.
type event struct {
	lost   bool
	peer   *views.Peer
	link   uint64
	msg    membership.Message
	reason membership.Reason
	err    error
}

func (e event) String() string {
	if e.lost {
		return fmt.Sprintf("lost link %d to %s.%d: reason %d: %v", e.link, e.peer.ID, e.peer.Incarnation, e.reason, e.err)
	}
	return fmt.Sprintf("received on link %d from %s.%d: kind %d, request %d",
		e.link, e.peer.ID, e.peer.Incarnation, e.msg.Kind, e.msg.Request)
}

// start starts the given life of a node. It is stopped at the end of the test.
func start(t *testing.T, f fabric, id string, incarnation uint64, changes ...func(*tcptransport.Config)) *node {
	t.Helper()
	n := listen(t, f, id, incarnation, changes...)
	n.Start(n.peer, n)
	return n
}

// listen makes a node that is not started.
func listen(t *testing.T, f fabric, id string, incarnation uint64, changes ...func(*tcptransport.Config)) *node {
	t.Helper()
	cfg := tcptransport.DefaultConfig()
	cfg.Cluster = "test"
	cfg.AcceptRate, cfg.MessageRate = 1e9, 1e9 // some tests say much more than a node would
	f(t, id, &cfg)
	for _, change := range changes {
		change(&cfg)
	}
	tr, err := tcptransport.Listen(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tr.Stop)
	return &node{
		Transport: tr,
		t:         t,
		peer:      &views.Peer{ID: id, Incarnation: incarnation, Addr: tr.Addr().String()},
		events:    make(chan event, 1<<12),
	}
}

// Received implements tcptransport.Handler.
func (n *node) Received(from *views.Peer, link uint64, msg membership.Message) {
	if n.hold != nil {
		<-n.hold
	}
	n.events <- event{peer: from, link: link, msg: msg}
}

// Lost implements tcptransport.Handler.
func (n *node) Lost(peer *views.Peer, link uint64, reason membership.Reason, err error) {
	if n.onLost != nil {
		n.onLost(link)
	}
	n.events <- event{lost: true, peer: peer, link: link, reason: reason, err: err}
}

// Join implements tcptransport.Handler.
func (n *node) Join(ctx context.Context, join membership.Message) (membership.Message, error) {
	return n.join(ctx, join)
}

// send sends a numbered message on the peer's current link.
func (n *node) send(to *views.Peer, request uint32) {
	n.t.Helper()
	n.sendOn(to, 0, request)
}

func (n *node) sendOn(to *views.Peer, link uint64, request uint32) {
	n.t.Helper()
	if err := n.Send(to, link, numbered(request)); err != nil {
		n.t.Fatalf("%s: send %d to %s: %v", n.peer.ID, request, to.ID, err)
	}
}

func numbered(request uint32) *membership.Message {
	return &membership.Message{Kind: membership.NeighborReply, Verdict: membership.Refused, Request: request}
}

// next waits for the next event.
func (n *node) next() event {
	n.t.Helper()
	select {
	case e := <-n.events:
		return e
	case <-time.After(patience):
		n.t.Fatalf("%s: nothing happened", n.peer.ID)
		return event{}
	}
}

// gets waits for a numbered message, which must be the next event.
func (n *node) gets(from *views.Peer, request uint32) event {
	n.t.Helper()
	e := n.next()
	if e.lost || !e.peer.Same(from) || e.msg.Request != request {
		n.t.Fatalf("%s: %v, want message %d from %s", n.peer.ID, e, request, from.ID)
	}
	return e
}

// loses waits for a lost link, which must be the next event.
func (n *node) loses(peer *views.Peer, reason membership.Reason, cause error) event {
	n.t.Helper()
	e := n.next()
	if !e.lost || !e.peer.Same(peer) || e.reason != reason || cause != nil && !errors.Is(e.err, cause) {
		n.t.Fatalf("%s: %v, want loss of %s with reason %d: %v", n.peer.ID, e, peer.ID, reason, cause)
	}
	return e
}

// silent checks that nothing has been told that was not asked for.
func (n *node) silent() {
	n.t.Helper()
	select {
	case e := <-n.events:
		n.t.Fatalf("%s: %v, want nothing", n.peer.ID, e)
	default:
	}
}

// shut shuts the node down, after which it tells nothing more.
func (n *node) shut() {
	n.t.Helper()
	if err := n.Shutdown(n.t.Context()); err != nil {
		n.t.Fatal(err)
	}
}

// memory is a network of pipes.
type memory struct {
	plain     bool // without a half-close
	mu        sync.Mutex
	listeners map[string]*memoryListener
}

type memoryListener struct {
	addr   memoryAddr
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

type memoryAddr string

func (memoryAddr) Network() string  { return "memory" }
func (a memoryAddr) String() string { return string(a) }

func (m *memory) listen() *memoryListener {
	m.mu.Lock()
	defer m.mu.Unlock()
	l := &memoryListener{
		addr:   memoryAddr(fmt.Sprintf("memory:%d", len(m.listeners)+1)),
		conns:  make(chan net.Conn),
		closed: make(chan struct{}),
	}
	m.listeners[l.addr.String()] = l
	return l
}

func (m *memory) dial(ctx context.Context, _, addr string) (net.Conn, error) {
	m.mu.Lock()
	l := m.listeners[addr]
	m.mu.Unlock()
	if l == nil {
		return nil, errors.New("memory: connection refused")
	}
	pipe := testkit.Pipes
	if m.plain {
		pipe = net.Pipe
	}
	here, there := pipe()
	select {
	case l.conns <- there:
		return here, nil
	case <-l.closed:
		return nil, errors.New("memory: connection refused")
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (l *memoryListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *memoryListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

func (l *memoryListener) Addr() net.Addr { return l.addr }

// newAuthority makes what certificates come from.
func newAuthority(t *testing.T) *identity.Authority {
	t.Helper()
	a, err := identity.NewAuthority(time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// certified returns settings with a certificate for a node of the cluster "test".
func certified(t *testing.T, a *identity.Authority, id string, lifetime time.Duration) *tls.Config {
	t.Helper()
	i, err := a.Identity("test", id, lifetime)
	if err != nil {
		t.Fatal(err)
	}
	return i.TLS()
}
