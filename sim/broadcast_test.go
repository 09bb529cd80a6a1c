// Broadcasts in a world: everybody gets everything, in order, and the frames of a link
// end with it.

package sim_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/kithmesh/kith/broadcast"
	"github.com/kithmesh/kith/sim"
)

// inbox is what the nodes of a world were given.
type inbox struct {
	layer   *sim.Broadcast
	ordered map[sim.NodeID][]string
	fresh   map[sim.NodeID]int
	missed  map[sim.NodeID]uint64
	early   int      // messages that came before others of their origin
	arrived []string // "node text"
}

func broadcasting(t *testing.T, w *sim.World, cfg broadcast.Config) *inbox {
	t.Helper()
	layer, err := w.Broadcast(cfg)
	if err != nil {
		t.Fatal(err)
	}
	in := &inbox{
		layer: layer, ordered: make(map[sim.NodeID][]string),
		fresh: make(map[sim.NodeID]int), missed: make(map[sim.NodeID]uint64),
	}
	layer.OnEvent = func(id sim.NodeID, e *broadcast.Effect) {
		switch e.Kind {
		case broadcast.Deliver:
			if e.Ordered {
				in.ordered[id] = append(in.ordered[id], string(sim.Payload(e)))
			}
			if e.Fresh {
				in.fresh[id]++
			}
			if !e.Ordered {
				in.early++
			}
		case broadcast.Miss:
			in.missed[id] += e.Until - e.From + 1
		case broadcast.Arrive:
			in.arrived = append(in.arrived, fmt.Sprintf("%v %s", id, e.Frame))
		case broadcast.Push, broadcast.Tell, broadcast.Pass, broadcast.Spread, broadcast.Expel, broadcast.Wake:
			t.Errorf("%v is told %v", id, e.Kind)
		}
	}
	return in
}

func TestBroadcastReachesEverybodyInOrder(t *testing.T) {
	// Latency that varies by a hundred times would reorder, if links did.
	w := cluster(t, 60, func(c *sim.Config) {
		c.Latency = sim.Uniform(100*time.Microsecond, 10*time.Millisecond)
	})
	in := broadcasting(t, w, broadcast.DefaultConfig())
	var want []string
	for i := range 200 {
		text := fmt.Sprint(i)
		if got := in.layer.Publish(7, []byte(text)); got != uint64(i+1) {
			t.Fatalf("message %d has the sequence %d", i, got)
		}
		want = append(want, text)
		pass(t, w, time.Millisecond)
	}
	pass(t, w, time.Second)
	for _, id := range w.Alive() {
		if !slices.Equal(in.ordered[id], want) {
			t.Errorf("%v got %v", id, in.ordered[id])
		}
	}
	s := in.layer.Stats()
	if s.Published != 200 || s.Fresh != 200*59 || s.Missed != 0 || s.Strange != 0 {
		t.Errorf("%+v", s)
	}
	if s.Prunes == 0 || s.IHaves == 0 || s.Payloads <= s.Fresh {
		t.Errorf("%+v: five neighbors each and no tree was made", s)
	}
}

// TestBroadcastFramesKeepTheirOrder: between two nodes nothing comes early, however the
// latency varies.
func TestBroadcastFramesKeepTheirOrder(t *testing.T) {
	w := cluster(t, 2, func(c *sim.Config) {
		c.Latency = sim.Uniform(100*time.Microsecond, 50*time.Millisecond)
	})
	in := broadcasting(t, w, broadcast.DefaultConfig())
	for range 500 {
		in.layer.Publish(0, nil)
		in.layer.Publish(1, nil)
		pass(t, w, time.Millisecond)
	}
	pass(t, w, time.Second)
	if in.early > 0 || in.fresh[0] != 1000 || in.fresh[1] != 1000 {
		t.Errorf("%d messages came before others, %v in all", in.early, in.fresh)
	}
}

// TestBroadcastFramesAreLostWithTheirLink cuts a node off. What waits for it is lost
// with its links, and comes from the store of others when it has new ones; without
// digests it does not.
func TestBroadcastFramesAreLostWithTheirLink(t *testing.T) {
	for _, digest := range []bool{true, false} {
		w := cluster(t, 30, nil)
		cfg := broadcast.DefaultConfig()
		cfg.Digest = digest
		in := broadcasting(t, w, cfg)
		w.CutInTwo(func(id sim.NodeID) bool { return id == 3 })
		in.layer.Publish(7, []byte("missed"))
		pass(t, w, 5*time.Second)
		if in.fresh[3] > 0 || in.fresh[4] != 1 {
			t.Fatalf("digest %v: node 3, cut off, has %d messages, node 4 %d", digest, in.fresh[3], in.fresh[4])
		}
		w.Heal()
		pass(t, w, 20*time.Second)
		if got := in.fresh[3] == 1; got != digest {
			t.Errorf("digest %v: the message came after all is %v", digest, got)
		}
	}
}

// TestBroadcastWaitsForAPausedNode: what comes to a paused node is there when it goes
// on, if its links are still.
func TestBroadcastWaitsForAPausedNode(t *testing.T) {
	w := cluster(t, 30, nil)
	in := broadcasting(t, w, broadcast.DefaultConfig())
	w.Pause(3)
	in.layer.Publish(7, []byte("a"))
	if in.layer.Publish(3, []byte("b")) != 0 {
		t.Error("a paused node publishes")
	}
	pass(t, w, time.Second)
	if in.fresh[3] > 0 {
		t.Error("a paused node is given something")
	}
	w.Resume(3)
	if in.fresh[3] != 1 {
		t.Errorf("after the pause it has %d messages", in.fresh[3])
	}
}

