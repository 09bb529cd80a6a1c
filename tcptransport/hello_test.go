// Hellos that are refused, or that never come.

package tcptransport_test

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/tcptransport"
	"github.com/kithmesh/kith/views"
	"github.com/kithmesh/kith/wire"
)

func stranger(id string) *views.Peer {
	return &views.Peer{ID: id, Incarnation: 1, Addr: "nowhere:1"}
}

// The dialer learns why it was refused, and the reason of the loss.
func TestRefusedDials(t *testing.T) {
	overAll(t, func(t *testing.T, f fabric) {
		b := start(t, f, "b", 5)
		foreign := func(cfg *tcptransport.Config) { cfg.Cluster = "other" }
		for _, test := range []struct {
			name    string
			to      views.Peer
			changes []func(*tcptransport.Config)
			reason  membership.Reason
			err     error
		}{
			{"cluster", *b.peer, []func(*tcptransport.Config){foreign}, membership.Unreachable, tcptransport.ErrCluster},
			{"somebody else", views.Peer{ID: "c", Incarnation: 5}, nil, membership.WrongPeer, tcptransport.ErrWrongPeer},
			{"newer life", views.Peer{ID: "b", Incarnation: 4}, nil, membership.Unreachable, tcptransport.ErrStale},
			{"older life", views.Peer{ID: "b", Incarnation: 6}, nil, membership.Unreachable, tcptransport.ErrStale},
		} {
			a := start(t, f, "a", 1, test.changes...)
			test.to.Addr = b.peer.Addr
			a.send(&test.to, 1)
			a.loses(&test.to, test.reason, test.err)
			a.shut()
			a.silent()
		}
		b.shut()
		b.silent()
	})
}

// The other life that answered is known from the error.
func TestErrorNamesTheLifeThatAnswered(t *testing.T) {
	inBubble(t, func(t *testing.T, f fabric) {
		a, b := start(t, f, "a", 1), start(t, f, "b", 5)
		older := &views.Peer{ID: "b", Incarnation: 4, Addr: b.peer.Addr}
		a.send(older, 1)
		e := a.loses(older, membership.Unreachable, tcptransport.ErrStale)
		var other *tcptransport.PeerError
		if !errors.As(e.err, &other) || !other.Got.Same(b.peer) {
			t.Fatalf("got %v", e.err)
		}
		b.shut()
		b.silent()
	})
}

// A node that reaches itself under another name notices.
func TestDialReachesSelf(t *testing.T) {
	inBubble(t, func(t *testing.T, f fabric) {
		a := start(t, f, "a", 1)
		other := &views.Peer{ID: "b", Incarnation: 1, Addr: a.peer.Addr}
		a.send(other, 1)
		a.loses(other, membership.WrongPeer, tcptransport.ErrWrongPeer)
		if err := a.Send(a.peer, 0, numbered(1)); !errors.Is(err, tcptransport.ErrSelf) {
			t.Fatalf("send to self: %v", err)
		}
	})
}

// What a listener answers to each kind of hello.
func TestVerdicts(t *testing.T) {
	inBubble(t, func(t *testing.T, f fabric) {
		b := start(t, f, "b", 1)
		for _, test := range []struct {
			name   string
			change func(*helloOf)
			want   tcptransport.Verdict
		}{
			{"good", func(*helloOf) {}, tcptransport.VerdictOK},
			{"cluster", func(h *helloOf) { h.cluster = "other" }, tcptransport.VerdictCluster},
			{"too new", func(h *helloOf) { h.min, h.max = 2, 9 }, tcptransport.VerdictVersion},
			{"range", func(h *helloOf) { h.max = 9 }, tcptransport.VerdictOK},
			{"expected", func(h *helloOf) { h.expected = "c" }, tcptransport.VerdictWrongPeer},
			{"own ID", func(h *helloOf) { h.peer = stranger("b") }, tcptransport.VerdictRefused},
			{"join", func(h *helloOf) { h.purpose, h.expected = joinPurpose, "" }, tcptransport.VerdictOK},
		} {
			t.Log(test.name)
			c := dialRaw(t, f, b)
			h := goodHello(stranger("a"), "b")
			test.change(&h)
			c.send(h.frame())
			c.verdict(test.want)
			if test.want != tcptransport.VerdictOK {
				c.ends()
			}
			c.close()
		}
		b.shut()
		b.silent()
	})
}

