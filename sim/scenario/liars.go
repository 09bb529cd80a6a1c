// Liars: attackers among the nodes.

package scenario

import (
	"fmt"

	"github.com/kithmesh/kith/sim"
	"github.com/kithmesh/kith/sim/report"
)

func liars() Scenario {
	return Scenario{
		Name:  "liars",
		Short: "attackers among the nodes: 1 %, 5 % and 10 %",
		Long: `In a settled overlay 1 %, 5 % or 10 % of the nodes begin to attack, for 50 shuffle
intervals. What they do:

accomplices   name nobody but each other in their samples
hoarders      the same, and they accept everybody and never give anybody up
forgers       hoard without lying, and send 5 forged requests of high priority each a
              shuffle interval, to random honest nodes
grabbers      do all of that
joiners       hoard without lying, and forge joins of high priority instead, as often
clingers      grab, and claim to have one neighbor only, which may spare them when
              somebody must go; they send heartbeats to whoever they hold
undefended    grabbers, where the honest have no limits on evictions, and no guests

Their share of active links is that of the entries of the honest nodes' active views
that name an attacker; eclipsed is an honest node all of whose neighbors are attackers.
Attackers pass no broadcast on: reach is how many of the honest nodes a flood from one
of them gets to. No heartbeats are sent, but in the worlds of the clingers.`,
		Nodes: 1000,
		Run:   runner("liars", runLiars),
	}
}

func attacks() []attack {
	return []attack{
		{name: "accomplices", lies: true, bounded: true},
		{name: "hoarders", lies: true, hoards: true},
		{name: "forgers", hoards: true, forges: true, bounded: true},
		{name: "grabbers", lies: true, hoards: true, forges: true, bounded: true},
		{name: "joiners", hoards: true, forges: true, joins: true},
		{name: "clingers", lies: true, hoards: true, forges: true, clings: true},
		{name: "undefended", lies: true, hoards: true, forges: true, bare: true},
	}
}

// mostCaptured is the share of active links that 1 % of attackers may have.
const mostCaptured = 0.05

// forgedPerInterval is how many requests an attacker forges a shuffle interval.
const forgedPerInterval = 5

func runLiars(r *run) error {
	percents := []int{1, 5, 10}
	r.expect(len(attacks()) * len(percents))
	var lines []report.Line
	for _, a := range attacks() {
		for _, percent := range percents {
			points, err := r.liarsWorld(a, percent)
			title := fmt.Sprintf("%s, %d %%", a.name, percent)
			if err != nil {
				return fmt.Errorf("%s: %w", title, err)
			}
			lines = append(lines, report.Line{Name: title, Points: points})
			r.step(title)
		}
	}
	r.chart(report.Chart{
		Name: "liars_active", Title: "Links to attackers",
		X: "shuffle intervals", Y: "share of the honest nodes' links (%)", Lines: lines,
	})
	r.close()
	return nil
}

func (r *run) liarsWorld(a attack, percent int) ([][2]float64, error) {
	t, err := r.world(func(c *sim.Config) {
		if !a.clings {
			silent(c)
		}
		if a.bare {
			m := &c.Membership
			m.EvictRate, m.HighInterval, m.GuestFor = noLimit, 0, 0
		}
	})
	if err != nil {
		return nil, err
	}
	bad := r.odd(percent)
	honest := others(bad)
	g := t.gang(a, bad)
	if err := t.grow(r.Nodes, r.warmUp()); err != nil {
		return nil, err
	}
	g.begin()
	_, rest := t.follow(bad)
	var points [][2]float64
	from := t.Now()
	for i := range flashIntervals {
		for range forgedPerInterval {
			if a.forges {
				g.forge()
			}
			if err := t.Run(r.Membership.ShuffleInterval / forgedPerInterval); err != nil {
				return nil, err
			}
		}
		c := t.count(honest, bad)
		points = append(points, [2]float64{float64(i + 1), 100 * share(c.activeOdd, c.active)})
	}

	c := t.count(honest, bad)
	prefix := fmt.Sprintf("%s%d_", a.name, percent)
	m := r.add(prefix, "active", "attackers' share of the honest nodes' neighbors", share(c.activeOdd, c.active))
	if percent == 1 && a.bounded {
		m.Within(0, mostCaptured)
	}
	r.add(prefix, "passive", "attackers' share of the honest nodes' spare peers", share(c.passiveOdd, c.passive))
	r.add(prefix, "eclipsed", "honest nodes that have no neighbor but attackers", c.eclipsed)
	parts := t.Picture(honest).Graph.Components()
	reach := 0.0
	for _, size := range parts.Sizes {
		reach += float64(size) * float64(size)
	}
	r.add(prefix, "reach", "share of the honest nodes that a flood from one of them gets to, through honest ones only", reach/(c.nodes*c.nodes))
	r.add(prefix, "changes", "neighbors that came or went, an honest node and minute", rest.rate(c.nodes, t.Now()-from))
	r.end(t)
	return points, nil
}
