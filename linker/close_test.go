// What is left when a Linker has closed.

package linker_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"go.uber.org/goleak"

	"github.com/kithmesh/kith/linker"
)

// TestCloseLeavesNothing counts at the servers.
func TestCloseLeavesNothing(t *testing.T) {
	overGraphs(t, func(t *testing.T, _ linker.Mode, w *world) {
		for _, n := range w.nodes {
			n.close()
			n.close()
			if n.local.IsClosed() || n.local.NumSubscriptions() > 1 { // one may be that of requests
				t.Errorf("%s: the caller's connection is %s with %d subscriptions",
					n.peer.ID, n.local.Status(), n.local.NumSubscriptions())
			}
			if err := n.Publish("a", nil); !errors.Is(err, linker.ErrClosed) {
				t.Errorf("publishing when closed: %v, want ErrClosed", err)
			}
			if _, err := n.Subscribe("a", func(linker.Msg) {}); !errors.Is(err, linker.ErrClosed) {
				t.Errorf("subscribing when closed: %v, want ErrClosed", err)
			}
			if err := n.WaitUp(t.Context()); !errors.Is(err, linker.ErrClosed) {
				t.Errorf("waiting when closed: %v, want ErrClosed", err)
			}
			if c := n.Counts(); c.Links != 0 || c.Connections != 0 || c.Subscriptions != 0 {
				t.Errorf("%s counts %+v when closed", n.peer.ID, c)
			}
			if len(n.Links()) != 0 || n.Settled() {
				t.Errorf("%s has links when closed", n.peer.ID)
			}
		}
		clients := map[*server.Server]int{}
		for _, n := range w.nodes {
			clients[n.server]++
		}
		for s, want := range clients {
			eventually(t, "only the clients of the test", func() bool { return s.NumClients() == want })
			for _, sub := range linkerSubjects(t, s) {
				t.Errorf("a subscription to %s is left", sub)
			}
		}
	})
}

// linkerSubjects are the subscriptions of Linkers on a server.
func linkerSubjects(t *testing.T, s *server.Server) []string {
	t.Helper()
	subs, err := s.Subsz(&server.SubszOptions{Subscriptions: true})
	if err != nil {
		t.Fatal(err)
	}
	var subjects []string
	for _, sub := range subs.Subs {
		if strings.HasPrefix(sub.Subject, "kith.") {
			subjects = append(subjects, sub.Subject)
		}
	}
	return subjects
}

func TestEndOfTheContextCloses(t *testing.T) {
	n := newNode(t, "a", nil)
	ctx, cancel := context.WithCancel(t.Context())
	cfg := testConfig(linker.Subscriptions)
	cfg.Self = &n.peer
	l, err := linker.Start(ctx, cfg, n.local, n.view.watch)
	if err != nil {
		t.Fatal(err)
	}
	watching, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for range l.Watch(t.Context()) {
			select {
			case <-watching:
			default:
				close(watching)
			}
		}
	}()
	<-watching
	cancel()
	<-ended
	if got := n.local.NumSubscriptions(); got != 0 {
		t.Errorf("%d subscriptions are left", got)
	}
	if err := l.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestCloseWhileDialing dials somebody who accepts and says nothing.
func TestCloseWhileDialing(t *testing.T) {
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	a, b := newNode(t, "a", nil), newNode(t, "b", nil)
	b.peer.NATS = "nats://" + listener.Addr().String()
	a.view.set(b.peer)
	cfg := testConfig(linker.Connections)
	cfg.DialTimeout = time.Hour
	a.start(cfg)
	conn, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	a.close()
	_ = conn.Close()
}

// frost dials connections on which nothing is heard any more once it has come, and
// which take nothing any more if it is hard.
type frost struct{ come, hard atomic.Bool }

type frostedConn struct {
	net.Conn
	frost  *frost
	closed chan struct{}
	once   sync.Once
}

// Dial implements nats.CustomDialer.
func (f *frost) Dial(network, addr string) (net.Conn, error) {
	conn, err := net.Dial(network, addr)
	return &frostedConn{Conn: conn, frost: f, closed: make(chan struct{})}, err
}

