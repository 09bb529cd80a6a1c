// Silence, idleness and peers that do not read, in virtual time.

package tcptransport_test

import (
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/tcptransport"
	"github.com/kithmesh/kith/views"
)

// The defaults that these tests count on.
const (
	silence = 3 * time.Second
	idle    = 5 * time.Second
	linger  = time.Second
	slow    = 5 * time.Second
)

// linkedRaw returns a connection from a stranger, of which message 1 has come.
func linkedRaw(t *testing.T, f fabric, n *node) (c *raw, peer *views.Peer, link uint64) {
	t.Helper()
	peer = stranger("c")
	c = connectRaw(t, f, n, peer)
	c.send(messageFrame(1))
	return c, peer, n.gets(peer, 1).link
}

func TestSilentNeighborIsLost(t *testing.T) {
	inBubble(t, func(t *testing.T, f fabric) {
		b := start(t, f, "b", 1)
		c, peer, link := linkedRaw(t, f, b)
		begin := time.Now()
		b.Retain(link, true)
		for i := range uint32(5) {
			time.Sleep(silence - time.Millisecond)
			c.send(messageFrame(i + 2))
			b.gets(peer, i+2)
		}
		b.loses(peer, membership.Silent, tcptransport.ErrSilent)
		want := 5*(silence-time.Millisecond) + silence + tcptransport.SecondLook
		if got := time.Since(begin); got != want {
			t.Fatalf("lost after %v, want %v", got, want)
		}
	})
}

// What the node itself writes is no sign of life.
func TestSilenceCountsWhatIsHeard(t *testing.T) {
	inBubble(t, func(t *testing.T, f fabric) {
		b := start(t, f, "b", 1)
		c, peer, link := linkedRaw(t, f, b)
		b.Retain(link, true)
		begin := time.Now()
		for range 3 {
			b.send(peer, 2)
			c.message(2)
			time.Sleep(time.Second - time.Millisecond)
		}
		b.loses(peer, membership.Silent, nil)
		if got := time.Since(begin); got != silence+tcptransport.SecondLook {
			t.Fatalf("lost after %v", got)
		}
	})
}

// A node that is late itself gives others more time, while it is late.
func TestLatenessIsNoSilence(t *testing.T) {
	for _, test := range []struct{ late, ago, want time.Duration }{
		{500 * time.Millisecond, 0, silence + 3*500*time.Millisecond},
		{time.Hour, 0, 3 * silence}, // then it is forgotten
		{500 * time.Millisecond, 4 * silence, silence},
	} {
		inBubble(t, func(t *testing.T, f fabric) {
			b := start(t, f, "b", 1)
			b.Late(test.late)
			b.Late(time.Millisecond) // a lesser one does not make up for it
			time.Sleep(test.ago)
			_, peer, link := linkedRaw(t, f, b)
			b.Retain(link, true)
			begin := time.Now()
			b.loses(peer, membership.Silent, tcptransport.ErrSilent)
			if got := time.Since(begin); got != test.want+tcptransport.SecondLook {
				t.Errorf("late by %v, %v ago: lost after %v, want %v", test.late, test.ago, got, test.want)
			}
		})
	}
}

// late is a connection whose reader has no turn until its deadline has passed,
// once, as on an overloaded machine.
type late struct {
	net.Conn
	mu       sync.Mutex
	armed    bool
	deadline time.Time
}

func (l *late) SetReadDeadline(by time.Time) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.deadline = by
	return l.Conn.SetReadDeadline(by)
}

func (l *late) Read(b []byte) (int, error) {
	l.mu.Lock()
	armed, deadline := l.armed, l.deadline
	l.armed = false
	l.mu.Unlock()
	if armed {
		time.Sleep(time.Until(deadline))
		return 0, os.ErrDeadlineExceeded
	}
	return l.Conn.Read(b)
}

// lateListener accepts connections that are late when told.
type lateListener struct {
	net.Listener
	last *late
}

func (l *lateListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err == nil {
		l.last = &late{Conn: c}
		c = l.last
	}
	return c, err
}

