// Nodes behind an address translator: they can dial, and nobody can dial them.

package scenario

import (
	"time"

	"github.com/kithmesh/kith/sim"
	"github.com/kithmesh/kith/sim/report"
)

func nat() Scenario {
	return Scenario{
		Name:  "nat",
		Short: "10 % of the nodes cannot be dialed",
		Long: `Every tenth node can dial others and cannot be dialed, as one behind an address
translator. The nodes join one by one; then 10 minutes pass. Hidden nodes should be in
the mesh as any other, through the links that they dial themselves; entries of passive
views that name them are of no use to anybody, and each attempt is a dial in vain.`,
		Nodes: 1000,
		Run:   runner("nat", runNAT),
	}
}

// natFor is how long the overlay is watched.
const natFor = 10 * time.Minute

func runNAT(r *run) error {
	r.expect(1)
	t, err := r.world(nil)
	if err != nil {
		return err
	}
	hidden := r.odd(10)
	for range r.Nodes {
		if id := t.Start(); hidden(id) {
			t.Hide(id)
		}
		if err := t.Run(joinGap); err != nil {
			return err
		}
	}
	if err := t.Run(r.warmUp()); err != nil {
		return err
	}
	of, rest := t.follow(hidden)
	floods, stats, from := t.floods(), t.Stats(), t.Now()
	var degree, other [][2]float64
	for i := range int(natFor / time.Second) {
		if err := t.Run(time.Second); err != nil {
			return err
		}
		floods.take()
		if i%10 == 0 {
			at := (t.Now() - from).Seconds()
			h, o := t.count(hidden, hidden), t.count(others(hidden), hidden)
			degree = append(degree, [2]float64{at, share(h.active, h.nodes)})
			other = append(other, [2]float64{at, share(o.active, o.nodes)})
		}
	}
	spent := t.since(stats)
	r.addNAT(t, hidden, floods, spent)
	n := t.count(hidden, hidden).nodes
	r.add("", "changes_hidden", "neighbors that came or went, a hidden node and minute", of.rate(n, natFor))
	r.add("", "changes_others", "neighbors that came or went, another node and minute", rest.rate(float64(r.Nodes)-n, natFor))
	r.end(t)
	r.step("watched")
	r.chart(report.Chart{
		Name: "nat_degree", Title: "Neighbors of hidden nodes and of others",
		X: "time (s)", Y: "neighbors, mean",
		Lines: []report.Line{{Name: "hidden", Points: degree}, {Name: "others", Points: other}},
	})
	r.close()
	return nil
}

func (r *run) addNAT(t *trial, hidden func(sim.NodeID) bool, floods *floods, spent costs) {
	h, o := t.count(hidden, hidden), t.count(others(hidden), hidden)
	r.add("", "hidden", "how many nodes are hidden", h.nodes)
	r.add("", "hidden_degree", "neighbors of a hidden node, mean", share(h.active, h.nodes))
	r.add("", "hidden_degree_least", "neighbors of a hidden node, the least", h.degreeLeast)
	r.add("", "others_degree", "neighbors of another node, mean", share(o.active, o.nodes))
	r.add("", "hidden_isolated", "hidden nodes without a neighbor", h.isolated).Within(0, 0)
	r.add("", "components", "components", float64(t.Picture(nil).Graph.Components().Count)).Within(1, 1)
	r.add("", "links_between_hidden", "share of the neighbors of hidden nodes that are hidden too", share(h.activeOdd, h.active))
	r.add("", "passive_hidden", "share of the entries of passive views that name a hidden node", share(h.passiveOdd+o.passiveOdd, h.passive+o.passive))
	floods.add("")
	nodeMinutes := float64(r.Nodes) * natFor.Minutes()
	r.add("", "dials_per_node_min", "dials a node and minute", spent.dials/nodeMinutes)
	r.add("", "failed_dials_per_node_min", "dials that failed, a node and minute", spent.failedDials/nodeMinutes)
	r.addRates("", spent, 60*nodeMinutes)
}
