// Simulated nodes: the same cores in virtual time.

package main

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"

	"github.com/kithmesh/kith/broadcast"
	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/sim"
)

// How a simulated cluster grows: by a quarter a second, for no less than half a minute, as the
// limits on joining bear it.
const (
	growEvery = 100 * time.Millisecond
	growBy    = 0.025
	growSteps = 300
	// formed is when no more than one node in so many lacks a neighbor.
	formed = 100
	// mixRounds is for how many shuffle intervals the overlay is left alone.
	mixRounds = 3
	// mostBroadcast is the largest world in which messages are published: a core more for each
	// node is memory.
	mostBroadcast = 100_000
)

// simulate builds a world and measures it. Heartbeats are left out: they would be most of the
// work of a run, and say nothing.
func simulate(ctx context.Context, t task) (result, error) {
	heap := inUse()
	ctx, cancel := context.WithTimeout(ctx, t.Limit)
	defer cancel()
	cfg := sim.DefaultConfig()
	cfg.Seed, cfg.Bytes = t.Seed, true
	cfg.Membership.HeartbeatInterval = 0
	w, err := sim.New(cfg)
	if err != nil {
		return nil, err
	}
	r := make(result)
	if err := grow(ctx, w, t.Nodes); err != nil {
		return nil, err
	}
	took, err := settle(ctx, w)
	if err != nil {
		return nil, err
	}
	r[timeToForm] = took.Seconds()
	bytes := w.Stats().Bytes
	shuffles := bytes[membership.Shuffle] + bytes[membership.ShuffleReply]
	r[joinBytes] = (total(bytes) - float64(shuffles)) / float64(t.Nodes)
	if err := pass(ctx, w, mixRounds*cfg.Membership.ShuffleInterval); err != nil {
		return nil, err
	}
	before := total(w.Stats().Bytes)
	if err := pass(ctx, w, cfg.Membership.ShuffleInterval); err != nil {
		return nil, err
	}
	r[maintainBytes] = (total(w.Stats().Bytes) - before) / float64(t.Nodes) / cfg.Membership.ShuffleInterval.Seconds()
	shape(w.Picture(nil).Graph, r, t.Seed)
	r[heapPerNode] = float64(inUse()-heap) / 1024 / float64(t.Nodes)
	runtime.KeepAlive(w)
	if t.Nodes > mostBroadcast {
		return r, nil
	}
	return r, spread(ctx, w, r)
}

// grow starts nodes.
func grow(ctx context.Context, w *sim.World, nodes int) error {
	for left := nodes; left > 0; {
		now := min(left, max(1, min(int(growBy*float64(w.Nodes())), nodes/growSteps)))
		for range now {
			w.Start()
		}
		left -= now
		if err := pass(ctx, w, growEvery); err != nil {
			return err
		}
	}
	return nil
}

// pass lets virtual time pass while the real one lasts.
func pass(ctx context.Context, w *sim.World, d time.Duration) error {
	const step = 100 * time.Millisecond
	for ; d > 0; d -= step {
		if ctx.Err() != nil {
			return fmt.Errorf("at %v of virtual time: %w", w.Now(), ctx.Err())
		}
		if err := w.Run(min(d, step)); err != nil {
			return err
		}
	}
	return nil
}

// settle returns how long it took from the last newcomer until the overlay was one piece and the
// views were full.
func settle(ctx context.Context, w *sim.World) (time.Duration, error) {
	from := w.Now()
	for {
		v := w.Views()
		// Of an odd number of nodes one has to lack a neighbor.
		if v.Isolated == 0 && v.Short <= max(1, v.Nodes/formed) && w.Picture(nil).Graph.Components().Count == 1 {
			return w.Now() - from, nil
		}
		if w.Now()-from > 10*time.Minute {
			return 0, fmt.Errorf("ten minutes after the last newcomer %d nodes are isolated, and %d lack a neighbor", v.Isolated, v.Short)
		}
		if err := pass(ctx, w, growEvery); err != nil {
			return 0, err
		}
	}
}

func total(c membership.Counts) (sum float64) {
	for _, n := range c {
		sum += float64(n)
	}
	return sum
}

// spread publishes messages from one node: the first find the tree, and the last is measured.
func spread(ctx context.Context, w *sim.World, r result) error {
	b, err := w.Broadcast(broadcast.DefaultConfig())
	if err != nil {
		return err
	}
	const tries = 20
	for i := range tries {
		var reached, hops int
		from, last := w.Now(), w.Now()
		b.OnEvent = func(_ sim.NodeID, e *broadcast.Effect) {
			if e.Kind == broadcast.Deliver && e.Fresh {
				reached, hops, last = reached+1, max(hops, int(e.Hop)), w.Now()
			}
		}
		counted := b.Stats()
		b.Publish(0, make([]byte, 128))
		if err := pass(ctx, w, 200*time.Millisecond); err != nil {
			return err
		}
		if reached < w.Nodes()-1 {
			return errors.New("a message reached " + fmt.Sprint(reached, " of ", w.Nodes(), " nodes"))
		}
		if i == tries-1 {
			s := b.Stats()
			r[lastHop], r[timeToLast] = float64(hops), 1000*(last-from).Seconds()
			r[messagesEach] = float64(s.Payloads-counted.Payloads) / float64(max(s.Fresh-counted.Fresh, 1))
		}
	}
	return nil
}
