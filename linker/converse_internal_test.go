// That the two sides of a link that is up take turns to confirm it.

package linker

import (
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"github.com/kithmesh/kith/views"
)

// newConversation returns one that is up, with a connection that nobody listens to.
func newConversation(t *testing.T) *conversation {
	t.Helper()
	s, err := server.NewServer(&server.Options{DontListen: true, NoSigs: true, NoLog: true})
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	conn, err := nats.Connect("", nats.InProcessServer(s))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	cfg := DefaultConfig()
	cfg.Mode, cfg.Self, cfg.Reconcile = Subscriptions, &views.Peer{ID: "a", Incarnation: 1}, time.Hour
	l := &Linker{cfg: cfg, plan: newPlan("c", "a"), links: map[string]*link{}, changed: make(chan struct{})}
	b := &views.Peer{ID: "b", Incarnation: 2}
	c := &conversation{
		k: &link{l: l, id: b.ID, life: b.Incarnation, peer: b}, a: &attachment{conn: conn}, pause: newBackoff(&cfg, b),
		timer: time.NewTimer(0), first: 1, up: true,
	}
	t.Cleanup(func() { c.timer.Stop() })
	return c
}

// asks reports whether it is time for an own hello after the neighbor has said a word.
func (c *conversation) asks(t *testing.T, w word) bool {
	t.Helper()
	c.timer.Reset(0)
	h := hello{Version: helloVersion, Word: w, From: 2, To: 1, Seq: c.k.seq}
	if err := c.hear(&nats.Msg{Data: h.encode()}); err != nil {
		t.Fatal(err)
	}
	select {
	case <-c.timer.C:
		return true
	default: // a timer of an hour, or of a part of it
		return false
	}
}

func TestSidesTakeTurns(t *testing.T) {
	c := newConversation(t)
	if c.asks(t, wordHello) {
		t.Error("a hello of the neighbor's does not spare the own one")
	}
	for range 3 {
		if !c.asks(t, wordHello) {
			t.Error("a neighbor that repeats itself, as it hears nothing, is never asked")
		}
	}
	if err := c.ask(); err != nil {
		t.Fatal(err)
	}
	if c.asks(t, wordWelcome) || c.asking {
		t.Error("a welcome does not spare the next hello")
	}
	if c.asks(t, wordHello) {
		t.Error("after a welcome a hello of the neighbor's does not spare the own one")
	}
}

// A hello that crosses the own one does not make the own answer come in vain.
func TestHellosCross(t *testing.T) {
	c := newConversation(t)
	if err := c.ask(); err != nil {
		t.Fatal(err)
	}
	if !c.asks(t, wordHello) {
		t.Error("the neighbor's hello does for the answer to the own one")
	}
	if c.asks(t, wordWelcome) || c.asking {
		t.Error("the answer was in vain")
	}
}
