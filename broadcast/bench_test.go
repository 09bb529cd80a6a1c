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

// benchmarked is a node with five links that takes messages of one origin from the
// first, and has taken so many.
func benchmarked(b *testing.B, messages uint64) (*broadcast.Node, broadcast.Gossip) {
	n, err := broadcast.New(broadcast.NewLife("relay-0001", 1), broadcast.DefaultConfig())
	if err != nil {
		b.Fatal(err)
	}
	for link := range uint64(5) {
		n.Step(broadcast.Input{Kind: broadcast.LinkUp, Link: link + 1})
	}
	life := broadcast.NewLife("origin-0001", 1)
	g := broadcast.Gossip{Life: []byte(life), First: 1, Hop: 1, Frame: make([]byte, 256)}
	for range messages {
		g.Sequence++
		n.Step(broadcast.Input{Kind: broadcast.Received, Link: 1, Gossip: g})
	}
	return n, g
}

// BenchmarkDuplicate takes a message that is here already, on a link that was pruned.
func BenchmarkDuplicate(b *testing.B) {
	n, g := benchmarked(b, 100)
	b.ReportAllocs()
	for b.Loop() {
		n.Step(broadcast.Input{Kind: broadcast.Received, Link: 2, Gossip: g})
	}
}

// BenchmarkIHave takes an announcement of 64 origins of which all is here.
func BenchmarkIHave(b *testing.B) {
	n, g := benchmarked(b, 100)
	c := &broadcast.Control{Kind: broadcast.IHave}
	for range 64 {
		c.Marks = append(c.Marks, broadcast.Mark{Life: broadcast.Life(g.Life), Low: 1, High: 100, Hop: 3})
	}
	b.ReportAllocs()
	for b.Loop() {
		n.Step(broadcast.Input{Kind: broadcast.Told, Link: 2, Control: c})
	}
}

// BenchmarkLateMessage takes messages each of which was announced before it came.
func BenchmarkLateMessage(b *testing.B) {
	n, g := benchmarked(b, 100)
	var now time.Duration
	b.ReportAllocs()
	for b.Loop() {
		now += 2 * time.Microsecond
		g.Sequence++
		n.Step(broadcast.Input{Kind: broadcast.Told, Now: now, Link: 2, Control: &broadcast.Control{
			Kind: broadcast.IHave, Marks: []broadcast.Mark{{Life: broadcast.NewLife("origin-0001", 1), Low: 1, High: g.Sequence, Hop: 3}},
		}})
		n.Step(broadcast.Input{Kind: broadcast.Received, Now: now, Link: 1, Gossip: g})
		if g.Sequence%1024 == 0 {
			n.Step(broadcast.Input{Kind: broadcast.Tick, Now: now})
		}
	}
}