// Data that has arrived while the reader had no turn keeps the link.
func TestOverloadIsNoSilence(t *testing.T) {
	inBubble(t, func(t *testing.T, f fabric) {
		var l *lateListener
		b := start(t, f, "b", 1, func(cfg *tcptransport.Config) {
			l = &lateListener{Listener: cfg.Listener}
			cfg.Listener = l
		})
		c, peer, link := linkedRaw(t, f, b)
		b.Retain(link, true)
		wait()
		l.last.mu.Lock()
		l.last.armed = true
		l.last.mu.Unlock()
		c.send(messageFrame(2)) // the read under way takes it, the next one is late
		b.gets(peer, 2)
		begin := time.Now()
		done := make(chan struct{})
		go func() { // a pipe has no buffer: the write waits for the late reader
			defer close(done)
			_, _ = c.Write(messageFrame(3))
		}()
		b.gets(peer, 3)
		<-done
		if got := time.Since(begin); got < silence {
			t.Fatalf("the reader was not late: %v", got)
		}
		b.silent()
	})
}

// A link that nobody retains is closed when idle, and who closes it calls that no
// loss.
func TestIdleLinkCloses(t *testing.T) {
	inBubble(t, func(t *testing.T, f fabric) {
		b := start(t, f, "b", 1)
		a := start(t, f, "a", 1, func(cfg *tcptransport.Config) { cfg.Idle = 2 * idle })
		a.send(b.peer, 1)
		link := b.gets(a.peer, 1).link
		begin := time.Now()
		a.loses(b.peer, membership.Closed, nil)
		if got := time.Since(begin); got != idle {
			t.Fatalf("closed after %v", got)
		}
		wait()
		for _, n := range []*node{a, b} {
			if links, seats, conns := n.Held(); links+seats+conns != 0 {
				t.Fatalf("%s holds %d links, %d seats, %d connections", n.peer.ID, links, seats, conns)
			}
			n.silent()
		}
		if err := b.Send(a.peer, link, numbered(1)); !errors.Is(err, tcptransport.ErrNoLink) {
			t.Fatalf("send on a closed link: %v", err)
		}
		if b.Retain(link, true) {
			t.Fatal("a closed link was retained")
		}
		b.send(a.peer, 2)
		if e := a.gets(b.peer, 2); e.link == link {
			t.Fatal("the new link has the old number")
		}
	})
}

// Both directions count: a link that is written to is not idle.
func TestWritingKeepsALinkOpen(t *testing.T) {
	inBubble(t, func(t *testing.T, f fabric) {
		b := start(t, f, "b", 1)
		c, peer, _ := linkedRaw(t, f, b)
		begin := time.Now()
		for range 5 {
			b.send(peer, 2)
			c.message(2)
			time.Sleep(idle - time.Second)
		}
		c.ends()
		if got := time.Since(begin); got != 4*(idle-time.Second)+idle {
			t.Fatalf("closed after %v", got)
		}
		c.close()
		wait()
		b.silent()
	})
}

// A link is idle from the moment on at which it is not retained any more, and
// retained until then.
func TestRetainEnds(t *testing.T) {
	inBubble(t, func(t *testing.T, f fabric) {
		b := start(t, f, "b", 1)
		c, peer, link := linkedRaw(t, f, b)
		b.Retain(link, true)
		for i := range uint32(6) {
			time.Sleep(2 * time.Second)
			c.send(messageFrame(i + 2))
			b.gets(peer, i+2)
		}
		time.Sleep(time.Second)
		b.Retain(link, false)
		begin := time.Now()
		c.ends()
		if got := time.Since(begin); got != idle {
			t.Fatalf("closed after %v, want %v", got, idle)
		}
		c.close()
		wait()
		b.silent()
	})
}

// What arrives while an idle link is being closed is received.
func TestLateMessageOnAnIdleLink(t *testing.T) {
	inBubble(t, func(t *testing.T, f fabric) {
		b := start(t, f, "b", 1)
		c, peer, _ := linkedRaw(t, f, b)
		c.ends()
		time.Sleep(linger / 2)
		c.send(messageFrame(2))
		b.gets(peer, 2)
		if links := b.Links(); len(links) != 0 {
			t.Fatalf("got %+v", links)
		}
		c.close()
		wait()
		b.silent()
	})
}

