// Slow readers: nodes that do not keep up with what they are sent.

package scenario

import (
	"time"

	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/sim"
	"github.com/kithmesh/kith/sim/report"
)

func slow() Scenario {
	return Scenario{
		Name:  "slow",
		Short: "5 % of the nodes read one frame in two seconds",
		Long: `In a settled overlay every twentieth node begins to read no more than one frame in two
seconds from each link; 10 minutes pass. A neighbor sends it a heartbeat a second and
some shuffles, so that what it has not read piles up: 50 frames may wait. The paper
(5.5) wants such a node expelled, so that it does not hold the others up. Afterwards
the nodes are as fast as any, and the overlay must come to rest, or the run fails.`,
		Nodes: 1000,
		Run:   runner("slow", runSlow),
	}
}

// How slow a slow reader is, how much may wait for it, and for how long.
const (
	slowFrame  = 2 * time.Second
	slowFrames = 50
	slowFor    = 10 * time.Minute
)

func runSlow(r *run) error {
	r.expect(2)
	t, err := r.world(func(c *sim.Config) { c.QueueFrames = slowFrames })
	if err != nil {
		return err
	}
	if err := t.grow(r.Nodes, r.warmUp()); err != nil {
		return err
	}
	in := r.odd(5)
	of, rest := t.follow(in)
	before := t.links(in)
	if err := t.Run(slowFor / 10); err != nil {
		return err
	}
	number := t.count(in, in).nodes
	calm := rest.rate(float64(r.Nodes)-number, slowFor/10)
	of.reset()
	rest.reset()
	r.step("settled")
	t.slowDown(in, slowFrame)
	floods, stats, from := t.floods(), t.Stats(), t.Now()
	floods.keep = others(in)
	points, _, err := t.followLinks(in, before, from+slowFor, floods)
	if err != nil {
		return err
	}
	s, o := t.count(in, in), t.count(others(in), in)
	spent := t.since(stats)
	during, others := *of, *rest
	t.slowDown(in, 0)
	rested, err := t.calm()
	if err != nil {
		return err
	}
	n := float64(r.Nodes) - number
	r.add("", "slow", "how many nodes are slow", number)
	r.add("", "expelled", "links that others gave up because a slow node did not read", others.why[membership.Slow])
	r.add("", "expelled_per_slow_min", "the same, a slow node and minute", others.why[membership.Slow]/number/slowFor.Minutes())
	r.add("", "silent_at_slow", "links that slow nodes gave up because nothing was heard", during.why[membership.Silent])
	r.add("", "slow_degree", "neighbors of a slow node after 10 minutes, mean", share(s.active, s.nodes))
	r.add("", "others_degree", "neighbors of another node then, mean", share(o.active, o.nodes))
	r.add("", "others_isolated", "other nodes without a neighbor then", o.isolated).Within(0, 0)
	r.add("", "links_slow", "share of the neighbors of the others that are slow", share(o.activeOdd, o.active))
	r.add("", "passive_slow", "share of the entries of the others' passive views that name slow nodes", share(o.passiveOdd, o.passive))
	r.add("", "changes_calm", "neighbors that came or went, a node and minute, before", calm)
	r.add("", "changes_slow", "neighbors that came or went, a slow node and minute", during.rate(number, slowFor))
	r.add("", "changes_others", "neighbors that came or went, another node and minute", others.rate(n, slowFor))
	floods.add("")
	r.addRates("", spent, float64(r.Nodes)*slowFor.Seconds())
	r.add("", "rest_s", "time after the slowness until one component, no dead neighbor, no one-sided link", rested.Seconds())
	for i := range points {
		points[i][0] -= from.Seconds()
	}
	r.chart(report.Chart{
		Name: "slow_links", Title: "Links between slow readers and others",
		X: "time (s)", Y: "links (% of those before)",
		Lines: []report.Line{{Name: "one frame in 2 s", Points: points}},
	})
	r.end(t)
	r.step("healed")
	r.close()
	return nil
}

// slowDown makes the nodes of a set read one frame in so long; 0 ends it.
func (t *trial) slowDown(in func(sim.NodeID) bool, frame time.Duration) {
	for _, id := range t.Alive() {
		if in(id) {
			t.Slow(id, frame)
		}
	}
}
