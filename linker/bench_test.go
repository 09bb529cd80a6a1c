// What it costs to say something to five neighbors.

package linker_test

import (
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/kithmesh/kith/linker"
)

// BenchmarkPublish measures a message of 128 bytes from one node to five until
// all have heard it, in windows that keep the queues from overflowing. The node
// is the smallest in one case, and so has dialed all its neighbors, and the
// largest in the other.
func BenchmarkPublish(b *testing.B) {
	const neighbors, window = 5, 512
	run := func(b *testing.B, mode linker.Mode, speaker int) {
		var edges [][2]int
		for i := range neighbors + 1 {
			if i != speaker {
				edges = append(edges, [2]int{speaker, i})
			}
		}
		w := newWorld(b, mode, neighbors+1, edges)
		var heard atomic.Int64
		done := make(chan struct{}, 1)
		for i, n := range w.nodes {
			if i != speaker {
				n.subscribe("bench", func(linker.Msg) {
					if heard.Add(-1) == 0 {
						done <- struct{}{}
					}
				})
			}
		}
		data := make([]byte, 128)
		b.ReportAllocs()
		for sent := 0; b.Loop(); sent++ {
			if sent%window == 0 {
				if sent > 0 {
					<-done
				}
				heard.Store(neighbors * window)
			}
			if err := w.nodes[speaker].Publish("bench", data); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.Run(linker.Subscriptions.String(), func(b *testing.B) { run(b, linker.Subscriptions, 0) })
	for name, speaker := range map[string]int{"dialed": 0, "was dialed": neighbors} {
		b.Run(fmt.Sprintf("%s/%s", linker.Connections, name), func(b *testing.B) { run(b, linker.Connections, speaker) })
	}
}
