// How links follow the view.

package linker_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/kithmesh/kith/linker"
)

func TestCountsOfAMesh(t *testing.T) {
	overGraphs(t, func(t *testing.T, mode linker.Mode, w *world) {
		connections, subscriptions, dialed := 0, 0, 0
		for i, n := range w.nodes {
			c := n.Counts()
			connections += c.Connections
			subscriptions += c.Subscriptions
			if c.Links != len(w.neighbors(i)) || c.Up != c.Links {
				t.Errorf("%s counts %+v, want %d links, all up", n.peer.ID, c, len(w.neighbors(i)))
			}
			for _, k := range n.Links() {
				if k.Dialed != (mode == linker.Connections && n.peer.ID < k.Peer.ID) {
					t.Errorf("%s has dialed %s: %v", n.peer.ID, k.Peer, k.Dialed)
				}
				if k.Dialed {
					dialed++
				}
			}
		}
		edges := len(w.edges)
		want := map[linker.Mode][3]int{
			linker.Connections:   {edges, 3 * edges, edges},
			linker.Subscriptions: {0, 2 * edges, 0},
		}[mode]
		if got := [3]int{connections, subscriptions, dialed}; got != want {
			t.Errorf("connections, subscriptions, dialed are %v, want %v", got, want)
		}
	})
}

// Counts may be called at any time, also while links are made.
func TestCountsWhileLinksAreMade(t *testing.T) {
	overModes(t, func(t *testing.T, mode linker.Mode) {
		w := newWorld(t, mode, 2, [][2]int{{0, 1}})
		a, b := w.nodes[0], w.nodes[1]
		counting, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			for counting.Err() == nil {
				if c := a.Counts(); c.Links > 1 || c.Subscriptions > 3 {
					t.Errorf("counted %+v", c)
					return
				}
			}
		}()
		for range 10 {
			a.view.set()
			a.await("no link", func(links []linker.Link) bool { return len(links) == 0 })
			a.view.set(w.neighbors(0)...)
			a.up(b)
		}
		stop()
		<-done
	})
}

func TestLinksFollowTheView(t *testing.T) {
	overModes(t, func(t *testing.T, mode linker.Mode) {
		w := newWorld(t, mode, 3, [][2]int{{0, 1}, {1, 2}})
		a, b, c := w.nodes[0], w.nodes[1], w.nodes[2]
		before := b.Links()
		w.edges = [][2]int{{1, 2}, {0, 2}}
		for i, n := range w.nodes {
			n.view.set(w.neighbors(i)...)
		}
		a.await("single link", func(links []linker.Link) bool { return len(links) == 1 && links[0].Peer.ID == "n2" })
		b.await("single link", func(links []linker.Link) bool { return len(links) == 1 && links[0].Peer.ID == "n2" })
		for _, n := range w.nodes {
			n.up()
		}
		c.up(a, b)
		if after := b.Links(); !after[0].Since.Equal(before[1].Since) {
			t.Error("the link that stayed has been made anew")
		}
		for _, n := range w.nodes {
			n.say(n.peer.ID)
		}
		w.expect(everybodySays(w))
		if err := a.PublishTo("n1", "said.x", nil); !errors.Is(err, linker.ErrNotLinked) {
			t.Errorf("publishing to a former neighbor: %v, want ErrNotLinked", err)
		}

		w.edges = [][2]int{{0, 1}, {1, 2}, {0, 2}}
		for i, n := range w.nodes {
			n.view.set(w.neighbors(i)...)
		}
		a.up(b, c)
		b.up(a, c)
		for _, n := range w.nodes {
			n.say(n.peer.ID)
		}
		w.expect(everybodySays(w))
		for _, n := range w.nodes {
			eventually(t, "as many connections as edges", func() bool {
				return mode == linker.Subscriptions || n.server.NumClients() == 1+len(n.Links())-n.Counts().Connections
			})
		}
	})
}

// TestViewsThatFlap takes neighbors out and back in many times: links end well,
// and nothing is heard twice after it.
func TestViewsThatFlap(t *testing.T) {
	overModes(t, func(_ *testing.T, mode linker.Mode) {
		w := newWorld(t, mode, 3, [][2]int{{0, 1}, {1, 2}, {0, 2}})
		for range 20 {
			for i, n := range w.nodes {
				n.view.set()
				n.view.set(w.neighbors(i)[:1]...)
				n.view.set(w.neighbors(i)...)
			}
		}
		for i, n := range w.nodes {
			n.await("whole view", func(links []linker.Link) bool { return len(links) == len(w.neighbors(i)) })
		}
		for _, n := range w.nodes {
			n.up()
		}
		for _, n := range w.nodes {
			n.say(n.peer.ID)
		}
		w.expect(everybodySays(w))
	})
}

// TestWhoeverComesFirstIsTold gives no link a chance by the clock: the second side
// to want the link tells the first one.
func TestWhoeverComesFirstIsTold(t *testing.T) {
	overModes(t, func(t *testing.T, mode linker.Mode) {
		for _, first := range []int{0, 1} {
			w := newWorld(t, mode, 2, nil)
			for _, n := range w.nodes {
				n.close()
				cfg := testConfig(mode)
				cfg.BackoffMin, cfg.BackoffMax = time.Hour, time.Hour
				n.start(cfg)
			}
			early, late := w.nodes[first], w.nodes[1-first]
			early.view.set(late.peer)
			k := early.awaitLink(late, "refused", func(k linker.Link) bool { return k.Err != nil })
			if k.State != linker.Waiting || !errors.Is(k.Err, linker.ErrUnwanted) && !errors.Is(k.Err, linker.ErrAbsent) {
				t.Errorf("the link of the first side is %+v, want one that waits", k)
			}
			err := early.PublishTo(late.peer.ID, "said.x", nil)
			if fault := asLinkError(t, err); fault.State != linker.Waiting || !errors.Is(err, linker.ErrNotLinked) {
				t.Errorf("publishing to one that is not up: %v", err)
			}
			if early.Settled() {
				t.Error("settled with a link that is not up")
			}
			late.view.set(early.peer)
			early.up(late)
			late.up(early)
		}
	})
}

