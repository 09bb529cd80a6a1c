// One run of an experiment: its worlds, and what is found in them.

package scenario

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/sim"
	"github.com/kithmesh/kith/sim/overlay"
	"github.com/kithmesh/kith/sim/report"
)

// run is one run of an experiment, in one world or in several.
type run struct {
	Options
	result       *report.Result
	steps, total int // for Progress
	events       uint64
	messages     uint64
}

// Streams of the random sources that are not a world's: what is drawn to measure
// must not change what is measured.
const (
	measureStream = 1<<63 + 1 + iota
	regularStream
)

// expect sets how many steps there will be.
func (r *run) expect(steps int) { r.total = steps }

// step says that a step is done.
func (r *run) step(what string) {
	r.steps++
	if r.Progress != nil {
		r.Progress(min(r.steps, r.total), r.total, what)
	}
}

// add adds a measure whose name has a prefix.
func (r *run) add(prefix, name, about string, value float64) *report.Measure {
	return r.result.Add(prefix+name, about, value)
}

// chart adds a chart.
func (r *run) chart(c report.Chart) { r.result.Charts = append(r.result.Charts, c) }

// end takes what a world has done into the result.
func (r *run) end(t *trial) {
	s := t.Stats()
	r.events += s.Events
	r.messages += s.Delivered()
	r.result.Digest = (r.result.Digest ^ t.Digest()) * 0x9E3779B97F4A7C15
}

// close adds what all worlds have done together.
func (r *run) close() {
	r.add("", "messages", "messages received in all worlds of this run", float64(r.messages))
	r.add("", "events", "events processed in all worlds of this run", float64(r.events))
}

// regularPath is the mean path of a random regular graph as large as the views allow, or, with
// sizes that nodes choose, as they make sure of.
func (r *run) regularPath() float64 {
	rng, degree := rand.New(rand.NewPCG(r.Seed, regularStream)), r.Membership.ActiveSize
	if degree == membership.Auto {
		degree = membership.AutoLeast
	}
	return overlay.Regular(r.Nodes, degree, rng).Paths(rng, pathSources).Mean
}

// pathSources is from how many nodes paths are measured in a large overlay.
const pathSources = 50

// trial is one world of a run.
type trial struct {
	*sim.World
	run    *run
	rng    *rand.Rand // for measures only
	walker overlay.Walker
}

// world makes a world; change, if not nil, changes its configuration.
func (r *run) world(change func(c *sim.Config)) (*trial, error) {
	cfg := sim.DefaultConfig()
	cfg.Seed, cfg.Membership, cfg.Check = r.Seed, r.Membership, r.Check
	if change != nil {
		change(&cfg)
	}
	w, err := sim.New(cfg)
	if err != nil {
		return nil, err
	}
	return &trial{World: w, run: r, rng: rand.New(rand.NewPCG(r.Seed, measureStream))}, nil
}

// silent turns heartbeats off.
func silent(c *sim.Config) { c.Membership.HeartbeatInterval = 0 }

// joinGap is the time between two newcomers where joining is not the matter.
const joinGap = 10 * time.Millisecond

// grow starts nodes one by one, each with a random contact, and gives them some time
// to get to know each other.
func (t *trial) grow(nodes int, warmUp time.Duration) error {
	for range nodes {
		t.Start()
		if err := t.Run(joinGap); err != nil {
			return err
		}
	}
	return t.Run(warmUp)
}

// warmUp is five shuffle intervals.
func (r *run) warmUp() time.Duration { return 5 * r.Membership.ShuffleInterval }

// random returns a random live node.
func (t *trial) random() sim.NodeID {
	alive := t.Alive()
	return alive[t.Random().IntN(len(alive))]
}

// strike kills a node: its process, or as often its host.
func (t *trial) strike(id sim.NodeID) {
	if t.Random().IntN(2) == 0 {
		t.CrashHost(id)
	} else {
		t.Crash(id)
	}
}

// calmTries is how often, and calmStep how long after each other, an overlay is
// looked at before it is said not to come to rest: a link that is just being made is
// one-sided for some milliseconds.
const (
	calmTries = 180
	calmStep  = time.Second
)

// calm lets time pass until the overlay is as it must be when nothing happens to it:
// one component, no neighbor that is dead, no link that only one side has, and every
// node in a state that does not contradict itself. It returns how long that took.
func (t *trial) calm() (time.Duration, error) {
	from := t.Now()
	for range calmTries {
		p := t.Picture(nil)
		c := p.Graph.Components()
		if c.Count == 1 && p.Graph.Asymmetric() == 0 && t.Views().ActiveDead == 0 {
			return t.Now() - from, t.invariants()
		}
		if err := t.Run(calmStep); err != nil {
			return 0, err
		}
	}
	p := t.Picture(nil)
	c := p.Graph.Components()
	return 0, fmt.Errorf("%v after all was calm there are %d components, %d isolated nodes, %d one-sided links and %d dead neighbors",
		t.Now()-from, c.Count, c.Isolated, p.Graph.Asymmetric(), t.Views().ActiveDead)
}

func (t *trial) invariants() error {
	for _, id := range t.Alive() {
		if err := t.Node(id).Invariants(); err != nil {
			return fmt.Errorf("%v: %w", id, err)
		}
	}
	return nil
}

// costs is what happened between two moments.
type costs struct {
	messages      membership.Counts
	delivered     float64
	events, dials float64
	failedDials   float64
}

// since returns what has happened since.
func (t *trial) since(before sim.Stats) costs {
	now := t.Stats()
	c := costs{
		delivered:   float64(now.Delivered() - before.Delivered()),
		events:      float64(now.Events - before.Events),
		dials:       float64(now.Dials - before.Dials),
		failedDials: float64(now.FailedDials - before.FailedDials),
	}
	for k := range c.messages {
		c.messages[k] = now.Messages[k] - before.Messages[k]
	}
	return c
}

// share is a part of a whole; that of nothing is 0.
func share[T int | uint64 | float64](part, whole T) float64 {
	if whole == 0 {
		return 0
	}
	return float64(part) / float64(whole)
}
