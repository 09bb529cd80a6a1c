// Whole nodes in the world: clusters that form, suffer and recover.

package sim_test

import (
	"errors"
	"testing"
	"time"

	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/sim"
	"github.com/kithmesh/kith/views"
)

// cluster returns a world of n nodes that has come to rest.
func cluster(t *testing.T, n int, change func(*sim.Config)) *sim.World {
	t.Helper()
	cfg := sim.DefaultConfig()
	cfg.Check = true
	if change != nil {
		change(&cfg)
	}
	w, err := sim.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	for range n {
		w.Start()
		pass(t, w, 10*time.Millisecond)
	}
	pass(t, w, time.Minute)
	return w
}

// pass lets time pass.
func pass(t *testing.T, w *sim.World, d time.Duration) {
	t.Helper()
	if err := w.Run(d); err != nil {
		t.Fatal(err)
	}
}

// whole wants one component without asymmetric links, of nodes that have neighbors.
func whole(t *testing.T, w *sim.World) {
	t.Helper()
	g := w.Picture(nil).Graph
	if c := g.Components(); c.Count != 1 {
		t.Errorf("seed %d, at %v: components of %v nodes", w.Config().Seed, w.Now(), c.Sizes)
	}
	if n := g.Asymmetric(); n > 0 {
		t.Errorf("seed %d, at %v: %d asymmetric links", w.Config().Seed, w.Now(), n)
	}
	if v := w.Views(); v.Isolated > 0 || v.ActiveDead > 0 {
		t.Errorf("seed %d, at %v: %+v", w.Config().Seed, w.Now(), v)
	}
}

func TestSameSeedSameRun(t *testing.T) {
	run := func(seed uint64) (uint64, sim.Stats) {
		w := cluster(t, 60, func(c *sim.Config) { c.Seed, c.Bytes = seed, true })
		w.Crash(7)
		w.CutInTwo(func(id sim.NodeID) bool { return id%2 == 0 })
		pass(t, w, 20*time.Second)
		w.Heal()
		w.Restart(7)
		w.Pause(9)
		pass(t, w, 20*time.Second)
		w.Resume(9)
		pass(t, w, 20*time.Second)
		return w.Digest(), w.Stats()
	}
	digest, stats := run(1)
	again, same := run(1)
	if digest != again || stats != same {
		t.Errorf("seed 1 gave %x %+v and %x %+v", digest, stats, again, same)
	}
	if other, _ := run(2); other == digest {
		t.Error("seeds 1 and 2 gave the same run")
	}
	if stats.Bytes[membership.Heartbeat] < 10*stats.Messages[membership.Heartbeat] {
		t.Errorf("%d heartbeats of %d bytes", stats.Messages[membership.Heartbeat], stats.Bytes[membership.Heartbeat])
	}
}

func TestClusterForms(t *testing.T) {
	w := cluster(t, 100, nil)
	whole(t, w)
	if v := w.Views(); v.Active < 495 || v.Nodes != 100 {
		t.Errorf("%+v, want 500 neighbors", v)
	}
	if n := w.Protocol().Received[membership.Heartbeat]; n == 0 {
		t.Error("the group has counted no heartbeats")
	}
}

// watch notes when anybody loses a neighbor, and why.
func watch(w *sim.World, of sim.NodeID) *[]loss {
	var losses []loss
	id := of.String()
	w.OnEvent = func(_ sim.NodeID, e membership.Event) {
		if e.Kind == membership.NeighborDown && e.Peer.ID == id {
			losses = append(losses, loss{w.Now(), e.Reason})
		}
	}
	return &losses
}

type loss struct {
	at     time.Duration
	reason membership.Reason
}

