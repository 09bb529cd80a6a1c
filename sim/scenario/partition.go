// Partitions: halves that forget each other, and find each other again.

package scenario

import (
	"fmt"
	"time"

	"github.com/kithmesh/kith/sim"
	"github.com/kithmesh/kith/sim/report"
	"github.com/kithmesh/kith/views"
)

func partition() Scenario {
	return Scenario{
		Name:  "partition",
		Short: "cut in two until the halves have forgotten each other, then healed",
		Long: `The cluster is cut in two: neither frames nor the meeting place pass. In one world for
10 minutes; in others until no view and no list of lost peers names anybody of the
other side, or for 6 hours: once into halves, once into 95 % and 5 %, and once into
halves of nodes that forget soon and never rotate links, so that only their visits to
the meeting place are left. Then the cut is healed, and 50 shuffle intervals pass. Cross
links are those between the old sides; their number is the min cut between them. In a
well-mixed overlay of halves half of all links are cross.

What it costs a healthy overlay: four more worlds that were never cut count how many
links end a minute, with the visits to the meeting place, with the rotation of links,
with neither and with both, which is the default. No heartbeats are sent.`,
		Nodes: 1000,
		Run:   runner("partition", runPartition),
	}
}

// division is one way to cut a cluster.
type division struct {
	name, title string
	modulus     sim.NodeID    // every so manyth node is on the small side
	length      time.Duration // 0: until the sides have forgotten each other
	still       bool          // nodes forget soon and do not rotate links: only visits are left
}

// stillMemory is how long nodes remember each other in a world in which they forget
// soon.
const stillMemory = 5 * time.Minute

func (d *division) configure(c *sim.Config) {
	silent(c)
	if d.still {
		m := &c.Membership
		m.LostFor, m.MaxAge, m.RotateInterval = stillMemory, stillMemory, 0
	}
}

// expect sets a bound where nothing was taken away.
func (d *division) expect(m *report.Measure, low, high float64) {
	if !d.still {
		m.Within(low, high)
	}
}

// small reports on which side a node is.
func (d *division) small(id sim.NodeID) bool { return id%d.modulus == 0 }

// longestCut is for how long a cut lasts at most.
const longestCut = 6 * time.Hour

func runPartition(r *run) error {
	divisions := []division{
		{name: "short", title: "halves, 10 minutes", modulus: 2, length: 10 * time.Minute},
		{name: "long", title: "halves, until forgotten", modulus: 2},
		{name: "small", title: "95 % and 5 %, until forgotten", modulus: 20},
		{name: "still", title: "halves, soon forgotten, no rotation", modulus: 2, still: true},
	}
	r.expect(len(divisions) + len(idleWorlds()))
	var cross, forgotten []report.Line
	for i := range divisions {
		d := &divisions[i]
		p, err := r.partitionWorld(d)
		if err != nil {
			return fmt.Errorf("%s: %w", d.title, err)
		}
		cross = append(cross, report.Line{Name: d.title, Points: p.cross})
		forgotten = append(
			forgotten,
			report.Line{Name: d.title + ": passive views", Points: p.passive},
			report.Line{Name: d.title + ": lost lists", Points: p.lost},
		)
		r.step(d.title)
	}
	r.chart(report.Chart{
		Name: "partition_cross", Title: "Links between the sides after the cut is healed",
		X: "time since the heal (s)", Y: "share of what is ideal (%)", LogX: true, Lines: cross,
	})
	r.chart(report.Chart{
		Name: "partition_memory", Title: "How the sides of a cut forget each other",
		X: "time since the cut (min)", Y: "nodes that remember somebody (%)", Lines: forgotten,
	})
	for _, idle := range idleWorlds() {
		if err := r.idleWorld(idle); err != nil {
			return fmt.Errorf("%s: %w", idle.name, err)
		}
		r.step("healthy, " + idle.about)
	}
	r.close()
	return nil
}

// parting is a world that is cut in two.
type parting struct {
	*trial
	d                    *division
	cross, passive, lost [][2]float64
}

func (r *run) partitionWorld(d *division) (*parting, error) {
	t, err := r.world(d.configure)
	if err != nil {
		return nil, err
	}
	if err := t.grow(r.Nodes, r.warmUp()); err != nil {
		return nil, err
	}
	p := &parting{trial: t, d: d}
	apart, err := p.cut()
	if err != nil {
		return nil, err
	}
	left := p.memory()
	prefix := d.name + "_"
	n := float64(r.Nodes)
	r.add(prefix, "cut_min", "how long the cut lasted, in minutes", apart.Minutes())
	r.add(prefix, "remember_active", "share of the nodes that still had a neighbor of the other side", left.active/n)
	r.add(prefix, "remember_passive", "the same for a spare peer", left.passive/n)
	r.add(prefix, "remember_lost", "the same for a lost peer", left.lost/n)
	parts := t.Picture(nil).Graph.Components().Count
	r.add(prefix, "components_cut", "components at the end of the cut", float64(parts)).Within(2, 2)
	if err := p.heal(prefix); err != nil {
		return nil, err
	}
	r.end(t)
	return p, nil
}

