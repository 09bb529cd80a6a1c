// Both sides dial at once.

package tcptransport_test

import (
	"context"
	"net"
	"sync"
	"testing"

	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/tcptransport"
	"github.com/kithmesh/kith/views"
)

// However the dials fall out, one link remains on both sides, nothing is lost and
// every message arrives in order.
func TestBothSendAtOnce(t *testing.T) {
	overAll(t, func(t *testing.T, f fabric) {
		for range 40 {
			a, b := start(t, f, "a", 1), start(t, f, "b", 1)
			var both sync.WaitGroup
			begin := make(chan struct{})
			for _, pair := range [][2]*node{{a, b}, {b, a}} {
				both.Go(func() {
					<-begin
					for i := range uint32(5) {
						pair[0].send(pair[1].peer, i+1)
					}
				})
			}
			close(begin)
			both.Wait()
			exchanged(a, b)
			a.Stop()
			b.Stop()
		}
	})
}

// The same when both dials are certain to be under way before either hello.
func TestDialsCross(t *testing.T) {
	overAll(t, func(t *testing.T, f fabric) {
		for range 20 {
			var dialing sync.WaitGroup
			dialing.Add(2)
			once := func(cfg *tcptransport.Config) {
				dial := cfg.Dialer
				cfg.Dialer = func(ctx context.Context, network, addr string) (net.Conn, error) {
					dialing.Done()
					dialing.Wait()
					return dial(ctx, network, addr)
				}
			}
			a, b := start(t, f, "a", 1, once), start(t, f, "b", 1, once)
			for i := range uint32(5) {
				a.send(b.peer, i+1)
				b.send(a.peer, i+1)
			}
			exchanged(a, b)
			if dialed := a.Links()[0]; dialed.BytesOut < b.Links()[0].BytesIn {
				t.Fatalf("a wrote %d bytes, b read %d", dialed.BytesOut, b.Links()[0].BytesIn)
			}
			a.Stop()
			b.Stop()
		}
	})
}

// exchanged checks that messages 1 to 5 went both ways over one link each, that it
// works, and that nothing was lost.
func exchanged(a, b *node) {
	a.t.Helper()
	for _, pair := range [][2]*node{{a, b}, {b, a}} {
		from, to := pair[0], pair[1]
		link := to.gets(from.peer, 1).link
		for i := range uint32(4) {
			if e := to.gets(from.peer, i+2); e.link != link {
				to.t.Fatalf("%s: message %d on link %d, want %d", to.peer.ID, i+2, e.link, link)
			}
		}
		to.sendOn(from.peer, link, 6)
	}
	a.gets(b.peer, 6)
	b.gets(a.peer, 6)
	for _, n := range []*node{a, b} {
		if links := n.Links(); len(links) != 1 || links[0].State != tcptransport.Up {
			n.t.Fatalf("%s has %+v", n.peer.ID, links)
		}
		n.silent()
	}
}

// A node that is asked for a link while it dials keeps its dial if it has the
// smaller ID. The other one's messages wait for that.
func TestSmallerIDKeepsItsDial(t *testing.T) {
	inBubble(t, func(t *testing.T, f fabric) {
		gate := make(chan struct{})
		a := start(t, f, "a", 1, func(cfg *tcptransport.Config) {
			dial := cfg.Dialer
			cfg.Dialer = func(ctx context.Context, network, addr string) (net.Conn, error) {
				<-gate
				return dial(ctx, network, addr)
			}
		})
		b := start(t, f, "b", 1)
		a.send(b.peer, 1)
		b.send(a.peer, 2)
		wait()
		if n := a.Stats().Refused[tcptransport.VerdictCrossed]; n != 1 {
			t.Fatalf("a refused %d crossed dials, want 1", n)
		}
		if links := b.Links(); links[0].State != tcptransport.Waiting {
			t.Fatalf("b has %+v", links)
		}
		close(gate)
		a.gets(b.peer, 2)
		b.gets(a.peer, 1)
		if !a.Links()[0].Dialed || a.Stats().Dials != 1 || b.Stats().Accepted != 1 {
			t.Fatalf("a: %+v, b: %+v", a.Stats(), b.Stats())
		}
	})
}

// A node with the larger ID gives up its own dial.
func TestLargerIDGivesWay(t *testing.T) {
	inBubble(t, func(t *testing.T, f fabric) {
		a := start(t, f, "a", 1)
		b := start(t, f, "b", 1, func(cfg *tcptransport.Config) {
			cfg.Dialer = func(ctx context.Context, _, _ string) (net.Conn, error) {
				<-ctx.Done()
				return nil, ctx.Err()
			}
		})
		b.send(a.peer, 1)
		wait()
		a.send(b.peer, 2)
		b.gets(a.peer, 2)
		a.gets(b.peer, 1)
	})
}

