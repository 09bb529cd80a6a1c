// Flash crowds: many nodes that join at the same time.

package scenario

import (
	"fmt"
	"time"

	"github.com/kithmesh/kith/sim"
	"github.com/kithmesh/kith/sim/report"
)

func flash() Scenario {
	return Scenario{
		Name:  "flash",
		Short: "crowds of 10, 100, 1,000 and all nodes at once",
		Long: `Nodes join in batches of 10, 100, 1,000 and all at once, through one contact and
through random ones, as a NATS queue group picks them: each combination in a world of
its own. The next batch comes before the last has settled: after a second, or a tenth
of it for batches of 10. After the last, 50 shuffle intervals pass. Batches of 100
and all at once through one contact are also run without the rotation of links, and
without the limits on joining, which are what keeps a crowd from becoming a long thin
band.

The path is the mean of the shortest paths, and is to be compared with that of a
random regular graph; messages late are those in the last 10 intervals, when nothing
is left to do: a livelock would show there. No heartbeats are sent.`,
		Nodes: 10000,
		Run:   runner("flash", runFlash),
	}
}

// crowd is how a crowd joins.
type crowd struct {
	batch      int
	one        bool // through one contact
	noRotation bool
	noLimits   bool
}

// crowds lists the combinations for so many nodes.
func crowds(nodes int) []crowd {
	var list []crowd
	for _, batch := range []int{10, 100, 1000, nodes} {
		if batch < nodes || batch == nodes && len(list) > 0 {
			list = append(list, crowd{batch: batch, one: true}, crowd{batch: batch})
		}
	}
	for _, batch := range []int{100, nodes} {
		if batch <= nodes {
			list = append(
				list,
				crowd{batch: batch, one: true, noRotation: true},
				crowd{batch: batch, one: true, noLimits: true},
			)
		}
	}
	return list
}

// flashIntervals is how many shuffle intervals pass after the last batch, and
// lateIntervals how many of them are the last.
const (
	flashIntervals = 50
	lateIntervals  = 10
)

func runFlash(r *run) error {
	list := crowds(r.Nodes)
	r.expect(len(list))
	regular := r.regularPath()
	var lines []report.Line
	for _, c := range list {
		line, err := r.flashWorld(c, regular)
		if err != nil {
			return fmt.Errorf("%s: %w", c.title(r.Nodes), err)
		}
		lines = append(lines, line)
		r.step(c.title(r.Nodes))
	}
	lines = append(lines, report.Line{Name: "random regular graph", Points: [][2]float64{{0, regular}, {flashIntervals, regular}}})
	r.chart(report.Chart{
		Name: "flash_path", Title: "The mean path after a flash crowd",
		X: "shuffle intervals since the last batch", Y: "mean path (hops)", LogY: true, Lines: lines,
	})
	r.close()
	return nil
}

// title names the combination for a legend.
func (c *crowd) title(nodes int) string {
	s := fmt.Sprintf("%d at a time", c.batch)
	if c.batch >= nodes {
		s = "all at once"
	}
	if c.one {
		s += ", one contact"
	} else {
		s += ", random contacts"
	}
	if c.noRotation {
		s += ", no rotation"
	}
	if c.noLimits {
		s += ", no limits"
	}
	return s
}

// prefix names the combination for a measure.
func (c *crowd) prefix(nodes int) string {
	s := fmt.Sprintf("batch%d_", c.batch)
	if c.batch >= nodes {
		s = "all_"
	}
	if c.one {
		s += "one_"
	} else {
		s += "random_"
	}
	if c.noRotation {
		s += "norotation_"
	}
	if c.noLimits {
		s += "nolimits_"
	}
	return s
}

// configure takes the cures away.
func (c *crowd) configure(cfg *sim.Config) {
	silent(cfg)
	m := &cfg.Membership
	if c.noRotation {
		m.RotateInterval = 0
	}
	if c.noLimits {
		m.JoinRate, m.JoinRateFull, m.EvictRate = noLimit, noLimit, noLimit
	}
}

// noLimit is a rate that nothing reaches.
const noLimit = 1e6

// arrive lets the crowd come.
func (c *crowd) arrive(t *trial, nodes int) error {
	if c.one {
		t.Contact = func(sim.NodeID) (sim.NodeID, bool) { return 0, true }
	}
	pause := min(time.Second, time.Duration(c.batch)*10*time.Millisecond)
	for left := nodes; left > 0; {
		for range min(left, c.batch) {
			t.Start()
		}
		left -= min(left, c.batch)
		if left > 0 {
			if err := t.Run(pause); err != nil {
				return err
			}
		}
	}
	return nil
}

