// A neighbor that reads a byte a second: it is not deaf, and of no use.

package kith_test

import (
	"context"
	"net"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kithmesh/kith"
	"github.com/kithmesh/kith/membership"
)

// trickle is a connection of which hardly anything is read, from some time on.
type trickle struct {
	net.Conn
	slow *atomic.Bool
}

func (c trickle) Read(b []byte) (int, error) {
	if c.slow.Load() {
		time.Sleep(time.Second)
		b = b[:min(1, len(b))]
	}
	return c.Conn.Read(b)
}

// trickling makes the connections of a listener such.
type trickling struct {
	net.Listener
	slow *atomic.Bool
}

func (l trickling) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return trickle{c, l.slow}, nil
}

// One neighbor of all reads a byte a second, while another publishes a hundred messages a second. It is
// expelled for being slow, and the others hear everything, none of it late.
func TestNeighborThatReadsAByteASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const others, messages = 5, 3000
		l, slow := newLAN(1), new(atomic.Bool)
		for range others {
			l.start(t)
		}
		x, err := kith.Start(t.Context(), kith.Config{Cluster: "lan", ID: "x", Advertise: "host-x:7000"},
			kith.WithListener(trickling{l.listen("host-x:7000"), slow}),
			kith.WithDialer(func(ctx context.Context, network, to string) (net.Conn, error) {
				c, err := l.dial(ctx, network, to)
				if err != nil {
					return nil, err
				}
				return trickle{c, slow}, nil
			}),
			kith.WithRendezvous(meeting{l, -1}), kith.WithSeed(9))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(x.Stop)
		time.Sleep(10 * time.Second)
		if n := len(x.Neighbors()); n != others {
			t.Fatalf("it has %d neighbors", n)
		}

		var heard, late, expelled atomic.Int64
		for _, n := range l.live() {
			if _, err := n.Subscribe("tick", func(m *kith.Message) {
				heard.Add(1)
				var at time.Time
				if err := at.UnmarshalBinary(m.Data); err != nil || time.Since(at) > 2*time.Second {
					late.Add(1)
				}
			}); err != nil {
				t.Fatal(err)
			}
			go func() {
				for e := range n.Events(t.Context()) {
					if e.Kind == kith.NeighborDown && e.Peer.ID == "x" && e.Reason == membership.Slow {
						expelled.Add(1)
					}
				}
			}()
		}
		slow.Store(true)
		for range messages {
			at, err := time.Now().MarshalBinary()
			if err != nil {
				t.Fatal(err)
			}
			if err := l.live()[0].Publish(t.Context(), "tick", at); err != nil {
				t.Fatal(err)
			}
			time.Sleep(10 * time.Millisecond)
		}
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if heard.Load() != others*messages || late.Load() > 0 {
			t.Errorf("%d messages were heard, %d of them late, want %d", heard.Load(), late.Load(), others*messages)
		}
		if expelled.Load() == 0 {
			t.Error("nobody found it slow")
		}
	})
}
