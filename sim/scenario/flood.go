// Floods: how many of those that should get a broadcast would.

package scenario

import (
	"time"

	"github.com/kithmesh/kith/sim"
)

// settledAge is how old a node is before a broadcast should reach it: joining takes
// some frames' time, and in a crowd a second attempt.
const settledAge = 2 * time.Second

// floods sums up floods over the overlay as it is at a moment. Floods go over links
// that both sides have.
type floods struct {
	t    *trial
	keep func(sim.NodeID) bool // if not nil, whom the floods are among
	born []time.Duration       // by node; nodes that are not in it are old
	// count floods reached the share reached of all and settled of the settled nodes.
	count            int
	reached, settled float64
	worst            float64 // share of the settled nodes
	parts            int     // the most components with a settled node
	isolated         int     // the most settled nodes at a time without neighbors
	points           [][2]float64
}

func (t *trial) floods() *floods { return &floods{t: t, worst: 1} }

// start notes that a node was born.
func (f *floods) start(id sim.NodeID) { set(&f.born, id, f.t.Now()) }

// take floods the overlay from a random settled node.
func (f *floods) take() {
	now := f.t.Now()
	p := f.t.Picture(f.keep)
	c := p.Graph.Components()
	parts := make([]int, c.Count)
	settled := make([]int, 0, len(p.Nodes))
	isolated := 0
	for i, id := range p.Nodes {
		if born := at(f.born, id); born > 0 && now-born < settledAge {
			continue
		}
		settled = append(settled, i)
		parts[c.Of(i)]++
		if len(p.Graph.Neighbors(i)) == 0 {
			isolated++
		}
	}
	if len(settled) == 0 {
		return
	}
	own := c.Of(settled[f.t.rng.IntN(len(settled))])
	reach := share(parts[own], len(settled))
	f.count++
	f.reached += share(c.Sizes[own], len(p.Nodes))
	f.settled += reach
	f.worst = min(f.worst, reach)
	f.isolated = max(f.isolated, isolated)
	count := 0
	for _, n := range parts {
		if n > 0 {
			count++
		}
	}
	f.parts = max(f.parts, count)
	f.points = append(f.points, [2]float64{now.Seconds(), 100 * reach})
}

// pointsFrom returns the reach over time in percent, the time counted from a moment.
func (f *floods) pointsFrom(from time.Duration) [][2]float64 {
	points := make([][2]float64, len(f.points))
	for i, p := range f.points {
		points[i] = [2]float64{p[0] - from.Seconds(), p[1]}
	}
	return points
}

// add adds what the floods found.
func (f *floods) add(prefix string) {
	r := f.t.run
	r.add(prefix, "reliability", "share of the nodes up for 2 s or more that a flood from a random one reaches, mean", share(f.settled, float64(f.count)))
	r.add(prefix, "reliability_worst", "the same, the worst of them", f.worst)
	r.add(prefix, "reliability_all", "share of all nodes reached, newcomers of the last moment included, mean", share(f.reached, float64(f.count)))
	r.add(prefix, "components_most", "the most components at a time that had a node up for 2 s", float64(f.parts))
	r.add(prefix, "isolated_most", "the most nodes at a time, up for 2 s, that had no neighbor", float64(f.isolated))
}
