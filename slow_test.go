// A neighbor that does not read what it is sent.

package kith_test

import (
	"context"
	"net"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kithmesh/kith"
	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/tcptransport"
)

// deafness makes the connections of a node stop reading. What it writes goes on, its
// heartbeats too, so that nobody takes it for dead.
type deafness struct {
	once sync.Once
	deaf chan struct{} // closed from then on
}

func (d *deafness) begin() { d.once.Do(func() { close(d.deaf) }) }

// conn is a connection of the node.
type conn struct {
	net.Conn
	d      *deafness
	closed chan struct{}
	once   sync.Once
}

func (d *deafness) wrap(c net.Conn) net.Conn {
	return &conn{Conn: c, d: d, closed: make(chan struct{})}
}

func (c *conn) Read(b []byte) (int, error) {
	select {
	case <-c.d.deaf:
		<-c.closed
		return 0, net.ErrClosed
	default:
		return c.Conn.Read(b)
	}
}

func (c *conn) Close() error {
	c.once.Do(func() { close(c.closed) })
	return c.Conn.Close()
}

type deafListener struct {
	net.Listener
	d *deafness
}

func (l deafListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return l.d.wrap(c), nil
}

// startDeaf starts a node that stops reading when it is told.
func startDeaf(t *testing.T, contact string) (*kith.Node, *deafness) {
	t.Helper()
	d := &deafness{deaf: make(chan struct{})}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	cfg := kith.Config{Cluster: "mesh", ID: "deaf", Contacts: []string{contact}, Transport: tcptransport.DefaultConfig()}
	cfg.Transport.Silence = time.Hour // it does not miss what it does not read
	var dialer net.Dialer
	n, err := kith.Start(t.Context(), cfg, kith.WithListener(deafListener{ln, d}),
		kith.WithDialer(func(ctx context.Context, network, addr string) (net.Conn, error) {
			c, err := dialer.DialContext(ctx, network, addr)
			if err != nil {
				return nil, err
			}
			return d.wrap(c), nil
		}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		d.begin()
		n.Stop()
	})
	return n, d
}

// soakFor is how long the publisher of TestDeafNeighbor publishes; KITH_SOAK is another
// duration.
const soakFor = 8 * time.Second

// One neighbor of the publisher stops reading. It is expelled for being slow, and the
// others get everything; nobody's memory grows with what is published.
func TestDeafNeighbor(t *testing.T) {
	duration := soakFor
	if text := os.Getenv("KITH_SOAK"); text != "" {
		var err error
		if duration, err = time.ParseDuration(text); err != nil {
			t.Fatal(err)
		}
	}
	const size = 1024
	nodes := mesh(t, 5)
	deaf, d := startDeaf(t, nodes[0].Self().Addr)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := deaf.WaitReady(ctx, 5); err != nil {
		t.Fatal(err)
	}
	var slowEnough atomic.Uint64 // as told by those who expelled it
	for _, n := range nodes {
		go func() {
			for e := range n.Events(t.Context()) {
				if e.Kind == kith.NeighborDown && e.Peer.ID == "deaf" && e.Reason == membership.Slow {
					slowEnough.Add(1)
				}
			}
		}()
	}
	got := make([]atomic.Uint64, len(nodes))
	var all sync.WaitGroup
	all.Add(len(nodes))
	for i, n := range nodes {
		if _, err := n.Subscribe(">", func(m *kith.Message) {
			if m.Subject == "end" {
				all.Done()
				return
			}
			got[i].Add(1)
		},
			kith.OnGap(func(g kith.Gap) { t.Errorf("%d: %+v", i, g) })); err != nil {
			t.Fatal(err)
		}
	}
	data := make([]byte, size)
	var published, most uint64
	began := time.Now()
	sample := func() {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		most = max(most, m.HeapInuse)
	}
	for time.Since(began) < duration {
		if published == 1000 {
			d.begin()
		}
		if err := nodes[0].Publish(t.Context(), "load", data); err != nil {
			t.Fatal(err)
		}
		if published++; published%10_000 == 0 {
			sample()
		}
	}
	sample()
	if err := nodes[0].Publish(t.Context(), "end", nil); err != nil {
		t.Fatal(err)
	}
	all.Wait()
	for i := range got {
		if n := got[i].Load(); n != published {
			t.Errorf("node %d has %d of %d messages", i, n, published)
		}
	}
	store := uint64(nodes[0].Stats().Broadcast.StoreBytes)
	t.Logf("%d messages of %d bytes in %v, %d MiB of heap at most, %d MiB of store each", published, size, duration, most>>20, store>>20)
	// Six stores, the garbage of the collector's pace, and what waits on links and for
	// handlers, which is bounded too.
	if limit := uint64(6*2*8<<20 + 300<<20); most > limit {
		t.Errorf("%d MiB of heap, want at most %d", most>>20, limit>>20)
	}
	if slowEnough.Load() == 0 {
		t.Error("nobody found it slow")
	}
	for i, n := range nodes {
		s := n.Stats().Broadcast
		t.Logf("node %d: %d stalls, %d expelled, RMR %.4f", i, s.Stalls, s.Expelled, s.RMR())
	}
}