func TestBroadcastFollowsLives(t *testing.T) {
	w := cluster(t, 30, nil)
	in := broadcasting(t, w, broadcast.DefaultConfig())
	in.layer.Publish(3, []byte("first life"))
	pass(t, w, time.Second)
	w.Crash(3)
	if in.layer.Node(3) != nil || in.layer.Publish(3, nil) != 0 {
		t.Error("a node that has ended has a core")
	}
	w.Restart(3)
	if life := in.layer.Life(3); life.ID() != "n3" || life.Incarnation() != 2 {
		t.Errorf("the second life is %v", life)
	}
	late := w.Start()
	pass(t, w, 5*time.Second)
	if got := in.layer.Publish(3, []byte("second life")); got != 1 {
		t.Errorf("the second life begins with the sequence %d", got)
	}
	pass(t, w, time.Second)
	for _, id := range []sim.NodeID{0, late} {
		if all := in.ordered[id]; len(all) == 0 || all[len(all)-1] != "second life" {
			t.Errorf("%v has %v", id, all)
		}
	}
}

// TestBroadcastToOne sends to a node whose way nobody knows, which goes to everybody
// inside a broadcast, and back, which goes the way that came.
func TestBroadcastToOne(t *testing.T) {
	w := cluster(t, 30, nil)
	in := broadcasting(t, w, broadcast.DefaultConfig())
	far := stranger(w, 3)
	in.layer.Send(3, w.Peer(far).ID, []byte("question"))
	pass(t, w, time.Second)
	if n := in.layer.Stats().Published; n != 1 {
		t.Errorf("%d broadcasts carried the question, want 1", n)
	}
	in.layer.Send(far, "n3", []byte("answer"))
	pass(t, w, time.Second)
	if !slices.Equal(in.arrived, []string{"n3 answer"}) || in.layer.Stats().Published != 1 {
		t.Errorf("arrived: %v, %+v", in.arrived, in.layer.Stats())
	}
}

// stranger returns a node that is no neighbor of that one.
func stranger(w *sim.World, id sim.NodeID) sim.NodeID {
	for _, other := range w.Alive() {
		if other != id && !w.Node(id).Active().Has(w.Peer(other).ID) {
			return other
		}
	}
	return id
}

// TestBroadcastExpelsSlowReaders: who takes a frame a second while hundreds come loses
// its links for being slow, and the others lose nothing.
func TestBroadcastExpelsSlowReaders(t *testing.T) {
	w := cluster(t, 20, func(c *sim.Config) { c.QueueFrames = 400 })
	in := broadcasting(t, w, broadcast.DefaultConfig())
	w.Slow(3, time.Second)
	for range 1000 {
		in.layer.Publish(7, nil)
		pass(t, w, 10*time.Millisecond)
	}
	pass(t, w, 5*time.Second)
	if in.layer.Stats().Expelled == 0 {
		t.Errorf("%+v", in.layer.Stats())
	}
	for _, id := range w.Alive() {
		if id != 3 && in.fresh[id] != 1000 {
			t.Errorf("%v has %d messages", id, in.fresh[id])
		}
	}
}

func TestBroadcastSameSeedSameRun(t *testing.T) {
	run := func(seed uint64) (uint64, sim.BroadcastStats) {
		w := cluster(t, 60, func(c *sim.Config) { c.Seed, c.LinkLoss = seed, 0.01 })
		in := broadcasting(t, w, broadcast.DefaultConfig())
		for i := range sim.NodeID(50) {
			in.layer.Publish(i%3, nil)
			if i%10 == 0 {
				w.Crash(10 + i)
				w.Start()
			}
			pass(t, w, 200*time.Millisecond)
		}
		pass(t, w, 10*time.Second)
		return w.Digest(), in.layer.Stats()
	}
	digest, stats := run(1)
	if again, same := run(1); again != digest || same != stats {
		t.Errorf("seed 1 gave %x %+v and %x %+v", digest, stats, again, same)
	}
	if other, _ := run(2); other == digest {
		t.Error("seeds 1 and 2 gave the same run")
	}
}

// TestBroadcastsDoNotDisturb: with constant latency the membership does the same with
// a broadcast as without, and of two broadcasts each does what it would do alone.
func TestBroadcastsDoNotDisturb(t *testing.T) {
	run := func(layers int) (stats sim.Stats, first sim.BroadcastStats) {
		w := cluster(t, 40, func(c *sim.Config) { c.Latency = sim.Constant(time.Millisecond) })
		var all []*inbox
		for range layers {
			all = append(all, broadcasting(t, w, broadcast.DefaultConfig()))
		}
		for range 20 {
			for _, in := range all {
				in.layer.Publish(3, nil)
			}
			pass(t, w, time.Second)
		}
		if layers > 0 {
			first = all[0].layer.Stats()
		}
		stats = w.Stats()
		stats.Events = 0
		return stats, first
	}
	none, _ := run(0)
	one, alone := run(1)
	two, together := run(2)
	if one != none || two != none {
		t.Errorf("the membership did %+v with none, %+v with one and %+v with two", none, one, two)
	}
	if alone != together || alone.Fresh != 20*39 {
		t.Errorf("a broadcast did %+v alone and %+v beside another", alone, together)
	}
}

func TestBroadcastFaults(t *testing.T) {
	w := cluster(t, 3, nil)
	if _, err := w.Broadcast(broadcast.Config{}); !errors.Is(err, broadcast.ErrConfig) {
		t.Errorf("got %v", err)
	}
	broadcasting(t, w, broadcast.DefaultConfig())
	if _, err := w.Fork(); !errors.Is(err, sim.ErrFork) {
		t.Errorf("a world with a broadcast is copied: %v", err)
	}
}
