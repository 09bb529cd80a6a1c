// What is left when a Linker has closed.

package linker_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

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
