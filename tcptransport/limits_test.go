// Limits of connections and dials, and frames that are no messages.

package tcptransport_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/tcptransport"
	"github.com/kithmesh/kith/views"
	"github.com/kithmesh/kith/wire"
)

func TestMaxInbound(t *testing.T) {
	inBubble(t, func(t *testing.T, f fabric) {
		b := start(t, f, "b", 1, func(cfg *tcptransport.Config) { cfg.MaxInbound = 2 })
		first := connectRaw(t, f, b, stranger("a"))
		connectRaw(t, f, b, stranger("c"))
		wait()
		d := start(t, f, "d", 1)
		d.send(b.peer, 1)
		d.loses(b.peer, membership.Unreachable, tcptransport.ErrBusy)

		// Who is linked already may come again.
		again := dialRaw(t, f, b)
		again.send(helloFrame(stranger("a"), "b"))
		again.verdict(tcptransport.VerdictOK)
		again.close()

		first.close()
		b.loses(stranger("a"), membership.Closed, nil)
		d.send(b.peer, 2)
		b.gets(d.peer, 2)
	})
}

func TestMaxUnidentified(t *testing.T) {
	inBubble(t, func(t *testing.T, f fabric) {
		b := start(t, f, "b", 1, func(cfg *tcptransport.Config) { cfg.MaxUnidentified = 3 })
		connectRaw(t, f, b, stranger("linked"))
		wait()
		begin := time.Now()
		var silent []*raw
		for range 3 {
			silent = append(silent, dialRaw(t, f, b))
		}
		wait()
		dialRaw(t, f, b).ends()
		if time.Since(begin) != 0 {
			t.Fatal("one too many was not closed at once")
		}
		if n := b.Stats().Faults[tcptransport.FaultOverflow]; n != 1 {
			t.Fatalf("%d overflowed", n)
		}
		for _, c := range silent {
			c.ends()
		}
		wait()
		connectRaw(t, f, b, stranger("a"))
	})
}

func TestMaxDials(t *testing.T) {
	inBubble(t, func(t *testing.T, f fabric) {
		var under, most atomic.Int32
		a := start(t, f, "a", 1, func(cfg *tcptransport.Config) {
			cfg.MaxDials = 2
			cfg.Dialer = func(ctx context.Context, _, _ string) (net.Conn, error) {
				if n := under.Add(1); n > most.Load() {
					most.Store(n)
				}
				<-ctx.Done()
				under.Add(-1)
				return nil, ctx.Err()
			}
		})
		begin := time.Now()
		for _, id := range []string{"b", "c", "d", "e"} {
			a.send(stranger(id), 1)
		}
		for range 4 {
			if e := a.next(); !e.lost || e.reason != membership.Unreachable {
				t.Fatalf("got %v", e)
			}
		}
		if got := time.Since(begin); got != 2*time.Second || most.Load() != 2 {
			t.Fatalf("%d dials at most, all over after %v", most.Load(), got)
		}
	})
}

// A flood of sends to peers that are not there is refused beyond a number, also
// when the links are closed at once, and no place stays taken.
func TestMaxDialing(t *testing.T) {
	inBubble(t, func(t *testing.T, f fabric) {
		const most = 256
		a := start(t, f, "a", 1, func(cfg *tcptransport.Config) {
			cfg.Dialer = func(ctx context.Context, _, _ string) (net.Conn, error) {
				<-ctx.Done()
				return nil, ctx.Err()
			}
		})
		before := runtime.NumGoroutine()
		for round := range 2 {
			queued := 0
			for i := range 1000 {
				to := stranger(fmt.Sprintf("r%d-%d", round, i))
				switch err := a.Send(to, 0, numbered(1)); {
				case err == nil:
					queued++
				case !errors.Is(err, tcptransport.ErrBusy):
					t.Fatalf("send %d: %v", i, err)
				}
				if round == 1 {
					a.Close(to, 0)
				}
			}
			if queued != most {
				t.Fatalf("round %d: %d were queued, want %d", round, queued, most)
			}
			if n := runtime.NumGoroutine() - before; n > most+16 {
				t.Fatalf("round %d: %d more goroutines", round, n)
			}
			time.Sleep(3 * time.Second)
			wait()
		}
		for range most {
			if e := a.next(); !e.lost || e.reason != membership.Unreachable {
				t.Fatalf("got %v", e)
			}
		}
		a.silent() // what was closed is not reported
	})
}

// Links that are up take no place of those that are not, whoever dialed.
func TestMaxDialingCountsWhatIsNotUp(t *testing.T) {
	inBubble(t, func(t *testing.T, f fabric) {
		a := start(t, f, "a", 1, func(cfg *tcptransport.Config) { cfg.MaxDialing = 1 })
		for i, id := range []string{"b", "c", "d"} {
			peer := start(t, f, id, 1)
			a.send(peer.peer, uint32(i+1))
			peer.gets(a.peer, uint32(i+1))
		}
		connectRaw(t, f, a, stranger("e"))
		wait()
		a.send(stranger("f"), 1)
		a.loses(stranger("f"), membership.Unreachable, nil)
	})
}