// cut cuts the world for the length that is wanted, and returns how long that was.
func (p *parting) cut() (time.Duration, error) {
	from := p.Now()
	p.CutInTwo(p.d.small)
	p.Meets = func(a, b sim.NodeID) bool { return p.d.small(a) == p.d.small(b) }
	most := p.d.length
	if most == 0 {
		most = longestCut
	}
	for p.Now() < from+most {
		if err := p.Run(time.Minute); err != nil {
			return 0, err
		}
		m := p.memory()
		minutes, n := (p.Now() - from).Minutes(), float64(len(p.Alive()))
		p.passive = append(p.passive, [2]float64{minutes, 100 * m.passive / n})
		p.lost = append(p.lost, [2]float64{minutes, 100 * m.lost / n})
		if p.d.length == 0 && m == (memory{}) {
			break
		}
	}
	return p.Now() - from, nil
}

// memory is how many nodes know somebody of the other side.
type memory struct{ active, passive, lost float64 }

func (p *parting) memory() memory {
	var m memory
	for _, id := range p.Alive() {
		node, side := p.Node(id), p.d.small(id)
		active, passive, lost := node.Active(), node.Passive(), node.Lost()
		m.active += p.knows(side, active.Len(), func(i int) *views.Peer { peer, _ := active.At(i); return peer })
		m.passive += p.knows(side, passive.Len(), func(i int) *views.Peer { peer, _ := passive.At(i); return peer })
		m.lost += p.knows(side, lost.Len(), func(i int) *views.Peer { peer, _ := lost.At(i); return peer })
	}
	return m
}

// knows returns 1 if one of n peers is of the other side, else 0.
func (p *parting) knows(side bool, n int, peer func(int) *views.Peer) float64 {
	for i := range n {
		if id, ok := p.Find(peer(i)); ok && p.d.small(id) != side {
			return 1
		}
	}
	return 0
}

// enoughCross is how many cross links make a cluster that is whole again safe from
// the loss of a few.
const enoughCross = 3

// heal heals the cut and follows how the sides grow together.
func (p *parting) heal(prefix string) error {
	r, from := p.run, p.Now()
	p.Heal()
	p.Meets = nil
	end := flashIntervals * r.Membership.ShuffleInterval
	whole, safe := time.Duration(-1), time.Duration(-1)
	ideal := p.ideal()
	var crossed int
	for p.Now()-from < end {
		// Often at first, then ever more seldom.
		pause := max(time.Second/10, (p.Now()-from)/20)
		if err := p.Run(min(pause, from+end-p.Now())); err != nil {
			return err
		}
		pic := p.Picture(nil)
		crossed = pic.Graph.CrossEdges(func(i int) bool { return p.d.small(pic.Nodes[i]) })
		since := p.Now() - from
		p.cross = append(p.cross, [2]float64{since.Seconds(), 100 * share(float64(crossed), ideal*float64(pic.Graph.Edges()))})
		if safe < 0 && crossed >= enoughCross {
			safe = since
		}
		if whole < 0 && pic.Graph.Components().Count == 1 {
			whole = since
		}
	}
	if whole < 0 {
		whole = end
	}
	if safe < 0 {
		safe = end
	}
	graph := p.Picture(nil).Graph
	parts := graph.Components()
	r.add(prefix, "whole_s", "time from the heal until there was one component; the whole time if never", whole.Seconds())
	r.add(prefix, "cross3_s", "time from the heal until the min cut between the sides was 3", safe.Seconds())
	p.d.expect(r.add(prefix, "components", "components 50 shuffle intervals after the heal", float64(parts.Count)), 1, 1)
	p.d.expect(
		r.add(prefix, "min_cut", "min cut between the sides then: the number of cross links", float64(crossed)),
		enoughCross, float64(graph.Edges()),
	)
	r.add(prefix, "cross", "cross links as a share of all links", share(float64(crossed), float64(graph.Edges()))).Ideal(ideal)
	r.add(prefix, "path", "mean shortest path", p.walker.Paths(graph, p.rng, pathSources).Mean)
	return nil
}

// ideal is the share of cross links in a well-mixed overlay.
func (p *parting) ideal() float64 {
	small := 0.0
	for _, id := range p.Alive() {
		if p.d.small(id) {
			small++
		}
	}
	n := float64(len(p.Alive()))
	return 2 * small * (n - small) / (n * (n - 1))
}
