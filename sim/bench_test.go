// How fast a world is, and how large.

package sim_test

import (
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/kithmesh/kith/sim"
)

// overlay returns a world of n nodes that has come to rest, without heartbeats.
func settled(b *testing.B, n int) *sim.World {
	b.Helper()
	cfg := sim.DefaultConfig()
	cfg.Membership.HeartbeatInterval = 0
	w, err := sim.New(cfg)
	if err != nil {
		b.Fatal(err)
	}
	for range n {
		w.Start()
		if err := w.Run(time.Minute / time.Duration(n)); err != nil {
			b.Fatal(err)
		}
	}
	if err := w.Run(time.Minute); err != nil {
		b.Fatal(err)
	}
	return w
}

// BenchmarkRound lets a shuffle interval pass in a cluster at rest. What counts is
// the time of a message: everything that the world and the cores do, by the number of
// messages received.
func BenchmarkRound(b *testing.B) {
	for _, n := range []int{1_000, 10_000, 100_000, 1_000_000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			before := heap()
			w := settled(b, n)
			size := heap() - before
			messages := w.Stats().Delivered()
			events := w.Stats().Events
			b.ResetTimer()
			for range b.N {
				if err := w.Run(w.Config().Membership.ShuffleInterval); err != nil {
					b.Fatal(err)
				}
			}
			began := b.Elapsed()
			messages = w.Stats().Delivered() - messages
			b.ReportMetric(float64(began)/float64(messages), "ns/message")
			b.ReportMetric(float64(began)/float64(w.Stats().Events-events), "ns/event")
			b.ReportMetric(float64(messages)/float64(n*b.N), "messages/node")
			b.ReportMetric(float64(size)/float64(n), "B/node")
		})
	}
}

// heap is what is in use after a collection.
func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
