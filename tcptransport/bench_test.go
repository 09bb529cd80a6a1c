// What sending costs.

package tcptransport_test

import (
	"context"
	"errors"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/tcptransport"
	"github.com/kithmesh/kith/views"
)

// counting is a handler that counts.
type counting struct {
	received atomic.Uint64
	target   atomic.Uint64
	reached  chan struct{}
}

func (c *counting) Received(*views.Peer, uint64, membership.Message) {
	if c.received.Add(1) == c.target.Load() {
		c.reached <- struct{}{}
	}
}

func (*counting) Lost(*views.Peer, uint64, membership.Reason, error) {}

func (*counting) Join(context.Context, membership.Message) (membership.Message, error) {
	return membership.Message{}, errors.ErrUnsupported
}

func benchNode(tb testing.TB, id string, h tcptransport.Handler) (*tcptransport.Transport, *views.Peer) {
	tb.Helper()
	cfg := tcptransport.DefaultConfig()
	cfg.Cluster, cfg.Bind = "bench", "127.0.0.1:0"
	cfg.QueueBytes, cfg.MessageRate = 1<<20, 1e9
	tr, err := tcptransport.Listen(tb.Context(), cfg)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(tr.Stop)
	peer := &views.Peer{ID: id, Incarnation: 1, Addr: tr.Addr().String()}
	tr.Start(peer, h)
	return tr, peer
}

// beats sends count heartbeats, staying within a quarter of the queue, and waits
// until all are received.
func beats(tb testing.TB, from *tcptransport.Transport, to *views.Peer, h *counting, count int) {
	tb.Helper()
	beat := &membership.Message{Kind: membership.Heartbeat, Active: true, Degree: 5, Sent: time.Hour, Echo: time.Hour, Held: time.Second}
	before := h.received.Load()
	h.target.Store(before + uint64(count))
	for i := range count {
		for uint64(i)-(h.received.Load()-before) > 4096 {
			runtime.Gosched()
		}
		if err := from.Send(to, 0, beat); err != nil {
			tb.Fatal(err)
		}
	}
	<-h.reached
}

// BenchmarkSend sends heartbeats over loopback, as fast as they are received.
func BenchmarkSend(b *testing.B) {
	h := &counting{reached: make(chan struct{}, 1)}
	from, _ := benchNode(b, "a", h)
	_, to := benchNode(b, "b", h)
	beats(b, from, to, h, 10_000)
	b.ReportAllocs()
	b.ResetTimer()
	beats(b, from, to, h, b.N)
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "msg/s")
}

// BenchmarkRoundTrip sends a message and waits for it.
func BenchmarkRoundTrip(b *testing.B) {
	h := &counting{reached: make(chan struct{}, 1)}
	from, _ := benchNode(b, "a", h)
	_, to := benchNode(b, "b", h)
	beats(b, from, to, h, 10)
	b.ReportAllocs()
	for b.Loop() {
		beats(b, from, to, h, 1)
	}
}

// Once the buffers are warm, neither sending nor receiving a heartbeat allocates.
func TestSendDoesNotAllocate(t *testing.T) {
	h := &counting{reached: make(chan struct{}, 1)}
	from, _ := benchNode(t, "a", h)
	_, to := benchNode(t, "b", h)
	beats(t, from, to, h, 10_000)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	const count = 20_000
	beats(t, from, to, h, count)
	runtime.ReadMemStats(&after)
	if per := float64(after.Mallocs-before.Mallocs) / count; per > 0.1 {
		t.Errorf("%.2f allocations for each message", per)
	}
}