func TestHowLossesAreNoticed(t *testing.T) {
	tests := []struct {
		name      string
		happens   func(w *sim.World)
		reason    membership.Reason
		from, to  time.Duration
		remembers bool // that it may come back
	}{
		{"crash", func(w *sim.World) { w.Crash(3) }, membership.Closed, 0, 5 * time.Millisecond, true},
		{"host crash", func(w *sim.World) { w.CrashHost(3) }, membership.Silent, 2 * time.Second, 3 * time.Second, true},
		{"leave", func(w *sim.World) { w.Leave(3) }, membership.Leaving, 0, 5 * time.Millisecond, false},
		{"pause", func(w *sim.World) { w.Pause(3) }, membership.Silent, 2 * time.Second, 3 * time.Second, true},
		{
			"cut off", func(w *sim.World) { w.CutInTwo(func(id sim.NodeID) bool { return id == 3 }) },
			membership.Silent, 2 * time.Second, 3 * time.Second, true,
		},
		{
			"mute", func(w *sim.World) {
				w.Cut(func(id sim.NodeID) bool { return id == 3 }, func(id sim.NodeID) bool { return id != 3 })
			},
			membership.Silent, 2 * time.Second, 3 * time.Second, true,
		},
		{
			// It hears nobody, gives its links up, and its neighbors are told so.
			"deaf", func(w *sim.World) {
				w.Cut(func(id sim.NodeID) bool { return id != 3 }, func(id sim.NodeID) bool { return id == 3 })
			},
			membership.Closed, 2 * time.Second, 3*time.Second + 5*time.Millisecond, true,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := cluster(t, 20, func(c *sim.Config) { c.Membership.RotateInterval = 0 })
			degree := w.Node(3).Active().Len()
			losses := watch(w, 3)
			began := w.Now()
			tt.happens(w)
			pass(t, w, 4*time.Second)
			if len(*losses) != degree {
				t.Errorf("%d of %d neighbors have noticed", len(*losses), degree)
			}
			for _, l := range *losses {
				if after := l.at - began; l.reason != tt.reason || after < tt.from || after > tt.to {
					t.Errorf("noticed as %v after %v, want %v after %v to %v", l.reason, after, tt.reason, tt.from, tt.to)
				}
			}
			remembered := false
			for _, id := range w.Alive() {
				remembered = remembered || id != 3 && w.Node(id).Lost().Has("n3")
			}
			if remembered != tt.remembers {
				t.Errorf("remembered as lost is %v, want %v", remembered, tt.remembers)
			}
		})
	}
}

func TestRecovery(t *testing.T) {
	tests := []struct {
		name    string
		happens func(t *testing.T, w *sim.World)
	}{
		{"half crash", func(_ *testing.T, w *sim.World) {
			for id := range sim.NodeID(25) {
				w.Crash(2 * id)
			}
		}},
		{"half restart", func(_ *testing.T, w *sim.World) {
			for id := range sim.NodeID(25) {
				w.Restart(2 * id)
			}
		}},
		{"half lose their hosts and come back", func(t *testing.T, w *sim.World) {
			for id := range sim.NodeID(25) {
				w.CrashHost(2 * id)
			}
			pass(t, w, 10*time.Second)
			for id := range sim.NodeID(25) {
				w.Restart(2 * id)
			}
		}},
		{"pause and resume", func(t *testing.T, w *sim.World) {
			for id := range sim.NodeID(10) {
				w.Pause(id)
			}
			pass(t, w, 10*time.Second)
			for id := range sim.NodeID(10) {
				w.Resume(id)
			}
		}},
		{"partition, with no meeting across it", func(t *testing.T, w *sim.World) {
			in := func(id sim.NodeID) bool { return id < 25 }
			w.Meets = func(a, b sim.NodeID) bool { return in(a) == in(b) }
			w.CutInTwo(in)
			pass(t, w, time.Minute)
			if c := w.Picture(nil).Graph.Components(); c.Count != 2 {
				t.Errorf("components of %v nodes while cut in two", c.Sizes)
			}
			w.Meets = nil
			w.Heal()
		}},
		{"links break", func(t *testing.T, w *sim.World) {
			broken := 0
			w.OnEvent = func(_ sim.NodeID, e membership.Event) {
				if e.Kind == membership.NeighborDown && e.Reason == membership.Closed {
					broken++
				}
			}
			pass(t, w, time.Minute)
			if broken < 20 {
				t.Errorf("%d ends of links broke", broken)
			}
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := cluster(t, 50, func(c *sim.Config) {
				if tt.name == "links break" {
					c.LinkLoss, c.DialLoss = 0.01, 0.05
				}
			})
			tt.happens(t, w)
			pass(t, w, time.Minute)
			w.Settle(5 * time.Second)
			whole(t, w)
		})
	}
}

func TestHiddenNodesStayInTheMesh(t *testing.T) {
	cfg := sim.DefaultConfig()
	cfg.Check = true
	w, err := sim.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	for i := range sim.NodeID(50) {
		w.Start()
		if i%10 == 3 {
			w.Hide(i)
		}
		pass(t, w, 10*time.Millisecond)
	}
	pass(t, w, 5*time.Minute)
	whole(t, w)
	if w.Stats().FailedDials == 0 {
		t.Error("no dial has failed")
	}
}