// flashWorld lets one crowd join and adds what becomes of it.
func (r *run) flashWorld(c crowd, regular float64) (report.Line, error) {
	line := report.Line{Name: c.title(r.Nodes)}
	t, err := r.world(c.configure)
	if err != nil {
		return line, err
	}
	if err := c.arrive(t, r.Nodes); err != nil {
		return line, err
	}
	from, interval := t.Now(), r.Membership.ShuffleInterval
	whole := time.Duration(-1)
	var late sim.Stats
	for i := range flashIntervals {
		if i == flashIntervals-lateIntervals {
			late = t.Stats()
		}
		if whole < 0 {
			whole, err = t.untilWhole(from, interval)
		} else {
			err = t.Run(interval)
		}
		if err != nil {
			return line, err
		}
		if i < 10 || i%5 == 4 {
			path := t.walker.Paths(t.Picture(nil).Graph, t.rng, pathSources).Mean
			line.Points = append(line.Points, [2]float64{float64(i + 1), path})
		}
	}
	if whole < 0 {
		whole = t.Now() - from
	}
	r.addFlash(t, &c, whole, regular, t.since(late).delivered)
	r.end(t)
	return line, nil
}

// untilWhole runs for d and returns when the overlay first was one component, counted
// from a moment and looked at ever more seldom; negative if never.
func (t *trial) untilWhole(from, d time.Duration) (time.Duration, error) {
	whole := time.Duration(-1)
	for end := t.Now() + d; t.Now() < end; {
		pause := max(time.Second/50, (t.Now()-from)/10)
		if whole >= 0 {
			pause = d
		}
		if err := t.Run(min(pause, end-t.Now())); err != nil {
			return whole, err
		}
		if whole < 0 && t.Picture(nil).Graph.Components().Count == 1 {
			whole = t.Now() - from
		}
	}
	return whole, nil
}

// Bounds of the experiment. A path at most 4 % longer than a random regular graph's is
// 6.6 hops at 10,000 nodes. A node at rest receives 8 messages a shuffle interval, and
// what rotation and visits cost.
const (
	pathSlack = 1.04
	mostLate  = 2.0 // messages a node and second with the default shuffle interval
)

func (r *run) addFlash(t *trial, c *crowd, whole time.Duration, regular, late float64) {
	p, n := c.prefix(r.Nodes), float64(r.Nodes)
	cured := !c.noRotation && !c.noLimits
	graph := t.Picture(nil).Graph
	parts := graph.Components()
	paths := t.walker.Paths(graph, t.rng, pathSources)
	interval := r.Membership.ShuffleInterval.Seconds()

	bounded := func(m *report.Measure, low, high float64) *report.Measure {
		if cured {
			m.Within(low, high)
		}
		return m
	}
	bounded(r.add(p, "components", "components after 50 shuffle intervals", float64(parts.Count)), 1, 1).Ideal(1)
	bounded(r.add(p, "path", "mean shortest path then", paths.Mean), 0, pathSlack*regular).Ideal(regular)
	r.add(p, "hops_max", "the longest shortest path found", float64(paths.EccentricityMax))
	r.add(p, "clustering", "clustering coefficient", graph.Clustering())
	r.add(p, "whole_s", "time from the last batch until there was one component; the whole time if never", whole.Seconds())
	bounded(r.add(p, "isolated", "nodes without a neighbor", float64(parts.Isolated)), 0, 0)
	bounded(r.add(p, "asymmetric", "links that only one side has", t.oneSided()), 0, 0)
	r.add(p, "short", "nodes with a free slot", float64(t.Views().Short))
	s := t.Stats()
	r.add(p, "messages_per_node", "messages received a node, in all", float64(s.Delivered())/n)
	bounded(
		r.add(p, "messages_late_per_node_s", "messages received a node and second in the last 10 intervals", late/n/(lateIntervals*interval)),
		0, mostLate*10/interval,
	)
}

// oneSided counts the links that only one side has, at the best of some moments close
// to each other: links that are just being made are no fault.
func (t *trial) oneSided() float64 {
	const moments, between = 50, 5 * time.Millisecond
	least := t.Picture(nil).Graph.Asymmetric()
	for i := 0; i < moments && least > 0 && t.Run(between) == nil; i++ {
		least = min(least, t.Picture(nil).Graph.Asymmetric())
	}
	return float64(least)
}