// What is no hello is not answered.
func TestBadHellosAreClosed(t *testing.T) {
	inBubble(t, func(t *testing.T, f fabric) {
		b := start(t, f, "b", 1)
		good := goodHello(stranger("a"), "b")
		with := func(change func(*helloOf)) []byte {
			h := good
			change(&h)
			return h.frame()
		}
		huge := wire.AppendBytes(wire.AppendHeader(nil, typeHello), 99, make([]byte, 5000))
		bad := map[string][]byte{
			"HTTP":       []byte("GET / HTTP/1.1\r\nHost: b\r\n\r\n"),
			"zeros":      make([]byte, 6),
			"ready":      readyFrame(),
			"message":    messageFrame(1),
			"magic":      with(func(h *helloOf) { h.magic = "hith" }),
			"no cluster": with(func(h *helloOf) { h.cluster = "" }),
			"purpose":    with(func(h *helloOf) { h.purpose = 3 }),
			"no version": with(func(h *helloOf) { h.min = 0 }),
			"range":      with(func(h *helloOf) { h.min, h.max = 2, 1 }),
			"no peer":    with(func(h *helloOf) { h.peer = nil }),
			"peer":       with(func(h *helloOf) { h.peer = &views.Peer{ID: "a b", Incarnation: 1, Addr: "x:1"} }),
			"whom":       with(func(h *helloOf) { h.expected = "" }),
			"too large":  wire.FinishFrame(huge, 0),
		}
		for name, frame := range bad {
			t.Log(name)
			c := dialRaw(t, f, b)
			_, _ = c.Write(frame) // the end of it may not be read
			if typ, _, err := c.frame(); err == nil {
				t.Fatalf("%s: answered with type %d", name, typ)
			}
		}
		if n := b.Stats().Faults[tcptransport.FaultHello]; n != uint64(len(bad)) {
			t.Fatalf("%d bad hellos counted, want %d", n, len(bad))
		}
		b.silent()
	})
}

// A connection that says nothing, or never becomes Ready, is closed in time.
func TestHelloTimeout(t *testing.T) {
	for _, name := range []string{"says nothing", "half a hello", "never ready"} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, f fabric) {
				b := start(t, f, "b", 1)
				begin := time.Now()
				c := dialRaw(t, f, b)
				switch name {
				case "half a hello":
					c.send(helloFrame(stranger("a"), "b")[:20])
				case "never ready":
					c.send(helloFrame(stranger("a"), "b"))
					c.verdict(tcptransport.VerdictOK)
				}
				c.ends()
				if got := time.Since(begin); got != 2*time.Second {
					t.Fatalf("closed after %v", got)
				}
				b.shut()
				b.silent()
			})
		})
	}
}

// A dial to somebody who accepts and says nothing ends at its deadline; one to
// somebody who says nonsense ends at once.
func TestDialToSomethingElse(t *testing.T) {
	inBubble(t, func(t *testing.T, f fabric) {
		a, fake := start(t, f, "a", 1), listenRaw(t, f)
		peer := &views.Peer{ID: "b", Incarnation: 1, Addr: fake.Addr().String()}
		nonsense := [][]byte{
			nil,
			[]byte("220 mail.example.org ESMTP ready\r\n"),
			readyFrame(),
			replyFrame(0, nil),
			replyFrame(tcptransport.VerdictOK, nil),
			replyFrame(tcptransport.VerdictStale, nil),
		}
		for i, answer := range nonsense {
			begin := time.Now()
			a.send(peer, 1)
			c := fake.accept()
			c.expect(typeHello)
			if answer != nil {
				_, _ = c.Write(answer) // the end of it may not be read
			}
			a.loses(peer, membership.Unreachable, tcptransport.ErrHello)
			want := 2 * time.Second
			if answer != nil {
				want = 0
			}
			if got := time.Since(begin); got != want {
				t.Fatalf("answer %d: lost after %v, want %v", i, got, want)
			}
		}
		// A verdict of a later version is a refusal.
		a.send(peer, 1)
		c := fake.accept()
		c.expect(typeHello)
		c.send(replyFrame(77, nil))
		a.loses(peer, membership.Unreachable, tcptransport.ErrRefused)
	})
}

// The dialer's hello is as documented.
func TestHelloOnTheWire(t *testing.T) {
	inBubble(t, func(t *testing.T, f fabric) {
		a, fake := start(t, f, "a", 1), listenRaw(t, f)
		peer := &views.Peer{ID: "b", Incarnation: 3, Addr: fake.Addr().String()}
		a.send(peer, 1)
		a.send(peer, 2)
		c := fake.accept()
		want := helloFrame(a.peer, "b")[wire.HeaderLen:]
		if got := c.expect(typeHello); !bytes.Equal(got, want) {
			t.Fatalf("hello is\n%x, want\n%x", got, want)
		}
		c.send(replyFrame(tcptransport.VerdictOK, peer))
		// Ready and what was queued come in one write.
		got := make([]byte, 4096)
		n, err := c.Read(got)
		if err != nil {
			t.Fatal(err)
		}
		all := append(append(readyFrame(), messageFrame(1)...), messageFrame(2)...)
		if !bytes.Equal(got[:n], all) {
			t.Fatalf("first write is\n%x, want\n%x", got[:n], all)
		}
	})
}
