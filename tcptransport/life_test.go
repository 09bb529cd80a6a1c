// From Listen to Shutdown or Stop.

package tcptransport_test

import (
	"context"
	"errors"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/tcptransport"
)

func TestSendOutsideOfItsLife(t *testing.T) {
	overAll(t, func(t *testing.T, f fabric) {
		a, b := listen(t, f, "a", 1), start(t, f, "b", 1)
		if err := a.Send(b.peer, 0, numbered(1)); !errors.Is(err, tcptransport.ErrNotStarted) {
			t.Fatalf("before: %v", err)
		}
		if _, err := a.Ask(t.Context(), b.peer.Addr, membership.Message{}); !errors.Is(err, tcptransport.ErrNotStarted) {
			t.Fatalf("before: %v", err)
		}
		a.Start(a.peer, a)
		a.send(b.peer, 1)
		a.shut()
		if err := a.Send(b.peer, 0, numbered(1)); !errors.Is(err, tcptransport.ErrClosed) {
			t.Fatalf("after: %v", err)
		}
		if _, err := a.Ask(t.Context(), b.peer.Addr, membership.Message{}); !errors.Is(err, tcptransport.ErrClosed) {
			t.Fatalf("after: %v", err)
		}
		a.Start(a.peer, a)
		b.gets(a.peer, 1)
	})
}

// Shutdown and Stop may come in any order, often and at once, started or not.
func TestEndIsIdempotent(t *testing.T) {
	overAll(t, func(t *testing.T, f fabric) {
		never := listen(t, f, "n", 1)
		never.Stop()
		never.shut()
		a, b := start(t, f, "a", 1), start(t, f, "b", 1)
		a.send(b.peer, 1)
		b.gets(a.peer, 1)
		var all sync.WaitGroup
		for range 5 {
			all.Go(func() { _ = a.Shutdown(t.Context()) })
			all.Go(a.Stop)
			all.Go(func() { _ = b.Shutdown(t.Context()) })
		}
		all.Wait()
		a.shut()
		b.Stop()
		for _, n := range []*node{a, b} {
			if links, _, conns := n.Held(); links+conns != 0 {
				t.Fatalf("%s holds %d links, %d connections", n.peer.ID, links, conns)
			}
		}
	})
}

// Shutdown sends what is queued even on a link that is being dialed.
func TestShutdownSendsWhatWasQueued(t *testing.T) {
	overAll(t, func(t *testing.T, f fabric) {
		a, b := start(t, f, "a", 1), start(t, f, "b", 1)
		for i := range uint32(100) {
			a.send(b.peer, i+1)
		}
		a.shut()
		for i := range uint32(100) {
			b.gets(a.peer, i+1)
		}
		b.loses(a.peer, membership.Closed, nil)
		a.silent()
	})
}

// A shutdown does not wait for longer than its context.
func TestShutdownIsLimited(t *testing.T) {
	inBubble(t, func(t *testing.T, f fabric) {
		b := start(t, f, "b", 1)
		_, peer, _ := linkedRaw(t, f, b)
		b.send(peer, 1) // is not read
		ctx, cancel := context.WithTimeout(t.Context(), linger/2)
		defer cancel()
		begin := time.Now()
		if err := b.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("got %v", err)
		}
		if got := time.Since(begin); got != linger/2 {
			t.Fatalf("took %v", got)
		}
		b.silent()
	})
}

// Without such a limit it takes no longer than the linger.
func TestShutdownLingers(t *testing.T) {
	inBubble(t, func(t *testing.T, f fabric) {
		b := start(t, f, "b", 1)
		_, peer, _ := linkedRaw(t, f, b)
		b.send(peer, 1) // is not read
		dialRaw(t, f, b)
		begin := time.Now()
		b.shut()
		if got := time.Since(begin); got != linger {
			t.Fatalf("took %v", got)
		}
		b.silent()
	})
}

// Stop does not wait for a dial, a hello or a write under way.
func TestStopInterruptsEverything(t *testing.T) {
	inBubble(t, func(t *testing.T, f fabric) {
		b := start(t, f, "b", 1, func(cfg *tcptransport.Config) {
			cfg.Dialer = func(ctx context.Context, _, _ string) (net.Conn, error) {
				<-ctx.Done()
				return nil, ctx.Err()
			}
		})
		_, peer, _ := linkedRaw(t, f, b)
		b.send(peer, 1) // is not read
		b.send(stranger("d"), 1)
		dialRaw(t, f, b)
		promised := dialRaw(t, f, b)
		promised.send(helloFrame(stranger("e"), "b"))
		promised.verdict(tcptransport.VerdictOK)
		b.send(stranger("e"), 1)
		asked := make(chan error)
		go func() {
			_, err := b.Ask(t.Context(), "somewhere:1", membership.Message{})
			asked <- err
		}()
		wait()
		begin := time.Now()
		b.Stop()
		if err := <-asked; !errors.Is(err, tcptransport.ErrClosed) {
			t.Fatalf("ask: %v", err)
		}
		if got := time.Since(begin); got != 0 {
			t.Fatalf("took %v", got)
		}
		b.silent()
	})
}

// failing is a listener that fails a few times, as when files run out.
type failing struct {
	net.Listener
	failures int
}

func (l *failing) Accept() (net.Conn, error) {
	if l.failures > 0 {
		l.failures--
		return nil, errors.New("too many open files")
	}
	return l.Listener.Accept()
}

// Accepting goes on after errors, with pauses that grow.
func TestAcceptErrors(t *testing.T) {
	inBubble(t, func(t *testing.T, f fabric) {
		begin := time.Now()
		b := start(t, f, "b", 1, func(cfg *tcptransport.Config) {
			cfg.Listener = &failing{Listener: cfg.Listener, failures: 10}
		})
		a := start(t, f, "a", 1, func(cfg *tcptransport.Config) { cfg.DialTimeout = time.Minute })
		a.send(b.peer, 1)
		b.gets(a.peer, 1)
		want := (5+10+20+40+80+160+320+640)*time.Millisecond + 2*time.Second
		if got := time.Since(begin); got != want {
			t.Fatalf("accepted after %v, want %v", got, want)
		}
	})
}

func TestListenFails(t *testing.T) {
	cfg := tcptransport.DefaultConfig()
	if _, err := tcptransport.Listen(t.Context(), cfg); !errors.Is(err, tcptransport.ErrConfig) {
		t.Fatalf("got %v", err)
	}
	cfg.Cluster, cfg.Bind = "test", "127.0.0.1:0"
	a := start(t, loopback, "a", 1)
	cfg.Bind = a.Addr().String()
	if _, err := tcptransport.Listen(t.Context(), cfg); err == nil {
		t.Fatal("listened twice on one address")
	}
}
