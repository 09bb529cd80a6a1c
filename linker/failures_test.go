// How links fail and come back, and what leaves them alone.

package linker_test

import (
	"context"
	"errors"
	"maps"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/kithmesh/kith/linker"
)

func TestServerDownAndUp(t *testing.T) {
	w := newWorld(t, linker.Connections, 3, [][2]int{{0, 1}, {1, 2}})
	a, b, c := w.nodes[0], w.nodes[1], w.nodes[2]
	port := portOf(t, b.server)
	stopServer(b.server)
	a.awaitLink(b, "refused", func(k linker.Link) bool {
		return k.State == linker.Backoff && errors.Is(k.Err, syscall.ECONNREFUSED)
	})
	if err := a.PublishTo("n1", "said.old", nil); !errors.Is(err, linker.ErrNotLinked) {
		t.Errorf("publishing to a lost neighbor: %v, want ErrNotLinked", err)
	}
	if err := a.Publish("said.old", nil); err != nil {
		t.Errorf("publishing to nobody: %v", err)
	}
	b.awaitState(a, linker.Backoff) // its own server is gone
	c.up(b)                         // b has dialed that one's server
	c.say("still here")
	w.request(c, "n1")
	if got, want := b.take(), map[string]int{"n2 said.all still here": 1}; !maps.Equal(got, want) {
		t.Errorf("with its server down b heard %v, want %v", got, want)
	}

	b.server = startServer(t, port)
	a.up(b)
	b.up(a)
	for _, n := range w.nodes {
		n.say(n.peer.ID)
	}
	w.expect(everybodySays(w))
	if c := a.Counts(); c.DialFailures == 0 || c.Dials <= c.DialFailures {
		t.Errorf("a counts %+v, want failed dials and others", c)
	}
}

func TestSharedServerDownAndUp(t *testing.T) {
	w := newWorld(t, linker.Subscriptions, 3, [][2]int{{0, 1}, {1, 2}})
	port := portOf(t, w.nodes[0].server)
	stopServer(w.nodes[0].server)
	for _, n := range w.nodes {
		n.await("link in backoff", func(links []linker.Link) bool {
			for _, k := range links {
				if k.State != linker.Backoff {
					return false
				}
			}
			return true
		})
		if err := n.Publish("said.old", nil); err != nil {
			t.Errorf("publishing to nobody: %v", err)
		}
	}
	startServer(t, port)
	for _, n := range w.nodes {
		n.up()
	}
	for _, n := range w.nodes {
		n.say(n.peer.ID)
	}
	w.expect(everybodySays(w))
}

func TestRestartOfANeighbor(t *testing.T) {
	overModes(t, func(t *testing.T, mode linker.Mode) {
		w := newWorld(t, mode, 2, [][2]int{{0, 1}})
		for i, old := range w.nodes {
			other := w.nodes[1-i]
			old.close()
			var again *node
			if mode == linker.Connections {
				again = newNode(t, old.peer.ID, nil) // on another server, too
			} else {
				again = newNode(t, old.peer.ID, old.server)
			}
			again.peer.Incarnation++
			again.view.set(other.peer)
			again.start(testConfig(mode))
			w.nodes[i] = again
			k := again.awaitLink(other, "refused", func(k linker.Link) bool { return k.Err != nil })
			if k.State == linker.Up {
				t.Error("up with a node that looks for the former life")
			}
			other.view.set(again.peer)
			again.up(other)
			other.up(again)
			if got := other.Links()[0].Peer.Incarnation; got != again.peer.Incarnation {
				t.Errorf("the link is to incarnation %d, want %d", got, again.peer.Incarnation)
			}
			for _, n := range w.nodes {
				n.say(n.peer.ID)
			}
			w.expect(everybodySays(w))
			if mode == linker.Connections {
				eventually(t, "no connection to the former server", func() bool { return old.server.NumClients() <= 1 })
			}
		}
	})
}