func TestSlowReaderIsGivenUp(t *testing.T) {
	w := cluster(t, 20, func(c *sim.Config) { c.QueueFrames = 5 })
	losses := watch(w, 3)
	w.Slow(3, 10*time.Second)
	pass(t, w, time.Minute)
	slow := 0
	for _, l := range *losses {
		if l.reason == membership.Slow {
			slow++
		}
	}
	if slow == 0 {
		t.Errorf("nobody gave the slow reader up as slow: %v", *losses)
	}
}

func TestNodesAndPeers(t *testing.T) {
	w := cluster(t, 3, nil)
	w.Restart(1)
	if p := w.Peer(1); p.ID != "n1" || p.Incarnation != 2 {
		t.Errorf("the second life of node 1 is %+v", p)
	}
	zoned := w.StartAs(views.Peer{Zone: "east", ID: "ignored"})
	if p := w.Peer(zoned); p.Zone != "east" || p.ID != "n3" || w.Nodes() != 4 {
		t.Errorf("node %d is %+v", zoned, p)
	}
	for _, id := range []string{"", "n", "n4", "n99999999999999999999", "x1", "n1x", "m0"} {
		if got, ok := w.Find(&views.Peer{ID: id}); ok {
			t.Errorf("%q is found as node %d", id, got)
		}
	}
	w.Crash(0)
	w.Crash(0)
	if w.Lives(0) || w.Node(0) != nil || len(w.Alive()) != 3 {
		t.Error("node 0 lives on")
	}
}

// broken is a core that contradicts itself.
type broken struct{ *membership.Node }

func (b broken) Step(in membership.Input) []membership.Effect {
	effects := b.Node.Step(in)
	if in.Kind == membership.Received {
		return append(effects, membership.Effect{
			Kind:  membership.Emit,
			Event: membership.Event{Kind: membership.NeighborUp, Peer: in.Peer, Link: 1 << 40},
		})
	}
	return effects
}

func TestFailureNamesItsSeed(t *testing.T) {
	cfg := sim.DefaultConfig()
	cfg.Seed = 17
	w, err := sim.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	w.Disguise = func(_ sim.NodeID, node *membership.Node) sim.Core { return broken{node} }
	w.Start()
	w.Start()
	failure, ok := errors.AsType[*sim.CheckError](w.Run(time.Second))
	if !ok || failure.Seed != 17 || failure.At == 0 {
		t.Errorf("got %v", failure)
	}
	if again := w.Run(time.Second); again == nil {
		t.Error("a world goes on after a failure")
	}
}

func TestConfigFaults(t *testing.T) {
	cfg := sim.Config{DialLoss: 2, Membership: membership.DefaultConfig()}
	cfg.Membership.ActiveSize = 0
	_, err := sim.New(cfg)
	if !errors.Is(err, sim.ErrConfig) || !errors.Is(err, membership.ErrConfig) {
		t.Errorf("got %v", err)
	}
}

// TestFork: a copy does what the original would have done, and neither disturbs the
// other.
func TestFork(t *testing.T) {
	w := cluster(t, 60, func(c *sim.Config) { c.LinkLoss = 0.001 })
	w.Crash(5)
	w.Pause(6)
	w.CutInTwo(func(id sim.NodeID) bool { return id < 20 })
	pass(t, w, 1500*time.Millisecond)
	before := w.Digest()
	rest := func(w *sim.World) (uint64, membership.Stats) {
		pass(t, w, 10*time.Second)
		w.Heal()
		w.Resume(6)
		w.Restart(5)
		pass(t, w, time.Minute)
		whole(t, w)
		return w.Digest(), w.Protocol()
	}
	fork, err := w.Fork()
	if err != nil {
		t.Fatal(err)
	}
	digest, stats := rest(fork)
	if w.Digest() != before {
		t.Error("the original has moved")
	}
	if d, s := rest(w); d != digest || s != stats {
		t.Errorf("the original ends in %x, the copy in %x", d, digest)
	}
	w.At(w.Now()+time.Hour, func() {})
	if _, err := w.Fork(); !errors.Is(err, sim.ErrFork) {
		t.Errorf("a world with a call pending: %v", err)
	}
}