// Read implements net.Conn.
func (c *frostedConn) Read(b []byte) (int, error) {
	for {
		n, err := c.Conn.Read(b)
		if err != nil || !c.frost.come.Load() {
			return n, err
		}
	}
}

// Write implements net.Conn.
func (c *frostedConn) Write(b []byte) (int, error) {
	if c.frost.hard.Load() {
		<-c.closed
	}
	return c.Conn.Write(b)
}

// Close implements net.Conn.
func (c *frostedConn) Close() error {
	c.once.Do(func() { close(c.closed) })
	return c.Conn.Close()
}

// TestCloseDoesNotWaitForANeighbor closes while the server of a neighbor takes
// nothing any more.
func TestCloseDoesNotWaitForANeighbor(t *testing.T) {
	a, b, ice := newNode(t, "a", nil), newNode(t, "b", nil), new(frost)
	a.view.set(b.peer)
	b.view.set(a.peer)
	b.start(testConfig(linker.Connections))
	a.start(testConfig(linker.Connections), nats.SetCustomDialer(ice))
	a.up(b)
	ice.hard.Store(true)
	said := make(chan struct{})
	go func() {
		defer close(said)
		_ = a.Publish("said.all", []byte("into the ice")) // it waits if the link is just saying something too
	}()
	defer func() { <-said }()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := a.Close(ctx); err != nil {
		t.Error(err)
	}
	if c := a.Counts(); c.Connections != 0 {
		t.Errorf("%d connections are left", c.Connections)
	}
}

// TestCloseInAHurry closes while the node's server does not answer.
func TestCloseInAHurry(t *testing.T) {
	for name, patience := range map[string]time.Duration{"at once": 0, "soon": 50 * time.Millisecond} {
		t.Run(name, func(t *testing.T) {
			n, ice := newNode(t, "a", nil), new(frost)
			local, err := nats.Connect(n.server.ClientURL(), nats.SetCustomDialer(ice))
			if err != nil {
				t.Fatal(err)
			}
			defer local.Close()
			others := goleak.IgnoreCurrent()
			cfg := testConfig(linker.Connections)
			cfg.Self, cfg.HelloTimeout = &n.peer, time.Hour
			l, err := linker.Start(t.Context(), cfg, local, n.view.watch)
			if err != nil {
				t.Fatal(err)
			}
			if err := l.WaitUp(t.Context()); err != nil {
				t.Fatal(err)
			}
			ice.come.Store(true)
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			if err := l.Close(ctx); err != nil {
				t.Error(err)
			}
			if err := goleak.Find(others); err != nil {
				t.Error(err)
			}
			if n := local.NumSubscriptions(); n != 0 {
				t.Errorf("%d subscriptions are left", n)
			}
		})
	}
}

// TestCloseWhileAHandlerRuns closes from within the handler and from outside.
func TestCloseWhileAHandlerRuns(t *testing.T) {
	overModes(t, func(t *testing.T, mode linker.Mode) {
		for i, name := range []string{"who dialed", "who was dialed"} {
			t.Run(name, func(t *testing.T) {
				w := newWorld(t, mode, 2, [][2]int{{0, 1}})
				n, other := w.nodes[i], w.nodes[1-i]
				hasty := func() error {
					ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
					defer cancel()
					return n.Close(ctx)
				}
				closed, release := make(chan error), make(chan struct{})
				n.subscribe("block", func(linker.Msg) {
					closed <- hasty()
					<-release
				})
				if err := other.PublishTo(n.peer.ID, "block", nil); err != nil {
					t.Fatal(err)
				}
				for _, err := range []error{<-closed, hasty()} {
					if !errors.Is(err, linker.ErrHandlerRuns) || !errors.Is(err, context.DeadlineExceeded) {
						t.Errorf("closing while a handler runs: %v", err)
					}
				}
				if c := n.Counts(); c.Connections != 0 || c.Subscriptions != 0 {
					t.Errorf("when only a handler is left: %+v", c)
				}
				if err := n.WaitUp(t.Context()); !errors.Is(err, linker.ErrClosed) {
					t.Errorf("waiting when closed: %v", err)
				}
				close(release)
				n.close()
			})
		}
	})
}