// TestWrongIncarnation has one side look for another life than the one there is.
func TestWrongIncarnation(t *testing.T) {
	overModes(t, func(t *testing.T, mode linker.Mode) {
		w := newWorld(t, mode, 2, [][2]int{{0, 1}})
		a, b := w.nodes[0], w.nodes[1]
		wrong := b.peer
		wrong.Incarnation = 7
		a.view.set(wrong)
		a.awaitLink(b, "refused", func(k linker.Link) bool {
			return k.State == linker.Waiting && errors.Is(k.Err, linker.ErrIncarnation)
		})
		a.view.set(b.peer)
		a.up(b)
		b.up(a)
	})
}

// TestSlowHandlerLeavesLinksAlone blocks the handlers of both connections of a
// node while its neighbors change.
func TestSlowHandlerLeavesLinksAlone(t *testing.T) {
	overModes(t, func(t *testing.T, mode linker.Mode) {
		w := newWorld(t, mode, 4, [][2]int{{0, 1}, {1, 2}})
		slow, late := w.nodes[1], w.nodes[3]
		entered, release := make(chan struct{}, 2), make(chan struct{})
		slow.subscribe("said.>", func(linker.Msg) {
			entered <- struct{}{}
			<-release
		})
		w.nodes[0].say("x")
		w.nodes[2].say("x")
		<-entered
		w.edges = append(w.edges, [2]int{1, 3}) // none of its links is made anew
		for i, n := range w.nodes {
			n.view.set(w.neighbors(i)...)
		}
		late.up(slow)
		slow.up(w.nodes[0], w.nodes[2], late)

		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := slow.Close(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("closing while a handler runs: %v, want the error of the context", err)
		}
		close(release)
		slow.close()
	})
}

func TestTooManyMessagesAreDroppedAndCounted(t *testing.T) {
	overModes(t, func(t *testing.T, mode linker.Mode) {
		w := newWorld(t, mode, 2, nil)
		w.edges = [][2]int{{0, 1}}
		for i, n := range w.nodes {
			n.close()
			cfg := testConfig(mode)
			cfg.Pending = 10
			n.view.set(w.neighbors(i)...)
			n.local.SetErrorHandler(func(*nats.Conn, *nats.Subscription, error) {})
			n.start(cfg)
		}
		for i, n := range w.nodes {
			other := w.nodes[1-i]
			n.up(other)
			other.up(n)
			entered, release := make(chan struct{}, 50), make(chan struct{})
			n.subscribe("flood", func(linker.Msg) {
				entered <- struct{}{}
				<-release
			})
			if err := other.Publish("flood", nil); err != nil {
				t.Fatal(err)
			}
			<-entered
			for range 25 {
				if err := other.PublishTo(n.peer.ID, "flood", nil); err != nil {
					t.Fatal(err)
				}
			}
			eventually(t, "15 messages dropped", func() bool { return n.Counts().Dropped == 15 })
			close(release)
			n.close()
			if got := n.Counts().Dropped; got != 15 {
				t.Errorf("%d messages are counted as dropped after the end, want 15", got)
			}
			other.close()
			for j, again := range w.nodes {
				again.view.set(w.neighbors(j)...)
				cfg := testConfig(mode)
				cfg.Pending = 10
				again.start(cfg)
			}
		}
	})
}

// TestSilentNeighbor has somebody subscribed to the hellos who never answers.
func TestSilentNeighbor(t *testing.T) {
	overModes(t, func(t *testing.T, mode linker.Mode) {
		s := startServer(t, -1)
		a, b := newNode(t, "a", s), newNode(t, "b", s)
		hellos := make(chan *nats.Msg, 100)
		if _, err := b.local.ChanSubscribe("kith.test.link.b.>", hellos); err != nil {
			t.Fatal(err)
		}
		if err := b.local.FlushTimeout(patience); err != nil {
			t.Fatal(err)
		}
		a.view.set(b.peer)
		cfg := testConfig(mode)
		cfg.HelloTimeout = 5 * time.Millisecond
		a.start(cfg)
		k := a.awaitState(b, linker.Backoff)
		if !errors.Is(k.Err, linker.ErrSilent) {
			t.Errorf("the fault is %v, want ErrSilent", k.Err)
		}
		if n := len(hellos); n < cfg.HelloMisses {
			t.Errorf("%d hellos were sent, want %d", n, cfg.HelloMisses)
		}
	})
}

