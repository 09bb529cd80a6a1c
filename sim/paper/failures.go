// Massive failures (paper §5.2 and §5.3): Figures 2, 3 and 4.

package paper

import (
	"fmt"
	"slices"

	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/sim"
	"github.com/kithmesh/kith/sim/report"
)

// failure is one column of Figure 2: so many percent of the nodes fail at once.
type failure struct {
	percent int
	paper   float64 // mean reliability of 1,000 messages, in percent, as read off Figure 2
	rounds  float64 // cycles to heal, Figure 4; 0: not in the paper
	still   [2]float64
	low     float64 // least reliability that a correct implementation has
}

// failures returns the paper's. What it shows is read off its charts, ±1 point. Still is
// the range of the share that a flood reaches with no repair at all, which the paper
// does not show and the theory of random graphs gives; low comes from a reference
// model of the paper.
func failures() []failure {
	return []failure{
		{percent: 10, paper: 100, rounds: 1, low: 99.9},
		{percent: 20, paper: 100, rounds: 1, low: 99.9},
		{percent: 30, paper: 100, rounds: 1, low: 99.9},
		{percent: 40, paper: 100, rounds: 1, low: 99.9},
		{percent: 50, paper: 100, rounds: 1, low: 99.9, still: [2]float64{94, 96.5}},
		{percent: 60, paper: 100, rounds: 1, low: 99.9, still: [2]float64{81, 86}},
		{percent: 70, paper: 100, rounds: 2, low: 99.8, still: [2]float64{35, 52}},
		{percent: 80, paper: 100, rounds: 2, low: 99.7},
		{percent: 90, paper: 99.5, rounds: 4, low: 98},
		{percent: 95, paper: 91, low: 85},
	}
}

// messages is how many are sent after a failure (paper §5.2).
const messages = 1000

// fail measures all failures, each in worlds of its own that begin with the stable
// overlay: one without a meeting place, as the paper's, and one with it.
func (x *experiment) fail() error {
	c, all := newCurves(), failures()
	for i, f := range all {
		x.progress(i, len(all), "failures")
		for _, meeting := range []bool{false, true} {
			o, err := x.suffer(f, meeting)
			if err != nil {
				return err
			}
			x.report(f, meeting, o)
			c.add(f, meeting, o)
		}
	}
	x.result.Charts = append(x.result.Charts, c.charts()...)
	return nil
}

// outcome is what a failure did to an overlay. Reliabilities are in percent of the
// survivors.
type outcome struct {
	still  float64   // reached from within the largest component, before any repair
	each   []float64 // reached by each of the messages after it
	rest   float64   // reached when all repairs have come to rest
	rounds int       // until every message reaches everybody
}

// suffer lets so many nodes fail and measures what follows.
func (x *experiment) suffer(f failure, meeting bool) (outcome, error) {
	var o outcome
	w, err := x.world.Fork()
	if err != nil {
		return o, err
	}
	if !meeting {
		w.Contact = nobody
	}
	fail(w, len(w.Alive())*f.percent/100, nil, w.Crash)
	floods := &floods{experiment: x, world: w}
	o.still = 100 * floods.look().Graph.Components().LargestShare
	for range messages {
		if err := w.Run(attempt); err != nil {
			return o, err
		}
		o.each = append(o.each, floods.one())
	}
	w.Settle(x.interval / 10)
	o.rest = floods.mean(sources)
	o.rounds, err = x.roundsToHeal(w, floods)
	return o, err
}

// report adds the measures of one failure.
func (x *experiment) report(f failure, meeting bool, o outcome) {
	add := func(name, about string, value float64) *report.Measure {
		return x.result.Add(fmt.Sprintf("%s_%d", name, f.percent), fmt.Sprintf(about, f.percent), value)
	}
	if meeting {
		add("reliability_meeting", "the same after %d %%, with the meeting place", mean(o.each)).Against(f.paper)
		x.atScale(add("healing_rounds_meeting", "rounds to heal after %d %%, with the meeting place", float64(o.rounds)),
			1, max(f.rounds, 4))
		return
	}
	x.atScale(add("unrepaired", "%% of the survivors in the largest component right after %d %% have failed, before any repair", o.still),
		f.still[0], f.still[1])
	x.atScale(add("reliability", "mean %% reached by 1,000 messages after %d %%, with repair, Figure 2", mean(o.each)).
		Against(f.paper), f.low, 100)
	add("repaired", "%% reached when all repairs after %d %% have come to rest", o.rest)
	m := add("healing_rounds", "rounds to heal after %d %% (51: not within 50), Figure 4", float64(o.rounds))
	if f.rounds > 0 {
		m.Against(f.rounds)
	}
	if f.rounds > 0 && f.percent < 90 {
		x.atScale(m, 1, f.rounds)
	}
}

// fail lets so many nodes fail at random, in the way of kill, but for those that are
// spared.
func fail(w *sim.World, count int, spared []sim.NodeID, kill func(sim.NodeID)) {
	doomed := slices.DeleteFunc(slices.Clone(w.Alive()), func(id sim.NodeID) bool { return slices.Contains(spared, id) })
	slices.Sort(doomed)
	rng := w.Random()
	rng.Shuffle(len(doomed), func(i, j int) { doomed[i], doomed[j] = doomed[j], doomed[i] })
	for _, id := range doomed[:min(count, len(doomed))] {
		kill(id)
	}
}

// mostRounds is after how many rounds without healing an overlay is given up.
const mostRounds = 50

// roundsToHeal returns the number of the first round after which ten messages reach
// everybody, as before the failure; mostRounds+1 if there is none.
func (x *experiment) roundsToHeal(w *sim.World, floods *floods) (int, error) {
	for round := range mostRounds {
		if err := w.Run(x.interval); err != nil {
			return 0, err
		}
		if floods.mean(10) == 100 {
			return round + 1, nil
		}
	}
	return mostRounds + 1, nil
}

// floods sends messages through a world. It takes a new picture of the overlay only
// when something has changed.
type floods struct {
	*experiment
	world   *sim.World
	picture *sim.Picture
}

func (f *floods) look() *sim.Picture {
	if f.picture == nil {
		f.picture = f.world.Picture(nil)
		f.world.OnEvent = func(sim.NodeID, membership.Event) { f.picture = nil }
	}
	return f.picture
}

// one is the percentage of nodes that a message of a random node reaches.
func (f *floods) one() float64 {
	g := f.look().Graph
	return 100 * f.walker.Flood(g, f.rng.IntN(g.Nodes())).Reliability
}

func (f *floods) mean(n int) float64 {
	sum := 0.0
	for range n {
		sum += f.one()
	}
	return sum / float64(n)
}

func mean(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(max(1, len(values)))
}
