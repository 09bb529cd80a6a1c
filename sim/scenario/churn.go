// Churn: nodes die and others come, all the time.

package scenario

import (
	"fmt"
	"time"

	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/sim/report"
)

func churn() Scenario {
	return Scenario{
		Name:  "churn",
		Short: "1 %, 5 % and 10 % of the nodes replaced a minute",
		Long: `Nodes die at random moments and fresh ones join at once, 1 %, 5 % and 10 % of the
cluster a minute, each rate in a world of its own: 10 minutes after a warm-up (2
minutes below 500 nodes). Half of those that die are processes whose host closes the
connections; the other half are hosts that go dark, which only silence tells. Every
second a flood goes out from a random node. Then the churn stops, and the overlay
must come to rest: one component, nobody isolated, no one-sided link; if it does not,
the run fails.

Reliability counts the nodes that are up for 2 s or more; stale are entries of passive
views that name a life which is over; detection is from a death until a neighbor has
noticed, repair from the loss of a neighbor until the view is full again.`,
		Nodes: 1000,
		Run:   runner("churn", runChurn),
	}
}

func runChurn(r *run) error {
	rates := []int{1, 5, 10}
	r.expect(len(rates))
	var lines, stale []report.Line
	for _, percent := range rates {
		c, err := r.churnWorld(percent)
		if err != nil {
			return fmt.Errorf("%d %% a minute: %w", percent, err)
		}
		name := fmt.Sprintf("%d %% a minute", percent)
		lines = append(lines, report.Line{Name: name, Points: c.floods.pointsFrom(c.from)})
		stale = append(stale, report.Line{Name: name, Points: c.stale})
		r.step(name)
	}
	r.chart(report.Chart{
		Name: "churn_reliability", Title: "Floods under churn",
		X: "time (s)", Y: "nodes reached (%)", Lines: lines,
	})
	r.chart(report.Chart{
		Name: "churn_stale", Title: "Entries of passive views that name the dead",
		X: "time (s)", Y: "share (%)", Lines: stale,
	})
	r.close()
	return nil
}

// churning is a world in which nodes come and go.
type churning struct {
	*trial
	watch  *watch
	floods *floods
	from   time.Duration
	stale  [][2]float64 // percent over time
	deaths int
	gap    time.Duration // the mean time between two deaths
	next   time.Duration // when the next dies
}

// churnWorld lets a world churn and measures it.
func (r *run) churnWorld(percent int) (*churning, error) {
	t, err := r.world(nil)
	if err != nil {
		return nil, err
	}
	if err := t.grow(r.Nodes, r.warmUp()); err != nil {
		return nil, err
	}
	c := &churning{trial: t, watch: t.watch(), floods: t.floods(), from: t.Now()}
	c.gap = time.Minute * 100 / time.Duration(r.Nodes*percent)
	c.next = t.Now() + c.draw()
	length := 10 * time.Minute
	if r.Nodes < 500 {
		length = 2 * time.Minute
	}
	before := t.Stats()
	if err := c.run(length); err != nil {
		return nil, err
	}
	prefix := fmt.Sprintf("rate%d_", percent)
	c.add(prefix, t.since(before), float64(r.Nodes)*length.Seconds())
	took, err := t.calm()
	if err != nil {
		return nil, err
	}
	r.add(prefix, "rest_s", "time from the end of the churn until one component, nobody isolated, no one-sided link", took.Seconds())
	r.end(t)
	return c, nil
}

// draw draws the time until the next death.
func (c *churning) draw() time.Duration {
	return time.Duration(c.Random().ExpFloat64() * float64(c.gap))
}

// run lets nodes die and come for a while, and looks every second.
func (c *churning) run(length time.Duration) error {
	end := c.Now() + length
	look := c.Now() + time.Second
	for c.Now() < end {
		if err := c.Run(min(c.next, look, end) - c.Now()); err != nil {
			return err
		}
		if c.Now() >= c.next {
			c.replace()
			c.next += c.draw()
		}
		if c.Now() >= look {
			c.floods.take()
			v := c.Views()
			c.stale = append(c.stale, [2]float64{(c.Now() - c.from).Seconds(), 100 * v.Stale()})
			look += time.Second
		}
	}
	return nil
}

// replace kills a random node and starts another.
func (c *churning) replace() {
	id := c.random()
	c.watch.death(id)
	c.deaths++
	c.strike(id)
	c.floods.start(c.Start())
}

// add adds the measures of the time of churn.
func (c *churning) add(prefix string, spent costs, nodeSeconds float64) {
	r := c.trial.run // c.run is its loop
	r.add(prefix, "deaths", "nodes that died and were replaced", float64(c.deaths))
	c.floods.add(prefix)
	sum := 0.0
	for _, p := range c.stale {
		sum += p[1] / 100
	}
	r.add(prefix, "stale", "share of the entries of passive views that name the dead, mean", share(sum, float64(len(c.stale))))
	c.watch.addTimes(prefix, true)
	r.addRates(prefix, spent, nodeSeconds)
}

// addRates adds how many messages of each kind a node receives a second.
func (r *run) addRates(prefix string, spent costs, nodeSeconds float64) {
	r.add(prefix, "messages_per_node_s", "messages received a node and second", spent.delivered/nodeSeconds)
	for k := membership.Join; k <= membership.Heartbeat; k++ {
		r.add(prefix, kindName(k)+"_per_node_s", "of these "+k.String(), float64(spent.messages[k])/nodeSeconds)
	}
	r.add(prefix, "failed_dials_per_node_s", "dials that failed, a node and second", spent.failedDials/nodeSeconds)
}

// kindName is the name of a kind of message as part of a measure's name.
func kindName(k membership.Kind) string {
	switch k {
	case membership.Join:
		return "join"
	case membership.JoinReply:
		return "join_reply"
	case membership.ForwardJoin:
		return "forward_join"
	case membership.Neighbor:
		return "neighbor"
	case membership.NeighborReply:
		return "neighbor_reply"
	case membership.Disconnect:
		return "disconnect"
	case membership.Shuffle:
		return "shuffle"
	case membership.ShuffleReply:
		return "shuffle_reply"
	case membership.Heartbeat:
		return "heartbeat"
	}
	return "other"
}
