// What a directory takes: memory for each node, time for each announcement.

package presence_test

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/kithmesh/kith/presence"
	"github.com/kithmesh/kith/views"
)

// typical is a node of a service.
func typical(i int) *views.Peer {
	return &views.Peer{
		ID: fmt.Sprintf("orders-7d9c-%05d", i), Incarnation: 1700000000000, Addr: "10.42.101.202:7946",
		NATS: "nats://10.42.101.202:4222", Zone: "eu-west-1", Meta: "orders v1.2.3",
	}
}

// fill makes n nodes announce themselves.
func fill(tb testing.TB, d *presence.Directory, n int) {
	tb.Helper()
	for i := range n {
		p := typical(i)
		d.Step(presence.Input{
			Kind: presence.Heard, From: p.ID, Incarnation: p.Incarnation,
			Data: presence.AppendMessage(nil, &presence.Message{Kind: presence.Announce, TTL: ttl, Peer: p}),
		})
	}
	if d.Len() != n+1 {
		tb.Fatalf("%d nodes, want %d", d.Len(), n+1)
	}
}

// BenchmarkMemory tells what each node in a directory takes.
func BenchmarkMemory(b *testing.B) {
	const nodes = 9999
	inUse := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	for b.Loop() {
		d := start(b, presence.Config{})
		before := inUse()
		fill(b, d.core, nodes)
		b.ReportMetric(float64(inUse()-before)/nodes, "B/node")
		runtime.KeepAlive(d)
	}
}

func BenchmarkAnnouncement(b *testing.B) {
	d := start(b, presence.Config{})
	fill(b, d.core, 1000)
	p := typical(500)
	data := presence.AppendMessage(nil, &presence.Message{Kind: presence.Announce, TTL: ttl, Peer: p})
	b.ReportMetric(float64(len(data)), "B")
	b.ReportAllocs()
	for b.Loop() {
		d.core.Step(presence.Input{Kind: presence.Heard, From: p.ID, Incarnation: p.Incarnation, Data: data})
	}
}