// Malformed frames are skipped; a connection with too many of them is closed.
func TestBadFrames(t *testing.T) {
	inBubble(t, func(t *testing.T, f fabric) {
		b := start(t, f, "b", 1)
		c, peer, _ := linkedRaw(t, f, b)
		empty := wire.FinishFrame(wire.AppendHeader(nil, byte(membership.Shuffle)), 0)
		future := messageFrame(9)
		future[4] = 2
		c.send(empty)
		c.send(messageFrame(2))
		c.send(future)
		c.send(messageFrame(3))
		b.gets(peer, 2)
		b.gets(peer, 3)
		c.send(empty)
		b.loses(peer, membership.Misbehaved, tcptransport.ErrBadFrames)
		c.ends()
		if n := b.Stats().BadFrames; n != 3 {
			t.Fatalf("%d bad frames counted", n)
		}
	})
}

// Frames of a type that is not known are dropped, however many.
func TestUnknownTypes(t *testing.T) {
	inBubble(t, func(t *testing.T, f fabric) {
		b := start(t, f, "b", 1)
		c, peer, _ := linkedRaw(t, f, b)
		for range 10 {
			c.send(wire.FinishFrame(wire.AppendUint(wire.AppendHeader(nil, 63), 1, 1), 0))
		}
		c.send(messageFrame(2))
		b.gets(peer, 2)
		if n := b.Stats(); n.UnknownTypes != 10 || n.BadFrames != 0 {
			t.Fatalf("got %+v", n)
		}
	})
}

// After a length that cannot be, nothing more can be read.
func TestFrameTooLarge(t *testing.T) {
	inBubble(t, func(t *testing.T, f fabric) {
		b := start(t, f, "b", 1)
		c, peer, _ := linkedRaw(t, f, b)
		c.send([]byte{0xff, 0xff, 0xff, 0xff, 1, 9})
		b.loses(peer, membership.Misbehaved, wire.ErrTooLarge)
	})
}

// A frame that is larger than the read buffer is received whole.
func TestLargeFrame(t *testing.T) {
	overAll(t, func(t *testing.T, f fabric) {
		a, b := start(t, f, "a", 1), start(t, f, "b", 1)
		msg := membership.Message{Kind: membership.Shuffle, TTL: 1, Request: 1, Peer: a.peer}
		for range wire.MaxPeers {
			msg.Sample = append(msg.Sample, views.Sighting{Peer: &views.Peer{
				ID: "x", Incarnation: 1, Addr: "x:1", Meta: string(make([]byte, views.MaxMeta)),
			}})
		}
		for range 20 {
			if err := a.Send(b.peer, 0, &msg); err != nil {
				t.Fatal(err)
			}
			a.send(b.peer, 2)
			if e := b.next(); len(e.msg.Sample) != wire.MaxPeers {
				t.Fatalf("got %v with %d peers", e, len(e.msg.Sample))
			}
			b.gets(a.peer, 2)
		}
	})
}

// A connection that ends within a frame is lost, like any other.
func TestEndWithinAFrame(t *testing.T) {
	inBubble(t, func(t *testing.T, f fabric) {
		for _, cut := range []int{1, wire.HeaderLen, wire.HeaderLen + 1} {
			b := start(t, f, "b", 1)
			c, peer, _ := linkedRaw(t, f, b)
			c.send(messageFrame(2)[:cut])
			c.close()
			b.loses(peer, membership.Closed, nil)
			b.Stop()
		}
	})
}

// Nothing is remembered of peers that have gone.
func TestNothingIsLeftOfManyPeers(t *testing.T) {
	inBubble(t, func(t *testing.T, f fabric) {
		b := start(t, f, "b", 1)
		for i := range 300 {
			c := dialRaw(t, f, b)
			peer := &views.Peer{ID: "c", Incarnation: uint64(i + 1), Addr: "nowhere:1"}
			c.send(helloFrame(peer, "b"))
			c.verdict(tcptransport.VerdictOK)
			if i%2 == 0 {
				c.send(readyFrame())
			}
			c.close()
			if i%3 == 0 {
				b.send(&views.Peer{ID: "gone", Incarnation: uint64(i + 1), Addr: "nowhere:1"}, 1)
			}
			wait()
		}
		time.Sleep(time.Minute)
		wait()
		if links, seats, conns := b.Held(); links+seats+conns != 0 {
			t.Fatalf("%d links, %d seats, %d connections are left", links, seats, conns)
		}
	})
}
