// The stable overlay (paper §5.1): joins one by one, then cycles. Table 1, Figure 5.

package paper

import (
	"errors"
	"time"

	"github.com/kithmesh/kith/sim"
	"github.com/kithmesh/kith/sim/overlay"
	"github.com/kithmesh/kith/sim/report"
)

// rounds is how many cycles of shuffles the paper lets pass before it measures.
const rounds = 50

var errRestless = errors.New("paper: a join does not come to an end")

// join lets nodes join one by one, each after the one before has come to rest, all
// through the first. Nobody is asked twice.
func (x *experiment) join() error {
	for i := range x.nodes {
		newcomer := sim.NodeID(i)
		x.world.Contact = func(asker sim.NodeID) (sim.NodeID, bool) { return 0, asker == newcomer }
		x.world.Start()
		if !x.world.Settle(time.Second) {
			return errRestless
		}
		if i%1000 == 0 {
			x.progress(i, x.nodes, "joins")
		}
	}
	x.world.Contact = nobody
	return nil
}

// stabilize lets the cycles pass, and returns how many messages a node sent in each.
func (x *experiment) stabilize() (float64, error) {
	before := x.world.Stats()
	for i := range rounds {
		if err := x.world.Run(x.interval); err != nil {
			return 0, err
		}
		x.progress(i+1, rounds, "rounds of shuffles")
	}
	x.world.Settle(x.interval / 10)
	after := x.world.Stats()
	return float64(after.Delivered()-before.Delivered()) / float64(rounds*x.nodes), nil
}

// sources is how many nodes paths are measured from, and floods sent by.
const sources = 300

// table1 measures the stable overlay, with a random regular graph beside it.
func (x *experiment) table1() {
	picture := x.world.Picture(nil)
	g := picture.Graph
	ideal := overlay.Regular(x.nodes-x.nodes*x.degree%2, x.degree, x.rng)
	ours, regular := g.Paths(x.rng, sources), ideal.Paths(x.rng, sources)
	degrees := g.Degrees()
	full := 0
	if len(degrees.Counts) > x.degree {
		full = degrees.Counts[x.degree]
	}
	passive := x.world.PassiveDegrees(picture)

	r := x.result
	x.atScale(r.Add("average_shortest_path", "hops between two nodes, Table 1", ours.Mean).
		Against(6.38542).Ideal(regular.Mean), 6.37, 6.40)
	x.atScale(r.Add("clustering", "average clustering coefficient, Table 1", g.Clustering()).
		Against(0.00092).Ideal(ideal.Clustering()), 0, 0.0021)
	x.atScale(r.Add("max_hops", "last hop of any of the floods, Table 1", float64(ours.EccentricityMax)).
		Against(9).Ideal(float64(regular.EccentricityMax)), 9, 9)
	x.atScale(r.Add("mean_last_hop", "last hop of a flood, mean", ours.EccentricityMean).
		Ideal(regular.EccentricityMean), 8.2, 8.45)
	r.Add("components", "connected components", float64(g.Components().Count)).Within(1, 1).Ideal(1)
	r.Add("asymmetric_links", "links that one side only has", float64(g.Asymmetric())).Within(0, 0)
	x.atScale(r.Add("nodes_of_full_degree", "nodes with a full active view, Figure 5", float64(full)).
		Ideal(float64(x.nodes)), 9970, 10000)
	x.atScale(r.Add("sum_of_degrees", "members of all active views", degrees.Mean*float64(degrees.Nodes)).
		Against(49983).Ideal(float64(ideal.Edges()*2)), 49960, 50000)
	x.atScale(r.Add("passive_mean", "members of a passive view that live", passive.Mean), 29.9, 30)
	x.atScale(r.Add("passive_cv", "spread of the passive in-degree: standard deviation / mean", passive.CV), 0.14, 0.18)
	x.chartStable(g, ideal, degrees, passive)
}

// chartStable draws Figure 5 and the distribution of hops.
func (x *experiment) chartStable(g, ideal *overlay.Graph, degrees, passive overlay.Histogram) {
	x.result.Charts = append(x.result.Charts,
		report.Chart{
			Name: "degrees", Title: "Members of the active views (Figure 5)", X: "neighbors", Y: "nodes",
			LogY: true, Bars: true,
			Lines: []report.Line{{Name: "ours", Points: counted(degrees.Counts)}},
		},
		report.Chart{
			Name: "passive_degrees", Title: "In how many passive views a node is", X: "passive views", Y: "nodes",
			Bars: true, Lines: []report.Line{{Name: "ours", Points: counted(passive.Counts)}},
		},
		report.Chart{
			Name: "hops", Title: "Nodes reached within so many hops", X: "hops", Y: "% of nodes",
			Lines: []report.Line{
				{Name: "ours", Points: x.reach(g)},
				{Name: "random regular graph", Marks: true, Points: x.reach(ideal)},
			},
		})
}

// counted makes points of a histogram, without its empty places.
func counted(counts []int) [][2]float64 {
	var points [][2]float64
	for value, n := range counts {
		if n > 0 {
			points = append(points, [2]float64{float64(value), float64(n)})
		}
	}
	return points
}

// reach is the mean share of nodes reached within so many hops, in percent.
func (x *experiment) reach(g *overlay.Graph) [][2]float64 {
	const floods = 100
	var within []float64
	for range floods {
		sum := 0
		flood := x.walker.Flood(g, x.rng.IntN(g.Nodes()))
		for hop, n := range flood.Hops {
			sum += n
			if hop == len(within) {
				within = append(within, 0)
			}
			within[hop] += 100 * float64(sum) / float64(g.Nodes()) / floods
		}
		for hop := len(flood.Hops); hop < len(within); hop++ {
			within[hop] += 100 * flood.Reliability / floods
		}
	}
	points := make([][2]float64, len(within))
	for hop, share := range within {
		points[hop] = [2]float64{float64(hop), share}
	}
	return points
}
