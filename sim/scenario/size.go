// The size of the cluster as its nodes estimate it, and views that follow it.

package scenario

import (
	"fmt"
	"math"
	"time"

	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/sim"
	"github.com/kithmesh/kith/sim/overlay"
	"github.com/kithmesh/kith/sim/report"
)

func size() Scenario {
	return Scenario{
		Name:  "size",
		Short: "estimates of the cluster's size, and views that follow it: grow tenfold, lose half, then most",
		Long: `All nodes leave the size of their views to the protocol. A tenth of them start, and have
half an hour; then the others. Half an hour later one half leave, each with a farewell; at last
nine of ten of those that are left die at the same moment. After each change the estimates are looked at once a minute
for half an hour.

Estimates are shares of the true size: the median, and the 5th and 95th percentile over the
nodes. Wanted is the mean number of neighbors that nodes want, degree what they have. Settled is when the
median was within a factor of two of the true size for good. Heartbeats are sent every ten
seconds only, by which nodes know who has a neighbor too many.`,
		Nodes: 1000,
		Run:   runner("size", runSize),
	}
}

const (
	sizeLook   = time.Minute
	sizeLooks  = 30
	sizeBeat   = 10 * time.Second
	sizeLeft   = 10 // one in so many of the half survives the second loss
	sizeFew    = 10 // below, nearly all are neighbors, and what little is named says little
	sizeFewOff = 4
	sizeJoiner = 5 * time.Millisecond
)

// sizing is the world of this experiment.
type sizing struct {
	*trial
	low, middle, high  [][2]float64 // estimates as a share of the truth over time
	wanted, has, ideal [][2]float64
}

func runSize(r *run) error {
	phases := []struct {
		name, about string
		change      func(s *sizing) error
	}{
		{"joined", "a tenth of the nodes have joined", func(s *sizing) error { return s.crowd(r.Nodes / 10) }},
		{"grown", "the others have joined", func(s *sizing) error { return s.crowd(r.Nodes - r.Nodes/10) }},
		{"halved", "one half have left", (*sizing).halve},
		{"rest", "nine of ten of the half died", (*sizing).loseMost},
	}
	r.expect(len(phases))
	t, err := r.world(func(c *sim.Config) {
		c.Membership.ActiveSize, c.Membership.HeartbeatInterval = membership.Auto, sizeBeat
	})
	if err != nil {
		return err
	}
	s := &sizing{trial: t}
	for _, p := range phases {
		if err := p.change(s); err != nil {
			return err
		}
		if err := s.phase(p.name+"_", p.about); err != nil {
			return fmt.Errorf("%s: %w", p.about, err)
		}
		r.step(p.about)
	}
	r.chart(report.Chart{
		Name: "size_estimates", Title: "Estimates of the cluster's size: a tenth, all, half, a twentieth of the nodes",
		X: "time (min)", Y: "estimate / true size", LogY: true,
		Lines: []report.Line{{Name: "5th percentile", Points: s.low}, {Name: "median", Points: s.middle}, {Name: "95th percentile", Points: s.high}},
	})
	r.chart(report.Chart{
		Name: "size_views", Title: "Neighbors with views that follow the cluster's size",
		X: "time (min)", Y: "neighbors, mean",
		Lines: []report.Line{{Name: "wanted", Points: s.wanted}, {Name: "there", Points: s.has}, {Name: "log10(n) + 1", Points: s.ideal}},
	})
	r.end(t)
	r.close()
	return nil
}

// crowd starts nodes.
func (s *sizing) crowd(nodes int) error {
	for range nodes {
		s.Start()
		if err := s.Run(sizeJoiner); err != nil {
			return err
		}
	}
	return nil
}

// halve lets every other node leave, within some time.
func (s *sizing) halve() error {
	for i := 0; i < s.Nodes(); i += 2 {
		s.Leave(sim.NodeID(i))
		if err := s.Run(sizeJoiner); err != nil {
			return err
		}
	}
	return nil
}

