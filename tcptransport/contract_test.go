// The five promises of the package, over each kind of network.

package tcptransport_test

import (
	"errors"
	"testing"

	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/tcptransport"
	"github.com/kithmesh/kith/views"
)

// Promise 1: a peer is who its hello proved.
func TestSenderIsWhoTheHelloProved(t *testing.T) {
	overAll(t, func(t *testing.T, f fabric) {
		a, b := start(t, f, "a", 7), start(t, f, "b", 1)
		liar := &views.Peer{ID: "liar", Incarnation: 9, Addr: "elsewhere:1"}
		msg := membership.Message{
			Kind: membership.Shuffle, TTL: 3, Request: 1, Peer: liar,
			Sample: []views.Sighting{{Peer: liar}},
		}
		if err := a.Send(b.peer, 0, &msg); err != nil {
			t.Fatal(err)
		}
		e := b.next()
		if *e.peer != *a.peer || e.msg.Peer.ID != "liar" {
			t.Fatalf("got %v, want it from a", e)
		}
	})
}

// Promise 1: the address and the rest are the peer's own too, not hearsay.
func TestDialedPeerIsWhoAnswered(t *testing.T) {
	overAll(t, func(t *testing.T, f fabric) {
		a, b := start(t, f, "a", 1), listen(t, f, "b", 1)
		b.peer.Zone = "known to b alone"
		b.Start(b.peer, b)
		a.send(&views.Peer{ID: "b", Incarnation: 1, Addr: b.peer.Addr}, 1)
		b.gets(a.peer, 1)
		b.send(a.peer, 2)
		if e := a.gets(b.peer, 2); e.peer.Zone != b.peer.Zone {
			t.Fatalf("got zone %q", e.peer.Zone)
		}
	})
}

// Promise 2: one link carries both directions.
func TestOneLinkBothWays(t *testing.T) {
	overAll(t, func(t *testing.T, f fabric) {
		a, b := start(t, f, "a", 1), start(t, f, "b", 1)
		a.send(b.peer, 1)
		got := b.gets(a.peer, 1)
		b.sendOn(a.peer, got.link, 2)
		b.send(a.peer, 3)
		first := a.gets(b.peer, 2)
		if second := a.gets(b.peer, 3); first.link != second.link {
			t.Fatalf("links %d and %d, want one", first.link, second.link)
		}
		for _, n := range []*node{a, b} {
			links := n.Links()
			if len(links) != 1 || links[0].State != tcptransport.Up || links[0].Dialed != (n == a) {
				t.Fatalf("%s has %+v", n.peer.ID, links)
			}
			if n.Stats().Dials > 1 {
				t.Fatalf("%s dialed %d times", n.peer.ID, n.Stats().Dials)
			}
		}
	})
}

// Promise 3: messages arrive in order, those queued during the dial first.
func TestMessagesArriveInOrder(t *testing.T) {
	overAll(t, func(t *testing.T, f fabric) {
		a, b := start(t, f, "a", 1), start(t, f, "b", 1)
		const count = 2000
		for i := range uint32(count) {
			a.send(b.peer, i+1)
		}
		link := b.gets(a.peer, 1).link
		for i := range uint32(count - 1) {
			if e := b.gets(a.peer, i+2); e.link != link {
				t.Fatalf("message %d came on link %d, want %d", i+2, e.link, link)
			}
		}
	})
}

// Promise 3: a link is lost once, after its last message, and then it is gone.
func TestLostOnceAfterTheLastMessage(t *testing.T) {
	overAll(t, func(t *testing.T, f fabric) {
		a, b := start(t, f, "a", 1), start(t, f, "b", 1)
		const count = 100
		for i := range uint32(count) {
			a.send(b.peer, i+1)
		}
		a.shut()
		var link uint64
		for i := range uint32(count) {
			link = b.gets(a.peer, i+1).link
		}
		if e := b.loses(a.peer, membership.Closed, nil); e.link != link {
			t.Fatalf("lost link %d, want %d", e.link, link)
		}
		if err := b.Send(a.peer, link, numbered(1)); !errors.Is(err, tcptransport.ErrNoLink) {
			t.Fatalf("send on a lost link: %v", err)
		}
		b.Close(a.peer, link)
		b.shut()
		b.silent()
	})
}

// Promise 3: as long as a loss is being reported, whoever sends on that link is told that this
// is under way.
func TestSendWhileLossIsReported(t *testing.T) {
	overAll(t, func(t *testing.T, f fabric) {
		a, b := start(t, f, "a", 1), start(t, f, "b", 1)
		during := make(chan error, 1)
		b.onLost = func(link uint64) { during <- b.Send(a.peer, link, numbered(1)) }
		a.send(b.peer, 1)
		b.gets(a.peer, 1)
		a.shut()
		b.loses(a.peer, membership.Closed, nil)
		if err := <-during; !errors.Is(err, tcptransport.ErrEnding) {
			t.Errorf("during the report: %v", err)
		}
		b.shut()
	})
}

