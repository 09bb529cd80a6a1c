// One-way reachability: nodes that hear and are not heard, and the reverse.

package scenario

import (
	"fmt"
	"time"

	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/sim"
	"github.com/kithmesh/kith/sim/report"
)

func oneway() Scenario {
	return Scenario{
		Name:  "oneway",
		Short: "1 % of the nodes can only hear, or only be heard, for a minute",
		Long: `All frames from 1 % of the nodes to the others are lost for a minute, then they pass
again; in a second world those to them. The meeting place is reached all the time, so
that these nodes go on asking to be let in, and nobody can dial them. Afterwards the
overlay must come to rest, or the run fails.

Cut links are those between these nodes and all others. Changes are neighbors that
came or went, a node and minute; calm is what they are without the cut. Floods are
measured among the other nodes.`,
		Nodes: 1000,
		Run:   runner("oneway", runOneway),
	}
}

// onewayFor is how long frames are lost.
const onewayFor = time.Minute

func runOneway(r *run) error {
	r.expect(2)
	var lines []report.Line
	for _, deaf := range []bool{false, true} {
		name, title := "mute", "outgoing frames lost"
		if deaf {
			name, title = "deaf", "incoming frames lost"
		}
		points, err := r.onewayWorld(name+"_", deaf)
		if err != nil {
			return fmt.Errorf("%s: %w", title, err)
		}
		lines = append(lines, report.Line{Name: title, Points: points})
		r.step(title)
	}
	r.chart(report.Chart{
		Name: "oneway_links", Title: "Links to nodes that frames pass one way only for a minute",
		X: "time (s)", Y: "links (% of those before)", Lines: lines,
	})
	r.close()
	return nil
}

// odd is the set of so many percent of the nodes, of one at least.
func (r *run) odd(percent int) func(sim.NodeID) bool {
	return every(min(100/percent, r.Nodes))
}

func (r *run) onewayWorld(prefix string, deaf bool) ([][2]float64, error) {
	t, err := r.world(nil)
	if err != nil {
		return nil, err
	}
	if err := t.grow(r.Nodes, r.warmUp()); err != nil {
		return nil, err
	}
	in := r.odd(1)
	number := t.count(in, in).nodes
	set, rest := t.follow(in)
	if err := t.Run(onewayFor); err != nil {
		return nil, err
	}
	calm := rest.rate(float64(r.Nodes)-number, onewayFor)
	set.reset()
	rest.reset()

	before := t.links(in)
	from, stats := t.Now(), t.Stats()
	if deaf {
		t.Cut(others(in), in)
	} else {
		t.Cut(in, others(in))
	}
	floods := t.floods()
	floods.keep = others(in)
	points, gone, err := t.followLinks(in, before, from+onewayFor, floods)
	if err != nil {
		return nil, err
	}
	left := t.links(in)
	spent := t.since(stats)
	cutSet, cutRest := *set, *rest
	set.reset()
	rest.reset()
	t.Heal()
	healed := t.Now()
	consistent, err := t.calm()
	if err != nil {
		return nil, err
	}
	again, _, err := t.followLinks(in, before, healed+onewayFor, nil)
	if err != nil {
		return nil, err
	}
	points = append(points, again...)

	r.add(prefix, "nodes", "how many nodes are cut off one way", number)
	r.add(prefix, "links_left", "share of the cut links that both sides still have after the minute", share(left, before))
	r.add(prefix, "links_gone_s", "time until one side at least of every cut link had noticed; the minute if some had not", gone.Seconds())
	addDowns(r, prefix, "odd", "the nodes cut off", &cutSet)
	addDowns(r, prefix, "others", "the others", &cutRest)
	r.add(prefix, "changes_calm", "changes a node and minute before", calm)
	r.add(prefix, "changes_odd", "changes a node and minute of the nodes cut off", cutSet.rate(number, onewayFor))
	r.add(prefix, "changes_others", "changes a node and minute of the others", cutRest.rate(float64(r.Nodes)-number, onewayFor))
	r.add(prefix, "failed_dials_per_node_s", "dials that failed, a node and second", spent.failedDials/float64(r.Nodes)/onewayFor.Seconds())
	floods.add(prefix)
	r.add(prefix, "rest_s", "time from the heal until one component, no one-sided link", consistent.Seconds())
	r.add(prefix, "links_back", "cut links a minute after the heal, as a share of those before", share(t.links(in), before))
	r.add(prefix, "changes_odd_healed", "changes a node and minute of the nodes cut off, in the minute after the heal", set.rate(number, t.Now()-healed))
	r.add(prefix, "odd_evicted_healed", "of these, links that they lost to somebody else, in all", set.why[membership.Evicted])
	r.end(t)
	for i := range points {
		points[i][0] -= from.Seconds()
	}
	return points, nil
}

// addDowns adds by whom and why links were given up.
func addDowns(r *run, prefix, who, whom string, f *flaps) {
	r.add(prefix, who+"_silent", "links that "+whom+" gave up because nothing was heard", f.why[membership.Silent])
	r.add(prefix, who+"_closed", "links that "+whom+" saw closed by the other side", f.why[membership.Closed])
	r.add(prefix, who+"_evicted", "links that "+whom+" lost to somebody else", f.why[membership.Evicted])
}

// followLinks lets time pass and looks every half second how many links a set has to
// the others, in percent of before, and when there was none. Floods, if not nil, are
// taken as often.
func (t *trial) followLinks(in func(sim.NodeID) bool, before float64, until time.Duration, floods *floods) ([][2]float64, time.Duration, error) {
	from, gone := t.Now(), until-t.Now()
	var points [][2]float64
	for t.Now() < until {
		if err := t.Run(min(time.Second/2, until-t.Now())); err != nil {
			return nil, 0, err
		}
		links := t.links(in)
		points = append(points, [2]float64{t.Now().Seconds(), 100 * share(links, before)})
		if links == 0 {
			gone = min(gone, t.Now()-from)
		}
		if floods != nil {
			floods.take()
		}
	}
	return points, gone, nil
}