// loseMost kills nine of ten nodes at once.
func (s *sizing) loseMost() error {
	for i := range s.Nodes() {
		if i/2%sizeLeft != 0 {
			s.Crash(sim.NodeID(i))
		}
	}
	return nil
}

// phase follows the estimates for a while and adds what they are at the end.
func (s *sizing) phase(prefix, about string) error {
	settled := time.Duration(0)
	from, stats := s.Now(), s.Stats()
	for range sizeLooks {
		if err := s.Run(sizeLook); err != nil {
			return err
		}
		if e := s.look(); e[1] < 0.5 || e[1] > 2 {
			settled = s.Now() - from
		}
	}
	r, e, n := s.run, s.estimates(), float64(len(s.Alive()))
	off, late := 1.4, 15.0
	if n < sizeFew {
		off, late = sizeFewOff, sizeLooks
	}
	r.add(prefix, "nodes", "nodes that live when "+about, n)
	r.add(prefix, "estimate_p5", "estimated size as a share of the true one, 5th percentile", e[0]).Within(0.25, off)
	r.add(prefix, "estimate_p50", "the same, median", e[1]).Within(0.7, off)
	r.add(prefix, "estimate_p95", "the same, 95th percentile", e[2]).Within(0.7, 4)
	r.add(prefix, "settled_min", "time until the median was within a factor of two for good, minutes", settled.Minutes()).Within(0, late)
	s.addViews(prefix)
	r.add(prefix, "messages_per_node_s", "messages received a node and second", s.since(stats).delivered/n/(s.Now()-from).Seconds())
	return nil
}

// addViews adds how large the views are.
func (s *sizing) addViews(prefix string) {
	r := s.run
	wanted, least, most := s.wants()
	graph, v, n := s.Picture(nil).Graph, s.Views(), float64(len(s.Alive()))
	r.add(prefix, "wanted", "neighbors that nodes want, mean", wanted).Within(membership.AutoLeast, membership.AutoMost)
	r.add(prefix, "wanted_least", "the same, the least", least)
	r.add(prefix, "wanted_most", "the same, the most", most)
	r.add(prefix, "degree", "neighbors that nodes have, mean", share(2*float64(graph.Edges()), n))
	r.add(prefix, "short", "share of the nodes with a free slot", share(v.Short, v.Nodes)).Within(0, 0.05)
	r.add(prefix, "passive", "spare peers a node, mean", share(float64(v.Passive), n))
	r.add(prefix, "components", "components", float64(graph.Components().Count)).Within(1, 1)
	r.add(prefix, "path", "mean shortest path", s.walker.Paths(graph, s.rng, pathSources).Mean)
}

// look takes the estimates and the views into the charts.
func (s *sizing) look() []float64 {
	e, minute, n := s.estimates(), s.Now().Minutes(), float64(len(s.Alive()))
	s.low = append(s.low, [2]float64{minute, e[0]})
	s.middle = append(s.middle, [2]float64{minute, e[1]})
	s.high = append(s.high, [2]float64{minute, e[2]})
	wanted, _, _ := s.wants()
	s.wanted = append(s.wanted, [2]float64{minute, wanted})
	s.has = append(s.has, [2]float64{minute, float64(s.Views().Active) / n})
	s.ideal = append(s.ideal, [2]float64{minute, math.Log10(n) + 1})
	return e
}

// estimates returns the percentiles of the estimates, as shares of the truth.
func (s *sizing) estimates() []float64 {
	all := make([]float64, 0, len(s.Alive()))
	for _, id := range s.Alive() {
		all = append(all, float64(s.Node(id).ClusterSize())/float64(len(s.Alive())))
	}
	return overlay.Percentiles(all, 5, 50, 95)
}

// wants returns how many neighbors nodes want.
func (s *sizing) wants() (mean, least, most float64) {
	least = membership.AutoMost
	for _, id := range s.Alive() {
		w := float64(s.Node(id).ActiveSize())
		mean += w
		least, most = min(least, w), max(most, w)
	}
	return share(mean, float64(len(s.Alive()))), least, most
}
