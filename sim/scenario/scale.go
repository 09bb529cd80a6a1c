// Size: a cluster of a hundred thousand nodes, or of a million.

package scenario

import (
	"fmt"
	"time"

	"github.com/kithmesh/kith/sim"
	"github.com/kithmesh/kith/sim/overlay"
	"github.com/kithmesh/kith/sim/report"
)

func scale() Scenario {
	return Scenario{
		Name:  "scale",
		Short: "100,000 nodes: grow, mix, lose one half, heal",
		Long: `The cluster grows by a quarter a second, and for no less than half a minute, each newcomer
with a random contact, which the limits on joining bear; then it has 20 shuffle intervals to mix. One half of the
nodes crash at the same moment, every other by a host that goes dark, and the rest
heal. With --nodes 1000000 it is a run for 8 GiB of memory.

For each phase the messages, events and dials are given, for the command to divide the
time by. Healed is the time until the survivors are one component; full the time until
nobody has a dead neighbor and no more than one in a hundred a free slot. No heartbeats are sent.`,
		Nodes: 100_000,
		Run:   runner("scale", runScale),
	}
}

// The phases of the run.
const (
	growEvery    = 100 * time.Millisecond
	growBy       = 0.025 // a step, of those that are there: a quarter a second
	growSteps    = 300   // at least: a newcomer dials much, and links need memory
	scaleRounds  = 20
	healFor      = 5 * time.Minute
	healSlack    = 100 // one node in so many may be short when views count as full
	scaleSources = 20  // paths take long at this size

	// scaleIdle closes unused links sooner than usual, which saves memory.
	scaleIdle = time.Second
)

// scaling is the world of this experiment and how it measures its phases.
type scaling struct {
	*trial
	last sim.Stats
}

func runScale(r *run) error {
	r.expect(3)
	t, err := r.world(func(c *sim.Config) {
		silent(c)
		c.Idle = scaleIdle
	})
	if err != nil {
		return err
	}
	s := &scaling{trial: t}
	if err := s.build(); err != nil {
		return err
	}
	s.phase("build_", "growing")
	r.step("built")
	if err := t.Run(scaleRounds * r.Membership.ShuffleInterval); err != nil {
		return err
	}
	s.phase("mix_", "20 shuffle intervals")
	graph := s.shape("")
	r.step("mixed")
	s.halve()
	healing, err := s.heal()
	if err != nil {
		return err
	}
	s.phase("heal_", "healing")
	s.shape("healed_")
	r.step("healed")
	r.chart(degrees(graph))
	r.chart(report.Chart{
		Name: "scale_heal", Title: "One half of the nodes crash",
		X: "time since the crash (s)", Y: "survivors (%)", Lines: healing,
	})
	r.end(t)
	r.close()
	return nil
}

// build lets the cluster grow.
func (s *scaling) build() error {
	for left := s.run.Nodes; left > 0; {
		now := min(left, max(1, min(int(growBy*float64(s.Nodes())), s.run.Nodes/growSteps)))
		for range now {
			s.Start()
		}
		left -= now
		if err := s.Run(growEvery); err != nil {
			return err
		}
	}
	return nil
}

// phase adds what a phase took.
func (s *scaling) phase(prefix, what string) {
	r, spent := s.run, s.since(s.last)
	s.last = s.Stats()
	r.add(prefix, "virtual_s", "virtual time at the end of "+what, s.Now().Seconds())
	r.add(prefix, "messages", "messages received during "+what, spent.delivered)
	r.add(prefix, "events", "events processed during "+what, spent.events)
	r.add(prefix, "dials", "links dialed during "+what, spent.dials)
	r.add(prefix, "failed_dials", "dials that failed during "+what, spent.failedDials)
}

// shape adds what the overlay looks like.
func (s *scaling) shape(prefix string) *overlay.Graph {
	r := s.run
	graph := s.Picture(nil).Graph
	parts := graph.Components()
	paths := s.walker.Paths(graph, s.rng, scaleSources)
	v := s.Views()
	r.add(prefix, "nodes", "nodes that live", float64(v.Nodes))
	r.add(prefix, "components", "components", float64(parts.Count)).Within(1, 1)
	r.add(prefix, "path", "mean shortest path, from 20 nodes in a large overlay", paths.Mean)
	r.add(prefix, "hops_max", "the longest shortest path found", float64(paths.EccentricityMax))
	r.add(prefix, "clustering", "clustering coefficient", graph.Clustering())
	r.add(prefix, "degree", "neighbors a node, mean", share(2*float64(graph.Edges()), float64(v.Nodes)))
	r.add(prefix, "short", "share of the nodes with a free slot", share(v.Short, v.Nodes))
	r.add(prefix, "isolated", "nodes without a neighbor", float64(parts.Isolated)).Within(0, 0)
	r.add(prefix, "asymmetric", "links that only one side has at that moment", float64(graph.Asymmetric()))
	r.add(prefix, "passive", "spare peers a node, mean", share(float64(v.Passive), float64(v.Nodes)))
	r.add(prefix, "stale", "share of the spare peers that are dead", v.Stale())
	return graph
}

// halve crashes every node with an even chance.
func (s *scaling) halve() {
	for i := range s.Nodes() {
		if s.Random().IntN(2) == 0 && len(s.Alive()) > 2 {
			s.strike(sim.NodeID(i))
		}
	}
}

// heal follows the survivors until they are one component with full views.
func (s *scaling) heal() ([]report.Line, error) {
	r, from := s.run, s.Now()
	whole, full := time.Duration(-1), time.Duration(-1)
	largest, complete := report.Line{Name: "in the largest component"}, report.Line{Name: "with a full view"}
	look := func() {
		since := s.Now() - from
		parts, v := s.Picture(nil).Graph.Components(), s.Views()
		largest.Points = append(largest.Points, [2]float64{since.Seconds(), 100 * parts.LargestShare})
		complete.Points = append(complete.Points, [2]float64{since.Seconds(), 100 - 100*share(v.Short, v.Nodes)})
		if whole < 0 && parts.Count == 1 {
			whole = since
		}
		if full < 0 && v.ActiveDead == 0 && v.Short <= v.Nodes/healSlack {
			full = since
		}
	}
	look()
	first := largest.Points[0][1] / 100
	for s.Now()-from < healFor && (whole < 0 || full < 0) {
		if err := s.Run(max(time.Second/4, (s.Now()-from)/8)); err != nil {
			return nil, err
		}
		look()
	}
	never := s.Now() - from
	if whole < 0 {
		whole = never
	}
	if full < 0 {
		full = never
	}
	r.add("", "left_largest", "share of the survivors in the largest component right after the crash", first)
	r.add("", "healed_s", "time from the crash until the survivors were one component; the whole time if never", whole.Seconds())
	r.add("", "full_s", "time from the crash until 99 of 100 views were full; the whole time if never", full.Seconds())
	return []report.Line{largest, complete}, nil
}

// degrees charts how many neighbors nodes have.
func degrees(g *overlay.Graph) report.Chart {
	h := g.Degrees()
	line := report.Line{Name: fmt.Sprintf("%d nodes", g.Nodes())}
	for degree, count := range h.Counts {
		if count > 0 {
			line.Points = append(line.Points, [2]float64{float64(degree), float64(count)})
		}
	}
	return report.Chart{
		Name: "scale_degrees", Title: "Neighbors a node", X: "neighbors", Y: "nodes",
		LogY: true, Bars: true, Lines: []report.Line{line},
	}
}
