// What becomes of the messages of one broadcast.

package paper

import (
	"time"

	"github.com/kithmesh/kith/broadcast"
	"github.com/kithmesh/kith/sim"
)

// variant is one way to run Plumtree: a column of the paper's Table 1, or ours.
type variant struct {
	name, title string
	config      broadcast.Config
	senders     int // how many nodes take turns at sending; 0: everybody, at random
}

// flow is a variant in a world.
type flow struct {
	variant
	world   *sim.World
	layer   *sim.Broadcast
	shots   map[name]*shot
	recent  name // of last
	last    *shot
	counted sim.BroadcastStats
	sent    int
}

// name names a message.
type name struct {
	life     broadcast.Life
	sequence uint64
}

// shot is one message: how many nodes have it, its sender included, over how many
// links it came to the farthest of them, and how long that took.
type shot struct {
	reached  int
	lastHop  uint8
	at, last time.Duration
}

// flows runs variants in a world, from now on.
func flows(w *sim.World, variants []variant) ([]*flow, error) {
	all := make([]*flow, 0, len(variants))
	for _, v := range variants {
		layer, err := w.Broadcast(v.config)
		if err != nil {
			return nil, err
		}
		f := &flow{variant: v, world: w, layer: layer, shots: make(map[name]*shot)}
		layer.OnEvent = f.heed
		all = append(all, f)
	}
	return all, nil
}

func (f *flow) heed(_ sim.NodeID, e *broadcast.Effect) {
	if e.Kind != broadcast.Deliver || !e.Fresh {
		return
	}
	if n := (name{e.Life, e.Sequence}); f.last == nil || n != f.recent {
		f.recent, f.last = n, f.shots[n]
	}
	if s := f.last; s != nil {
		s.reached++
		s.lastHop = max(s.lastHop, e.Hop)
		s.last = f.world.Now()
	}
}

// send lets a node send a message and follows it.
func (f *flow) send(from sim.NodeID) *shot {
	sequence, _ := f.layer.Node(from).Next()
	s := &shot{at: f.world.Now()}
	f.shots[name{f.layer.Life(from), sequence}] = s
	f.recent, f.last = name{}, nil
	f.layer.Publish(from, nil)
	f.sent++
	return s
}

// reliability is the percentage of the nodes that live that a message has reached.
func (f *flow) reliability(s *shot) float64 {
	return 100 * float64(s.reached) / float64(len(f.world.Alive()))
}

// spent is what was counted since the last call.
func (f *flow) spent() spending {
	now, before := f.layer.Stats(), f.counted
	f.counted = now
	return spending{
		payloads: float64(now.Payloads - before.Payloads),
		fresh:    float64(now.Fresh - before.Fresh),
		controls: float64(now.Controls() - before.Controls()),
	}
}

// spending is how many messages nodes received.
type spending struct {
	payloads, fresh, controls float64
}

func (s *spending) add(o spending) {
	s.payloads += o.payloads
	s.fresh += o.fresh
	s.controls += o.controls
}

// rmr is the paper's relative message redundancy: payloads received beyond the one that
// each node needs, as a share of those; 0 for a tree.
func (s *spending) rmr() float64 {
	if s.fresh == 0 {
		return 0
	}
	return s.payloads/s.fresh - 1
}
