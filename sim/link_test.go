// What a link promises, seen by cores that only note what they get.

package sim_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/sim"
)

// probe is a core without a protocol: it notes its inputs, and does what it is told
// at its next step.
type probe struct {
	w    *sim.World
	got  []noted
	next []membership.Effect
}

type noted struct {
	at time.Duration
	in membership.Input
}

func (p *probe) Step(in membership.Input) []membership.Effect {
	p.got = append(p.got, noted{p.w.Now(), in})
	effects := p.next
	p.next = nil
	return effects
}

// probes returns a world of n probes.
func probes(t *testing.T, n int, change func(*sim.Config)) (*sim.World, []*probe) {
	t.Helper()
	cfg := sim.DefaultConfig()
	cfg.Latency = sim.Constant(time.Millisecond)
	if change != nil {
		change(&cfg)
	}
	w, err := sim.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	var all []*probe
	w.Disguise = func(sim.NodeID, *membership.Node) sim.Core {
		all = append(all, &probe{w: w})
		return all[len(all)-1]
	}
	for range n {
		w.Start()
	}
	return w, all
}

// do makes node id carry effects out, now.
func do(w *sim.World, all []*probe, id sim.NodeID, effects ...membership.Effect) {
	all[id].next = effects
	w.Tell(id, membership.Input{Kind: membership.Found})
	all[id].got = all[id].got[:len(all[id].got)-1]
}

func frame(w *sim.World, to sim.NodeID, number uint32) membership.Effect {
	return membership.Effect{
		Kind: membership.Send, Peer: w.Peer(to),
		Message: membership.Message{Kind: membership.Neighbor, Request: number},
	}
}

// only wants the inputs after the first, which is Start, to be so many, and returns
// them.
func only(t *testing.T, p *probe, n int) []noted {
	t.Helper()
	if len(p.got) != n+1 {
		t.Fatalf("%d inputs, want %d: %+v", len(p.got)-1, n, p.got[1:])
	}
	return p.got[1:]
}

func TestFramesKeepTheirOrder(t *testing.T) {
	w, all := probes(t, 2, func(c *sim.Config) {
		c.Latency = sim.LogNormal(5*time.Millisecond, 1.5, time.Second)
	})
	for i := range uint32(200) {
		do(w, all, 0, frame(w, 1, i+1))
		pass(t, w, 100*time.Microsecond)
	}
	pass(t, w, 4*time.Second)
	for i, got := range only(t, all[1], 200) {
		if got.in.Message.Request != uint32(i+1) || got.in.Link != all[1].got[1].in.Link || got.in.Peer != w.Peer(0) {
			t.Fatalf("frame %d is %d of %v on link %d", i+1, got.in.Message.Request, got.in.Peer, got.in.Link)
		}
	}
}

// TestDial: two round trips, then the frame; the answer comes on the same link.
func TestDial(t *testing.T) {
	w, all := probes(t, 2, nil)
	do(w, all, 0, frame(w, 1, 1))
	pass(t, w, time.Second)
	got := only(t, all[1], 1)[0]
	if got.at != 5*time.Millisecond {
		t.Errorf("the first frame arrives after %v", got.at)
	}
	do(w, all, 1, frame(w, 0, 2))
	pass(t, w, time.Second)
	if back := only(t, all[0], 1)[0]; back.in.Link != got.in.Link || back.at != time.Second+time.Millisecond {
		t.Errorf("the answer comes on link %d at %v", back.in.Link, back.at)
	}
	if n := w.Stats().Dials; n != 1 {
		t.Errorf("%d dials", n)
	}
}

func TestCrossedDialsAreOneLink(t *testing.T) {
	w, all := probes(t, 2, nil)
	do(w, all, 0, frame(w, 1, 1))
	do(w, all, 1, frame(w, 0, 2))
	pass(t, w, time.Second)
	if a, b := only(t, all[0], 1)[0], only(t, all[1], 1)[0]; a.in.Link != b.in.Link {
		t.Errorf("links %d and %d", a.in.Link, b.in.Link)
	}
}