func TestOtherDataOfAPeerKeepsTheLink(t *testing.T) {
	overModes(t, func(t *testing.T, mode linker.Mode) {
		w := newWorld(t, mode, 2, [][2]int{{0, 1}})
		a, b := w.nodes[0], w.nodes[1]
		since := a.Links()[0].Since
		b.peer.Meta = "new"
		a.view.set(b.peer)
		k := a.awaitLink(b, "updated", func(k linker.Link) bool { return k.Peer.Meta == "new" })
		if k.State != linker.Up || !k.Since.Equal(since) {
			t.Errorf("the link is %+v, want the one that was up before", k)
		}
	})
}

func TestServersDecideWhoDials(t *testing.T) {
	for name, tt := range map[string]struct {
		a, b bool // has a server
		want linker.State
		dial string
	}{
		"both":    {true, true, linker.Up, "a"},
		"smaller": {true, false, linker.Up, "b"},
		"larger":  {false, true, linker.Up, "a"},
		"none":    {false, false, linker.NoServer, "a"},
	} {
		t.Run(name, func(t *testing.T) {
			a, b := newNode(t, "a", nil), newNode(t, "b", nil)
			if !tt.a {
				a.peer.NATS = ""
			}
			if !tt.b {
				b.peer.NATS = ""
			}
			a.view.set(b.peer)
			b.view.set(a.peer)
			a.start(testConfig(linker.Connections))
			b.start(testConfig(linker.Connections))
			ka, kb := a.awaitState(b, tt.want), b.awaitState(a, tt.want)
			if ka.Dialed != (tt.dial == "a") || kb.Dialed != (tt.dial == "b") {
				t.Errorf("a dialed: %v, b dialed: %v, want %s", ka.Dialed, kb.Dialed, tt.dial)
			}
			if tt.want == linker.NoServer {
				for _, k := range []linker.Link{ka, kb} {
					if !errors.Is(k.Err, linker.ErrNoServer) {
						t.Errorf("the fault is %v, want ErrNoServer", k.Err)
					}
				}
				b.peer.NATS = b.server.ClientURL()
				a.view.set(b.peer)
				a.awaitLink(b, "attempted", func(k linker.Link) bool { return k.State == linker.Waiting })
				if got := a.Counts().Dials; got != 1 {
					t.Errorf("%d dials, want 1", got)
				}
			}
		})
	}
}

func TestHoldDown(t *testing.T) {
	overModes(t, func(t *testing.T, mode linker.Mode) {
		w := newWorld(t, mode, 2, [][2]int{{0, 1}})
		a, b := w.nodes[0], w.nodes[1]
		restart := func(holdDown time.Duration) {
			for i, n := range w.nodes {
				n.close()
				cfg := testConfig(mode)
				cfg.HoldDown = holdDown
				n.view.set(w.neighbors(i)...)
				n.start(cfg)
			}
			a.up(b)
			b.up(a)
		}
		restart(time.Hour)
		since := a.Links()[0].Since
		a.view.set()
		a.awaitLink(b, "held", func(k linker.Link) bool { return k.Held && k.State == linker.Up })
		if a.Settled() {
			t.Error("settled with a link to nobody's neighbor")
		}
		a.view.set(b.peer)
		k := a.awaitLink(b, "kept", func(k linker.Link) bool { return !k.Held })
		if k.State != linker.Up || !k.Since.Equal(since) {
			t.Errorf("the link is %+v, want the one from before", k)
		}

		restart(10 * time.Millisecond)
		a.view.set()
		a.await("end of the link", func(links []linker.Link) bool { return len(links) == 0 })
	})
}

func TestViewWithOddPeers(t *testing.T) {
	w := newWorld(t, linker.Subscriptions, 2, [][2]int{{0, 1}})
	n, old, bad := w.nodes[0], w.nodes[1].peer, w.nodes[1].peer
	old.Incarnation, old.Meta = 0, "old"
	bad.ID = "a.>"
	n.view.set(n.peer, old, w.nodes[1].peer, old, bad)
	n.up(w.nodes[1])
	if links := n.Links(); len(links) != 1 || links[0].Peer.Meta != "" {
		t.Errorf("the links are %+v, want the one neighbor", links)
	}
}

func TestWaitUpNamesWhatIsMissing(t *testing.T) {
	w := newWorld(t, linker.Connections, 2, nil)
	a, b := w.nodes[0], w.nodes[1]
	a.view.set(b.peer)
	a.awaitLink(b, "refused", func(k linker.Link) bool { return k.State == linker.Waiting && k.Err != nil })
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := a.WaitUp(ctx, "n1", "zz")
	if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "n1: waiting") || !strings.Contains(err.Error(), "zz: no neighbor") {
		t.Errorf("error is %v, want both peers named", err)
	}
}