// When the dial that was given way to does not come, the own one begins again.
func TestDialsAgainWhenThePeerDoesNotBecomeReady(t *testing.T) {
	inBubble(t, func(t *testing.T, f fabric) {
		first := true
		a := start(t, f, "a", 1)
		b := start(t, f, "b", 1, func(cfg *tcptransport.Config) {
			dial := cfg.Dialer
			cfg.Dialer = func(ctx context.Context, network, addr string) (net.Conn, error) {
				if first {
					first = false
					<-ctx.Done()
					return nil, ctx.Err()
				}
				return dial(ctx, network, addr)
			}
		})
		b.send(a.peer, 1)
		wait()
		raw := dialRaw(t, f, b)
		raw.send(helloFrame(a.peer, "b"))
		raw.verdict(tcptransport.VerdictOK)
		if links := b.Links(); links[0].State != tcptransport.Waiting {
			t.Fatalf("b has %+v", links)
		}
		raw.close()
		a.gets(b.peer, 1)
		b.shut()
		b.silent()
	})
}

// A node that waits for a dial that never comes loses the link at its deadline.
func TestWaitingEndsAtTheDeadline(t *testing.T) {
	inBubble(t, func(t *testing.T, f fabric) {
		b := start(t, f, "b", 1)
		fake := listenRaw(t, f)
		peer := &views.Peer{ID: "a", Incarnation: 1, Addr: fake.Addr().String()}
		b.send(peer, 1)
		raw := fake.accept()
		raw.expect(typeHello)
		raw.send(replyFrame(tcptransport.VerdictCrossed, nil))
		b.loses(peer, membership.Unreachable, tcptransport.ErrCrossed)
	})
}

// While an accepted connection is not Ready yet, a message waits for it.
func TestSendWaitsForAPromisedConnection(t *testing.T) {
	inBubble(t, func(t *testing.T, f fabric) {
		b := start(t, f, "b", 1)
		peer := &views.Peer{ID: "c", Incarnation: 1, Addr: "nowhere:1"}
		raw := dialRaw(t, f, b)
		raw.send(helloFrame(peer, "b"))
		raw.verdict(tcptransport.VerdictOK)
		b.send(peer, 1)
		wait()
		if n := b.Stats().Dials; n != 0 {
			t.Fatalf("%d dials, want none", n)
		}
		raw.send(readyFrame())
		raw.message(1)
	})
}

// Closing a link that waits does not lose what is queued: it is dialed for.
func TestCloseWhileWaiting(t *testing.T) {
	inBubble(t, func(t *testing.T, f fabric) {
		b, fake := start(t, f, "b", 1), listenRaw(t, f)
		peer := &views.Peer{ID: "c", Incarnation: 1, Addr: fake.Addr().String()}
		promised := dialRaw(t, f, b)
		promised.send(helloFrame(peer, "b"))
		promised.verdict(tcptransport.VerdictOK)
		b.send(peer, 1)
		b.Close(peer, 0)
		c := fake.accept()
		c.expect(typeHello)
		c.send(replyFrame(tcptransport.VerdictOK, peer))
		c.expect(typeReady)
		c.message(1)
		c.ends()
		c.close()
		promised.send(append(readyFrame(), messageFrame(2)...))
		b.gets(peer, 2)
		b.shut()
		b.silent()
	})
}

// A second connection of the same life takes the place of the first, but not
// before it is Ready, and what the first still held is received before.
func TestSecondConnectionReplacesTheFirst(t *testing.T) {
	inBubble(t, func(t *testing.T, f fabric) {
		b := start(t, f, "b", 1)
		peer := &views.Peer{ID: "c", Incarnation: 1, Addr: "nowhere:1"}
		first, second := connectRaw(t, f, b, peer), dialRaw(t, f, b)
		first.send(messageFrame(1))
		old := b.gets(peer, 1)
		second.send(helloFrame(peer, "b"))
		second.verdict(tcptransport.VerdictOK)
		first.send(messageFrame(2))
		b.gets(peer, 2)
		second.send(append(readyFrame(), messageFrame(4)...))
		wait()
		first.send(messageFrame(3))
		b.gets(peer, 3)
		first.close()
		if e := b.loses(peer, membership.Closed, tcptransport.ErrReplaced); e.link != old.link {
			t.Fatalf("lost link %d, want %d", e.link, old.link)
		}
		if e := b.gets(peer, 4); e.link == old.link {
			t.Fatal("the new link has the old number")
		}
		b.send(peer, 5)
		second.message(5)
	})
}
