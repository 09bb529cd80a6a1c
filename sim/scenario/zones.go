// Zones: views that keep part of their links inside a zone, beside those that heed none.

package scenario

import (
	"fmt"
	"math"
	"time"

	"github.com/kithmesh/kith/sim"
	"github.com/kithmesh/kith/sim/report"
	"github.com/kithmesh/kith/views"
)

func zones() Scenario {
	return Scenario{
		Name:  "zones",
		Short: "part of the links kept within a zone: what it costs; a zone that dies, or is cut off",
		Long: `Clusters of four equal zones, and of three with 80, 15 and 5 % of the nodes, once with
nodes that heed no zone and once with nodes that want 60 % of their neighbors of their own and two
of another, or what --set ZoneShare says. After half an hour the overlay is looked at, with the links as they are: paths, clustering,
and the largest component if 30, 50 or 70 % of the nodes were gone. Then three times from that
overlay: half of the nodes crash at once; the smallest zone crashes at once; it is cut off for 90 seconds, from the
meeting place too, and the cut is healed.

Near are links within a zone. Reliability is the share of the nodes that a flood from a random
one reaches, every half second. Whole is the time until there was one component. No heartbeats are sent.`,
		Nodes: 1000,
		Run:   runner("zones", runZones),
	}
}

const (
	zonesMix    = 30 * time.Minute
	zonesShare  = 0.6
	zonesCut    = 90 * time.Second
	zonesHeal   = 5 * time.Minute
	zonesPeriod = time.Second / 2
)

// layout is how nodes are spread over zones.
type layout struct {
	name  string
	zones int
	of    func(id sim.NodeID) int // the last zone is the smallest
	// low to high are the links within a zone that are wanted, few the nodes that may have few
	// links out of it: the nodes of a large zone cannot have two each to small ones.
	low, high, few float64
}

func layouts() []layout {
	return []layout{
		{"even", 4, func(id sim.NodeID) int { return int(id % 4) }, 0.5, 0.7, 0.15},
		{"uneven", 3, func(id sim.NodeID) int {
			switch place := id % 20; {
			case place == 7:
				return 2
			case place%6 == 1: // 1, 13, 19
				return 1
			default:
				return 0
			}
		}, 0.6, 0.95, 1},
	}
}

// zoning is a world of this experiment.
type zoning struct {
	*trial
	layout
	prefix string
	about  string
	heeded bool
}

func runZones(r *run) error {
	r.expect(6 * len(layouts())) // three steps of two worlds each
	links := report.Chart{
		Name: "zones_near", Title: "Links within a zone", X: "time since all have joined (min)", Y: "links (%)",
	}
	healed := report.Chart{
		Name: "zones_cross", Title: "Links to a zone that was cut off", X: "time since the heal (s)", Y: "links (% of those before)",
	}
	for _, l := range layouts() {
		for _, heeded := range []bool{false, true} {
			z := &zoning{layout: l, prefix: l.name + "_blind_", about: l.name + " zones, not heeded", heeded: heeded}
			if heeded {
				z.prefix, z.about = l.name+"_zoned_", l.name+" zones"
			}
			near, cross, err := z.do(r)
			if err != nil {
				return fmt.Errorf("%s: %w", z.about, err)
			}
			links.Lines = append(links.Lines, report.Line{Name: z.about, Points: near})
			healed.Lines = append(healed.Lines, report.Line{Name: z.about, Points: cross})
		}
	}
	r.chart(links)
	r.chart(healed)
	r.close()
	return nil
}

