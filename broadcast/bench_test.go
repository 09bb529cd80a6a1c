// What a step costs.

package broadcast_test

import (
	"testing"
	"time"

	"github.com/kithmesh/kith/broadcast"
	"github.com/kithmesh/kith/wire"
)

// BenchmarkRelay takes messages of one origin from one link and sends them on two
// others, while two more are lazy.
func BenchmarkRelay(b *testing.B) {
	n, err := broadcast.New(broadcast.NewLife("relay-0001", 1), broadcast.DefaultConfig())
	if err != nil {
		b.Fatal(err)
	}
	life := broadcast.NewLife("origin-0001", 1)
	for link := range uint64(5) {
		n.Step(broadcast.Input{Kind: broadcast.LinkUp, Link: link + 1})
	}
	for link := range uint64(2) {
		n.Step(broadcast.Input{Kind: broadcast.Told, Link: link + 4, Control: &broadcast.Control{
			Kind: broadcast.Prune, Marks: []broadcast.Mark{{Life: life}},
		}})
	}
	payload := make([]byte, 128)
	frame := wire.FinishFrame(append(broadcast.BeginGossip(nil, life, 1<<20, 1<<20), payload...), 0)
	var now time.Duration
	sequence := uint64(0)
	b.ReportAllocs()
	for b.Loop() {
		sequence++
		now += 2 * time.Microsecond
		g, err := broadcast.ParseGossip(frame)
		if err != nil {
			b.Fatal(err)
		}
		g.Sequence, g.First = sequence, sequence
		n.Step(broadcast.Input{Kind: broadcast.Received, Now: now, Link: 1, Gossip: g})
		if sequence%1024 == 0 {
			n.Step(broadcast.Input{Kind: broadcast.Tick, Now: now})
		}
	}
}