func TestDialsThatFail(t *testing.T) {
	tests := []struct {
		name    string
		happens func(w *sim.World)
		change  func(*sim.Config)
		after   time.Duration
		reason  membership.Reason
	}{
		{"nobody listens", func(w *sim.World) { w.Crash(1) }, nil, 2 * time.Millisecond, membership.Unreachable},
		{"no host", func(w *sim.World) { w.CrashHost(1) }, nil, 2 * time.Second, membership.Unreachable},
		{"stopped", func(w *sim.World) { w.Pause(1) }, nil, 2 * time.Second, membership.Unreachable},
		{"hidden", func(w *sim.World) { w.Hide(1) }, nil, 2 * time.Second, membership.Unreachable},
		{"cut off", func(w *sim.World) { w.CutInTwo(func(id sim.NodeID) bool { return id == 1 }) }, nil, 2 * time.Second, membership.Unreachable},
		{"lost", func(*sim.World) {}, func(c *sim.Config) { c.DialLoss = 1 }, 2 * time.Second, membership.Unreachable},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w, all := probes(t, 2, tt.change)
			tt.happens(w)
			do(w, all, 0, frame(w, 1, 1))
			pass(t, w, 4*time.Second)
			got := only(t, all[0], 1)[0]
			if got.in.Kind != membership.LinkLost || got.in.Reason != tt.reason || got.at != tt.after {
				t.Errorf("%v after %v, want %v after %v", got.in.Reason, got.at, tt.reason, tt.after)
			}
			if len(all[1].got) != 1 {
				t.Errorf("the other side got %+v", all[1].got[1:])
			}
			if w.Stats().FailedDials != 1 {
				t.Errorf("%d failed dials", w.Stats().FailedDials)
			}
		})
	}
}

// TestDialOfAnEarlierLife: somebody else answers at the address.
func TestDialOfAnEarlierLife(t *testing.T) {
	w, all := probes(t, 2, nil)
	old := w.Peer(1)
	w.Restart(1)
	e := frame(w, 1, 1)
	e.Peer = old
	do(w, all, 0, e)
	pass(t, w, time.Second)
	if got := only(t, all[0], 1)[0]; got.in.Reason != membership.WrongPeer || got.at != 4*time.Millisecond {
		t.Errorf("%v after %v", got.in.Reason, got.at)
	}
}

// TestCloseFlushes: what was sent before a close arrives before it, and nothing of
// the link comes after.
func TestCloseFlushes(t *testing.T) {
	w, all := probes(t, 2, nil)
	hangUp := membership.Effect{Kind: membership.Close, Peer: w.Peer(1)}
	do(w, all, 0, frame(w, 1, 1), frame(w, 1, 2), hangUp)
	pass(t, w, time.Second)
	got := only(t, all[1], 3)
	if got[1].in.Message.Request != 2 || got[2].in.Kind != membership.LinkLost || got[2].in.Reason != membership.Closed {
		t.Errorf("got %+v", got)
	}
	only(t, all[0], 0)
	do(w, all, 0, frame(w, 1, 3))
	pass(t, w, time.Second)
	if next := only(t, all[1], 4)[3]; next.in.Link == got[0].in.Link {
		t.Error("the number of a link that is gone is used again")
	}
}

func TestIdleLinksEnd(t *testing.T) {
	w, all := probes(t, 2, nil)
	do(w, all, 0, frame(w, 1, 1))
	pass(t, w, 3*time.Second)
	do(w, all, 0, frame(w, 1, 2))
	pass(t, w, 4*time.Second) // idle for less than 5 s
	do(w, all, 0, frame(w, 1, 3))
	pass(t, w, 6*time.Second)
	do(w, all, 0, frame(w, 1, 4))
	pass(t, w, time.Second)
	got := only(t, all[1], 4)
	if got[0].in.Link != got[2].in.Link || got[2].in.Link == got[3].in.Link || w.Stats().Dials != 2 {
		t.Errorf("links %d, %d and %d, in %d dials", got[0].in.Link, got[2].in.Link, got[3].in.Link, w.Stats().Dials)
	}
}