// do lets the world grow and mix, looks at it, and then breaks copies of it.
func (z *zoning) do(r *run) (near, cross [][2]float64, err error) {
	z.trial, err = r.world(func(c *sim.Config) {
		silent(c)
		if !z.heeded {
			c.Membership.ZoneShare = 0
		} else if c.Membership.ZoneShare == 0 {
			c.Membership.ZoneShare = zonesShare
		}
	})
	if err != nil {
		return nil, nil, err
	}
	if near, err = z.grow(); err != nil {
		return nil, nil, err
	}
	z.shape()
	r.step(z.about + ": mixed")
	for _, b := range []struct {
		name string
		hit  func(c *zoning)
	}{
		{"half_died_", func(c *zoning) { c.kill(func(sim.NodeID) bool { return c.Random().IntN(2) == 0 }) }},
		{"zone_died_", func(c *zoning) { c.kill(c.smallest) }},
	} {
		c, err := z.copy()
		if err != nil {
			return nil, nil, err
		}
		b.hit(c)
		if err := c.recover(b.name); err != nil {
			return nil, nil, err
		}
	}
	r.step(z.about + ": killed")
	if cross, err = z.cut(); err != nil {
		return nil, nil, err
	}
	r.end(z.trial)
	r.step(z.about + ": cut off")
	return near, cross, nil
}

// grow starts the nodes and follows the share of near links while they mix.
func (z *zoning) grow() (near [][2]float64, err error) {
	for range z.run.Nodes {
		id := sim.NodeID(z.Nodes())
		z.StartAs(views.Peer{Zone: fmt.Sprintf("zone-%d", z.of(id))})
		if err := z.Run(joinGap); err != nil {
			return nil, err
		}
	}
	from := z.Now()
	for z.Now() < from+zonesMix {
		share, _ := z.near()
		near = append(near, [2]float64{(z.Now() - from).Minutes(), 100 * share})
		if err := z.Run(zonesMix / 60); err != nil {
			return nil, err
		}
	}
	return near, nil
}

// near returns the share of links within a zone, and that of nodes with fewer than two links
// out of theirs.
func (z *zoning) near() (links, few float64) {
	p := z.Picture(nil)
	within, all, lacking := 0, 0, 0
	for i, id := range p.Nodes {
		far := 0
		for _, j := range p.Graph.Neighbors(i) {
			all++
			if z.of(id) == z.of(p.Nodes[j]) {
				within++
			} else {
				far++
			}
		}
		if far < z.Config().Membership.ZoneAcross {
			lacking++
		}
	}
	return share(float64(within), float64(all)), share(float64(lacking), float64(len(p.Nodes)))
}

// shape adds what the overlay looks like, and what is left of it without many of its nodes.
func (z *zoning) shape() {
	r, graph := z.run, z.Picture(nil).Graph
	links, few := z.near()
	z.expect(r.add(z.prefix, "near", "share of the links that are within a zone", links), z.low, z.high)
	z.expect(r.add(z.prefix, "few_across", "share of the nodes with fewer than two links out of their zone", few), 0, z.few)
	z.expect(r.add(z.prefix, "near_least", "share of their links that nodes of the smallest zone have within it", z.nearOfSmallest()), 0.4, 1)
	parts, v := graph.Components(), z.Views()
	r.add(z.prefix, "components", "components", float64(parts.Count)).Within(1, 1)
	r.add(z.prefix, "asymmetric", "links that only one side has at that moment", float64(graph.Asymmetric()))
	r.add(z.prefix, "short", "share of the nodes with a free slot", share(v.Short, v.Nodes)).Within(0, 0.05)
	r.add(z.prefix, "path", "mean shortest path", z.walker.Paths(graph, z.rng, pathSources).Mean).Within(1, 1.3*z.run.regularPath())
	r.add(z.prefix, "clustering", "clustering coefficient", graph.Clustering())
	for _, c := range []struct{ percent, low float64 }{{30, 0.9}, {50, 0.8}, {70, 0}} {
		r.add(z.prefix, fmt.Sprintf("left_%v", c.percent), fmt.Sprintf("largest component without %v %% of the nodes, before any repair, as a share of the others", c.percent),
			z.left(c.percent)).Within(c.low, 1)
	}
	ended := float64(z.Protocol().Downs) / 2
	r.add(z.prefix, "changes", "links that ended since the beginning, for each there is", share(ended, float64(graph.Edges())))
}

// expect sets what is wanted of nodes that heed zones.
func (z *zoning) expect(m *report.Measure, low, high float64) {
	if z.heeded {
		m.Within(low, high)
	}
}

