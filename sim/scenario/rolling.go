// A rolling restart of every node, as a deployment does it.

package scenario

import (
	"fmt"
	"time"

	"github.com/kithmesh/kith/sim"
	"github.com/kithmesh/kith/sim/report"
)

func rolling() Scenario {
	return Scenario{
		Name:  "rolling",
		Short: "every node restarted, 1 % at a time",
		Long: `Every node is restarted under its own ID, 1 % of the cluster every 2 seconds; each is
down for one second, and comes back as the next life of its ID. In one world the nodes
say goodbye, in the other they are killed. Every second a flood goes out from a random
node. After the last restart the overlay must come to rest, or the run fails.

Stale are entries of passive views that name a life which is over: right after the
last restart, and 5 and 50 shuffle intervals later.`,
		Nodes: 1000,
		Run:   runner("rolling", runRolling),
	}
}

// The pace of a rolling restart.
const (
	rollPercent = 1
	rollPause   = 2 * time.Second
	rollDown    = time.Second
)

func runRolling(r *run) error {
	r.expect(2)
	var lines []report.Line
	for _, kill := range []bool{false, true} {
		name := "leave"
		if kill {
			name = "kill"
		}
		line, err := r.rollingWorld(name, kill)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		lines = append(lines, line)
		r.step(name)
	}
	r.chart(report.Chart{
		Name: "rolling_reliability", Title: "Floods during a rolling restart",
		X: "time (s)", Y: "nodes reached (%)", Lines: lines,
	})
	r.close()
	return nil
}

func (r *run) rollingWorld(name string, kill bool) (report.Line, error) {
	line := report.Line{Name: name}
	t, err := r.world(nil)
	if err != nil {
		return line, err
	}
	if err := t.grow(r.Nodes, r.warmUp()); err != nil {
		return line, err
	}
	watch, floods := t.watch(), t.floods()
	from, before := t.Now(), t.Stats()
	if err := t.roll(watch, floods, kill); err != nil {
		return line, err
	}
	lasted := t.Now() - from
	spent, stale := t.since(before), t.Views()
	rest, err := t.calm()
	if err != nil {
		return line, err
	}

	prefix := name + "_"
	floods.add(prefix)
	watch.addTimes(prefix, kill)
	r.addRates(prefix, spent, float64(r.Nodes)*lasted.Seconds())
	r.add(prefix, "rest_s", "time from the last restart until one component, no dead neighbor, no one-sided link", rest.Seconds())
	r.add(prefix, "stale", "share of the entries of passive views that name an ended life, after the last restart", stale.Stale())
	for _, intervals := range []int{5, 50} {
		until := from + lasted + time.Duration(intervals)*r.Membership.ShuffleInterval
		if err := t.Run(max(0, until-t.Now())); err != nil {
			return line, err
		}
		v := t.Views()
		about := fmt.Sprintf("the same %d shuffle intervals later", intervals)
		r.add(prefix, fmt.Sprintf("stale_%d", intervals), about, v.Stale())
	}
	graph := t.Picture(nil).Graph
	r.add(prefix, "components", "components in the end", float64(graph.Components().Count)).Within(1, 1)
	r.add(prefix, "path", "mean shortest path in the end", t.walker.Paths(graph, t.rng, pathSources).Mean)
	r.end(t)
	line.Points = floods.pointsFrom(from)
	return line, nil
}

// roll restarts every node, in random order.
func (t *trial) roll(watch *watch, floods *floods, kill bool) error {
	order := t.Random().Perm(t.Nodes())
	batch := max(1, len(order)*rollPercent/100)
	for len(order) > 0 {
		now := order[:min(batch, len(order))]
		order = order[len(now):]
		for _, i := range now {
			id := sim.NodeID(i)
			watch.death(id)
			if kill {
				t.Crash(id)
			} else {
				t.Leave(id)
			}
		}
		if err := t.lookFor(floods, rollDown); err != nil {
			return err
		}
		for _, i := range now {
			t.Restart(sim.NodeID(i))
			floods.start(sim.NodeID(i))
		}
		if err := t.lookFor(floods, rollPause-rollDown); err != nil {
			return err
		}
	}
	return nil
}

// lookFor lets time pass and floods the overlay every half second, first in the
// middle of it.
func (t *trial) lookFor(floods *floods, d time.Duration) error {
	const every = time.Second / 2
	for end := t.Now() + d; t.Now() < end; {
		if err := t.Run(min(every/2, end-t.Now())); err != nil {
			return err
		}
		floods.take()
		if err := t.Run(min(every/2, end-t.Now())); err != nil {
			return err
		}
	}
	return nil
}