// Promise 3: a dial that fails is lost too, once.
func TestFailedDialIsLost(t *testing.T) {
	overAll(t, func(t *testing.T, f fabric) {
		a, b := start(t, f, "a", 1), start(t, f, "b", 1)
		b.Stop()
		a.send(b.peer, 1)
		if e := a.loses(b.peer, membership.Unreachable, nil); e.link == 0 || e.err == nil {
			t.Fatalf("got %v", e)
		}
		if n := a.Stats(); n.Dials != 1 || n.Lost[membership.Unreachable] != 1 {
			t.Fatalf("got %+v", n)
		}
		a.shut()
		a.silent()
	})
}

// Promise 5: what was queued is sent before the close, and nothing is told of the
// link after it.
func TestCloseSendsWhatWasQueued(t *testing.T) {
	overAll(t, func(t *testing.T, f fabric) {
		a, b := start(t, f, "a", 1), start(t, f, "b", 1)
		a.send(b.peer, 1)
		link := b.gets(a.peer, 1).link
		const count = 500
		for i := range uint32(count) {
			b.sendOn(a.peer, link, i+1)
		}
		b.Close(a.peer, link)
		for i := range uint32(count) {
			a.gets(b.peer, i+1)
		}
		a.loses(b.peer, membership.Closed, nil)
		b.shut()
		b.silent()
	})
}

// Promise 5, for a link that is still being dialed.
func TestCloseDuringTheDial(t *testing.T) {
	overAll(t, func(t *testing.T, f fabric) {
		a, b := start(t, f, "a", 1), start(t, f, "b", 1)
		a.send(b.peer, 1)
		a.Close(b.peer, 0)
		if links := a.Links(); len(links) != 0 {
			t.Fatalf("links after close: %+v", links)
		}
		b.gets(a.peer, 1)
		b.loses(a.peer, membership.Closed, nil)
		a.shut()
		a.silent()
	})
}

// Promise 5: after a close the next message makes a new link, which comes after all
// that the closed one still had to say.
// That takes connections that can be half-closed, which says when the other side
// has read everything.
func TestSendAfterCloseDialsAnew(t *testing.T) {
	overHalfClosable(t, func(t *testing.T, f fabric) {
		a := start(t, f, "a", 1, func(cfg *tcptransport.Config) {
			cfg.DialTimeout, cfg.Linger = patience, patience
		})
		b := start(t, f, "b", 1)
		const rounds = 10
		for i := range uint32(rounds) {
			a.send(b.peer, 2*i+1)
			a.send(b.peer, 2*i+2)
			a.Close(b.peer, 0)
		}
		a.send(b.peer, 2*rounds+1)
		for i := range uint32(rounds) {
			link := b.gets(a.peer, 2*i+1).link
			b.gets(a.peer, 2*i+2)
			if e := b.loses(a.peer, membership.Closed, nil); e.link != link {
				t.Fatalf("lost link %d, want %d", e.link, link)
			}
		}
		b.gets(a.peer, 2*rounds+1)
		a.silent()
	})
}

// A node that crashes is lost at once, without any timer.
func TestStopIsSeenAtOnce(t *testing.T) {
	overAll(t, func(t *testing.T, f fabric) {
		a, b := start(t, f, "a", 1), start(t, f, "b", 1)
		a.send(b.peer, 1)
		link := b.gets(a.peer, 1).link
		b.Retain(link, true)
		a.Stop()
		b.loses(a.peer, membership.Closed, nil)
		a.silent()
	})
}

// A newer life takes over, the older one is not heard any more.
func TestNewerLifeSupersedes(t *testing.T) {
	overAll(t, func(t *testing.T, f fabric) {
		old, b := start(t, f, "a", 1), start(t, f, "b", 1)
		old.send(b.peer, 1)
		b.gets(old.peer, 1)
		b.Retain(b.Links()[0].Link, true)

		young := start(t, f, "a", 2)
		young.send(b.peer, 2)
		b.loses(old.peer, membership.Superseded, tcptransport.ErrStale)
		b.gets(young.peer, 2)

		if err := b.Send(old.peer, 0, numbered(3)); !errors.Is(err, tcptransport.ErrStale) {
			t.Fatalf("send to the older life: %v", err)
		}
		old.loses(b.peer, membership.Closed, nil)
		old.send(b.peer, 4)
		e := old.loses(b.peer, membership.Unreachable, tcptransport.ErrStale)
		var refused *tcptransport.RefusedError
		if !errors.As(e.err, &refused) || refused.Incarnation != 2 {
			t.Fatalf("got %v, want the current incarnation", e.err)
		}
		b.shut()
		b.silent()
	})
}