// nearOfSmallest returns the share of near links of the nodes of the smallest zone.
func (z *zoning) nearOfSmallest() float64 {
	p := z.Picture(z.smallest)
	c := z.count(z.smallest, func(sim.NodeID) bool { return false })
	return share(2*float64(p.Graph.Edges()), c.active)
}

// left removes nodes from the graph and returns the share of the largest component of the
// rest, the mean of a few attempts.
func (z *zoning) left(percent float64) float64 {
	const attempts = 10
	sum, graph := 0.0, z.Picture(nil).Graph
	for range attempts {
		rest, _ := graph.Sub(func(int) bool { return z.rng.Float64() >= percent/100 })
		sum += rest.Components().LargestShare
	}
	return sum / attempts
}

func (z *zoning) smallest(id sim.NodeID) bool { return z.of(id) == z.zones-1 }

// copy returns a copy of the world.
func (z *zoning) copy() (*zoning, error) {
	w, err := z.Fork()
	if err != nil {
		return nil, err
	}
	c := *z
	c.trial = &trial{World: w, run: z.run, rng: z.rng}
	return &c, nil
}

// kill crashes nodes of a set.
func (z *zoning) kill(in func(sim.NodeID) bool) {
	for i := range z.Nodes() {
		if in(sim.NodeID(i)) && len(z.Alive()) > 2 {
			z.strike(sim.NodeID(i))
		}
	}
}

// recover follows the survivors.
func (z *zoning) recover(name string) error {
	floods, whole, err := z.follow(zonesHeal, nil)
	if err != nil {
		return err
	}
	z.addWhole(name, floods, whole)
	r, v := z.run, z.Views()
	r.add(z.prefix+name, "short", "share of the nodes with a free slot five minutes later", share(v.Short, v.Nodes)).Within(0, 0.1)
	return nil
}

// addWhole adds when the overlay was one component, and what floods reached meanwhile.
func (z *zoning) addWhole(name string, floods *floods, whole time.Duration) {
	r, prefix := z.run, z.prefix+name
	r.add(prefix, "reliability", "share of the nodes that a flood from a random one reaches, mean of five minutes", share(floods.settled, float64(floods.count))).Within(0.99, 1)
	r.add(prefix, "whole_s", "time until there was one component for good; five minutes if never", whole.Seconds()).Within(0, 60)
}

// follow takes floods for a while, and returns since when there was one component.
func (z *zoning) follow(length time.Duration, each func()) (*floods, time.Duration, error) {
	from, whole := z.Now(), time.Duration(0)
	floods := z.floods()
	for z.Now() < from+length {
		if err := z.Run(zonesPeriod); err != nil {
			return nil, 0, err
		}
		floods.take()
		if each != nil {
			each()
		}
		if z.Picture(nil).Graph.Components().Count > 1 {
			whole = z.Now() - from
		}
	}
	return floods, whole, nil
}

// cut cuts the smallest zone off, heals the cut, and follows the links to it.
func (z *zoning) cut() ([][2]float64, error) {
	r, before := z.run, z.links(z.smallest)
	z.CutInTwo(z.smallest)
	z.Meets = func(a, b sim.NodeID) bool { return z.smallest(a) == z.smallest(b) }
	if err := z.Run(zonesCut); err != nil {
		return nil, err
	}
	parts := z.Picture(nil).Graph.Components().Count
	r.add(z.prefix, "cut_components", "components at the end of the cut", float64(parts)).Within(2, 2)
	z.Heal()
	z.Meets = nil
	from := z.Now()
	var points [][2]float64
	floods, whole, err := z.follow(zonesHeal, func() {
		points = append(points, [2]float64{(z.Now() - from).Seconds(), 100 * share(z.links(z.smallest), before)})
	})
	if err != nil {
		return nil, err
	}
	z.addWhole("healed_", floods, whole)
	r.add(z.prefix, "healed_cross", "links to the zone that was cut off, five minutes after, as a share of those before",
		share(z.links(z.smallest), before)).Within(0.3, math.MaxInt32)
	return points, nil
}