// TestNeighborGoesAway closes one side of a link without a change of the other's
// view; the next hello finds it out.
func TestNeighborGoesAway(t *testing.T) {
	overModes(t, func(t *testing.T, mode linker.Mode) {
		w := newWorld(t, mode, 2, [][2]int{{0, 1}})
		cfg := testConfig(mode)
		cfg.Reconcile = 20 * time.Millisecond
		for _, n := range w.nodes {
			n.close()
			n.start(cfg)
		}
		a, b := w.nodes[0], w.nodes[1]
		for _, n := range w.nodes {
			n.up()
		}
		for _, pair := range [][2]*node{{a, b}, {b, a}} {
			gone, left := pair[0], pair[1]
			gone.close()
			left.awaitLink(gone, "lost", func(k linker.Link) bool { return k.State == linker.Waiting && errors.Is(k.Err, linker.ErrAbsent) })
			gone.start(cfg)
			left.up(gone)
			gone.up(left)
		}
	})
}

// TestStrangers speaks to a node as somebody who is no neighbor.
func TestStrangers(t *testing.T) {
	overModes(t, func(t *testing.T, mode linker.Mode) {
		w := newWorld(t, mode, 2, [][2]int{{0, 1}})
		n := w.nodes[0]
		stranger := connect(t, n.server)
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		if _, err := stranger.RequestWithContext(ctx, "kith.test.to.n0.x.sync", nil); !errors.Is(err, nats.ErrNoResponders) {
			t.Errorf("the request of a stranger: %v, want ErrNoResponders", err)
		}
		answers := make(chan *nats.Msg, 1)
		if _, err := stranger.ChanSubscribe("kith.test.link.x.n0", answers); err != nil {
			t.Fatal(err)
		}
		for _, m := range []struct{ subject, data string }{
			{"kith.test.link.n0.x", "not JSON"},
			{"kith.test.link.n0.x", `{"v":2,"word":"hello"}`},
			{"kith.test.link.n0.x", strings.Repeat(" ", 1000)},
			{"kith.test.link.n0.x", `{"v":1,"word":"welcome","seq":3}`},
			{"kith.test.link.n0.x*", `{"v":1,"word":"hello","seq":4}`},
			{"kith.test.link.n0.n1", "not JSON"},
			{"kith.test.to.n0.x", "x"},
			{"kith.test.to.n0.x.said.all", "x"},
			{"kith.test.from.x.said.all", "x"},
			{"kith.test.link.n0.x", `{"v":1,"word":"hello","from":9,"to":1,"seq":5}`},
		} {
			if err := stranger.Publish(m.subject, []byte(m.data)); err != nil {
				t.Fatal(err)
			}
		}
		select {
		case m := <-answers:
			if want := `{"v":1,"word":"refuse","from":1,"to":9,"seq":5,"why":"unwanted"}`; string(m.Data) != want {
				t.Errorf("the answer to a stranger is %s, want %s", m.Data, want)
			}
		case <-ctx.Done():
			t.Fatal("a stranger's hello was not answered")
		}
		w.expect([]map[string]int{{}, {}})
		malformed := uint64(3) // and a fourth on the neighbor's link, if that is the connection for it
		if mode == linker.Subscriptions {
			malformed++
		}
		eventually(t, "2 messages of strangers and the malformed hellos", func() bool {
			c := n.Counts()
			return c.Strangers == 2 && c.Malformed == malformed
		})
		if !n.Settled() {
			t.Errorf("the links are %+v", n.Links())
		}
	})
}