// TestCutHoldsFramesBack: TCP sends them again when the cut is healed.
func TestCutHoldsFramesBack(t *testing.T) {
	w, all := probes(t, 2, nil)
	do(w, all, 0, frame(w, 1, 1))
	pass(t, w, time.Second)
	w.Cut(func(id sim.NodeID) bool { return id == 0 }, func(id sim.NodeID) bool { return id == 1 })
	if w.Reaches(0, 1) || !w.Reaches(1, 0) {
		t.Error("a one-way cut is not one way")
	}
	do(w, all, 0, frame(w, 1, 2), frame(w, 1, 3))
	do(w, all, 1, frame(w, 0, 4))
	pass(t, w, time.Second)
	only(t, all[1], 1)
	only(t, all[0], 1)
	w.Heal()
	pass(t, w, 0)
	if got := only(t, all[1], 3); got[1].in.Message.Request != 2 || got[2].in.Message.Request != 3 {
		t.Errorf("got %+v", got)
	}
}

// TestMeetingPlace: an answer goes to who asked; nobody answers oneself.
func TestMeetingPlace(t *testing.T) {
	w, all := probes(t, 3, nil)
	w.Contact = func(sim.NodeID) (sim.NodeID, bool) { return 2, true }
	ask := func(id sim.NodeID) membership.Effect {
		return membership.Effect{Kind: membership.Ask, Message: membership.Message{Kind: membership.Join, Peer: w.Peer(id)}}
	}
	all[2].next = nil
	do(w, all, 0, ask(0))
	w.At(w.Now()+time.Millisecond, func() {
		all[2].next = []membership.Effect{{Kind: membership.Answer, Message: membership.Message{Kind: membership.JoinReply, Peer: w.Peer(2)}}}
	})
	pass(t, w, time.Second)
	asked, answered := only(t, all[2], 1)[0], only(t, all[0], 1)[0]
	if asked.in.Kind != membership.Asked || asked.at != 2*time.Millisecond || asked.in.Message.Peer != w.Peer(0) {
		t.Errorf("the contact got %+v", asked)
	}
	if answered.in.Kind != membership.Answered || answered.at != 4*time.Millisecond || answered.in.Message.Peer != w.Peer(2) {
		t.Errorf("the asker got %+v", answered)
	}
	do(w, all, 2, ask(2))
	pass(t, w, time.Second)
	if got := only(t, all[2], 2)[1]; got.in.Kind != membership.Answered || got.in.Message.Kind != 0 {
		t.Errorf("whoever asks itself gets %+v", got)
	}
}

// TestTimersOfEndedLives: a timer does not outlive the life that set it, and waits
// while the node is paused.
func TestTimersOfEndedLives(t *testing.T) {
	w, all := probes(t, 2, nil)
	timer := membership.Effect{Kind: membership.Schedule, Timer: membership.Timer{Kind: membership.RequestTimer, Sequence: 7, ID: "n1"}, After: time.Second}
	do(w, all, 0, timer)
	do(w, all, 1, timer)
	second := &probe{w: w}
	w.Disguise = func(sim.NodeID, *membership.Node) sim.Core { return second }
	w.Restart(0)
	w.Pause(1)
	pass(t, w, 3*time.Second)
	only(t, all[1], 0)
	w.Resume(1)
	if got := only(t, all[1], 1)[0]; got.in.Timer != timer.Timer || got.at != 3*time.Second {
		t.Errorf("got %+v", got)
	}
	only(t, all[0], 0)
	only(t, second, 0)
}

func TestLatencies(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	zones := sim.Zones(func(id sim.NodeID) int { return int(id) / 10 }, sim.Constant(time.Millisecond), sim.Constant(time.Second))
	if zones(rng, 1, 2) != time.Millisecond || zones(rng, 1, 12) != time.Second {
		t.Error("zones do not count")
	}
	uniform, normal := sim.Uniform(2, 5), sim.LogNormal(time.Millisecond, 0.5, time.Second)
	seen, below, above := map[time.Duration]bool{}, 0, 0
	for range 10_000 {
		seen[uniform(rng, 0, 1)] = true
		switch d := normal(rng, 0, 1); {
		case d < time.Millisecond:
			below++
		case d > 3200*time.Microsecond:
			above++
		}
	}
	if len(seen) != 4 || !seen[2] || !seen[5] {
		t.Errorf("uniform gave %v", seen)
	}
	if below < 4800 || below > 5200 || above < 50 || above > 200 {
		t.Errorf("%d of 10,000 below the median, %d above 3.2 times it", below, above)
	}
}