// A peer that does not close its side is closed after the linger.
func TestLingerEnds(t *testing.T) {
	inBubble(t, func(t *testing.T, f fabric) {
		b := start(t, f, "b", 1)
		c, peer, link := linkedRaw(t, f, b)
		begin := time.Now()
		b.send(peer, 2)
		b.Close(peer, link)
		c.message(2)
		c.ends()
		if got := time.Since(begin); got != 0 {
			t.Fatalf("half-closed after %v", got)
		}
		time.Sleep(linger / 20)
		for {
			if _, err := c.Write(messageFrame(3)); err != nil {
				break
			}
			time.Sleep(linger / 10)
		}
		if got := time.Since(begin); got != linger+linger/20 {
			t.Fatalf("closed after %v", got)
		}
		wait()
		b.silent()
	})
}

// Promise 4: a peer that does not read is lost, and Send never waits for it.
func TestPeerThatNeverReads(t *testing.T) {
	for _, test := range []struct {
		name    string
		network func(t *testing.T, test func(t *testing.T, f fabric))
	}{
		{"memory", inBubble},
		{"loopback", func(t *testing.T, test func(t *testing.T, f fabric)) { test(t, loopback) }},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.network(t, func(t *testing.T, f fabric) {
				b := start(t, f, "b", 1)
				_, peer, link := linkedRaw(t, f, b)
				big := &membership.Message{
					Kind: membership.Shuffle, TTL: 1, Request: 1, Peer: b.peer,
					Sample: []views.Sighting{{Peer: &views.Peer{
						ID: "x", Incarnation: 1, Addr: "x:1", Meta: string(make([]byte, views.MaxMeta)),
					}}},
				}
				var err error
				for err == nil {
					err = b.Send(peer, link, big)
				}
				if !errors.Is(err, tcptransport.ErrSlow) {
					t.Fatal(err)
				}
				b.loses(peer, membership.Slow, tcptransport.ErrSlow)
				if err = b.Send(peer, link, big); !errors.Is(err, tcptransport.ErrNoLink) {
					t.Fatalf("send on a lost link: %v", err)
				}
				if n := b.Stats().Lost[membership.Slow]; n != 1 {
					t.Fatalf("%d lost as slow", n)
				}
				b.shut()
				b.silent()
			})
		})
	}
}

// A write that makes no progress ends the link too.
func TestWriteWithoutProgress(t *testing.T) {
	inBubble(t, func(t *testing.T, f fabric) {
		b := start(t, f, "b", 1)
		_, peer, _ := linkedRaw(t, f, b)
		begin := time.Now()
		b.send(peer, 2)
		b.loses(peer, membership.Slow, tcptransport.ErrSlow)
		if got := time.Since(begin); got != slow {
			t.Fatalf("lost after %v", got)
		}
	})
}

// A peer that reads slowly, but reads, is not lost.
func TestSlowReaderThatReads(t *testing.T) {
	inBubble(t, func(t *testing.T, f fabric) {
		b := start(t, f, "b", 1)
		c, peer, _ := linkedRaw(t, f, b)
		total := 0
		for total < 250<<10 {
			b.send(peer, 2)
			total += len(messageFrame(2))
		}
		for total > 0 {
			time.Sleep(slow - time.Second)
			n, err := io.ReadFull(c.Conn, make([]byte, min(total, 64<<10)))
			if err != nil {
				t.Fatal(err)
			}
			total -= n
		}
		wait()
		b.silent()
		if len(b.Links()) != 1 {
			t.Fatal("the link is gone")
		}
	})
}

// A handler that blocks holds back its own link only, and nobody who sends.
func TestBlockedHandlerHoldsBackItsLinkOnly(t *testing.T) {
	inBubble(t, func(t *testing.T, f fabric) {
		b := listen(t, f, "b", 1)
		b.hold = make(chan struct{})
		b.Start(b.peer, b)
		a, c := start(t, f, "a", 1), start(t, f, "c", 1)
		a.send(b.peer, 1)
		wait()
		c.send(b.peer, 2)
		b.send(a.peer, 3)
		b.send(c.peer, 4)
		a.gets(b.peer, 3)
		c.gets(b.peer, 4)
		b.Close(a.peer, 0)
		b.Retain(1, true)
		a.loses(b.peer, membership.Closed, nil)
		close(b.hold)
		wait()
		b.Stop()
	})
}
