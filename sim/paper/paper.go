// The whole experiment.

package paper

import (
	"errors"
	"math/rand/v2"
	"time"

	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/sim"
	"github.com/kithmesh/kith/sim/overlay"
	"github.com/kithmesh/kith/sim/report"
	"github.com/kithmesh/kith/sim/scenario"
)

// paperNodes is the paper's number of nodes. What is expected of a figure is
// expected at this size only.
const paperNodes = 10_000

const long = `Repeats the experiments of the HyParView paper (DSN 2007) with the cores that ship, at the
paper's size and with its parameters: the nodes join one by one through one contact, 50 rounds of
shuffles follow, and then Table 1 and Figure 5 are measured. From there, each time anew, 10 to 95 %
of the nodes fail at once: what does a message reach before any repair, with repair going on, and
when it has come to rest (Figures 2 and 3); and how many rounds does it take until everybody gets
everything again (Figure 4).

Heartbeats, rotation and rate limits, which the paper does not have, are off. A random regular
graph of the same size and degree stands beside the figures: what HyParView aims at.`

// Scenario returns the experiment.
func Scenario() scenario.Scenario {
	return scenario.Scenario{
		Name:  "paper",
		Short: "Repeat the experiments of the HyParView paper",
		Long:  long,
		Nodes: paperNodes,
		Run:   Run,
	}
}

// experiment is one run with one seed.
type experiment struct {
	world    *sim.World
	nodes    int
	degree   int           // of a full active view
	interval time.Duration // of shuffles: a cycle of the paper
	rng      *rand.Rand    // of what is measured; the world has its own
	walker   overlay.Walker
	result   *report.Result
	progress func(done, total int, what string)
}

var errAuto = errors.New("paper: ActiveSize is Auto, want a number: the views of the paper are all of one size")

// Run runs the whole experiment with one seed.
func Run(o scenario.Options) (*report.Result, error) {
	if o.Membership.ActiveSize == membership.Auto {
		return nil, errAuto
	}
	w, err := world(o.Seed, o.Membership, o.Check)
	if err != nil {
		return nil, err
	}
	x := newExperiment(o, w)
	if err := x.run(); err != nil {
		return nil, err
	}
	x.result.Digest = w.Digest()
	return x.result, nil
}

func newExperiment(o scenario.Options, w *sim.World) *experiment {
	x := &experiment{
		world: w, nodes: o.Nodes,
		degree: o.Membership.ActiveSize, interval: o.Membership.ShuffleInterval,
		rng:      rand.New(rand.NewPCG(o.Seed, 2)),
		result:   &report.Result{Seed: o.Seed},
		progress: o.Progress,
	}
	if x.progress == nil {
		x.progress = func(int, int, string) {}
	}
	return x
}

func (x *experiment) run() error {
	if err := x.join(); err != nil {
		return err
	}
	x.result.Add("degree_after_joins", "members of an active view right after the joins",
		x.world.Picture(nil).Graph.Degrees().Mean)
	perRound, err := x.stabilize()
	if err != nil {
		return err
	}
	x.atScale(x.result.Add("messages_per_round", "messages a node receives in a round of shuffles", perRound), 7, 8)
	x.table1()
	return x.fail()
}

// atScale sets what a measure should be, which is known for the paper's size.
func (x *experiment) atScale(m *report.Measure, low, high float64) {
	if x.nodes == paperNodes && x.degree == 5 && high > 0 {
		m.Within(low, high)
	}
}
