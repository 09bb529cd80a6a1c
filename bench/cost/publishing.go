// What it costs a node to publish.

package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/kithmesh/kith"
	"github.com/kithmesh/kith/bench/child"
	"github.com/kithmesh/kith/bench/row"
	"github.com/kithmesh/kith/bench/side"
	"github.com/kithmesh/kith/membership"
)

// publishing measures the process of one node that publishes, while all others are in another
// process.
type publishing struct {
	options
	log func(format string, args ...any)
}

const (
	// publishRate is in messages a second: all nodes together have to bear it.
	publishRate = 500
	publishSize = 128
)

// rows measures both sides in clusters of all sizes, in turns.
func (p *publishing) rows(ctx context.Context) []row.Row {
	sizes := p.publish.List
	sides := []string{poolOff, side.Callback}
	costs, faults := make([][2][]float64, len(sizes)), make([][2]error, len(sizes))
	for round := range p.rounds {
		for i, nodes := range sizes {
			for j, name := range sides {
				if faults[i][j] != nil {
					continue
				}
				cost, err := p.measure(ctx, name, nodes)
				if err != nil {
					p.log("%s, %d nodes, round %d: %v", name, nodes, round+1, err)
					faults[i][j] = err
					continue
				}
				p.log("%s, %d nodes, round %d: %.2f µs of CPU per message at the publisher's node", name, nodes, round+1, cost)
				costs[i][j] = append(costs[i][j], cost)
			}
		}
	}
	return publishRows(sizes, costs, faults)
}

// publishRows makes a row for each size, and one of how the largest compares with the smallest.
// Of each size there are the costs of the routes and then of Kith.
func publishRows(sizes []int, costs [][2][]float64, faults [][2]error) []row.Row {
	var rows []row.Row
	for i, nodes := range sizes {
		routes, kith := costs[i][0], costs[i][1]
		r := row.Row{
			Group: "cost", Measure: "CPU at the publisher's node per message", Unit: "µs", Nodes: nodes, Bytes: publishSize,
			Form: side.Callback, Versus: poolOff,
			Kith: row.NewFigure(kith...), Peer: row.NewFigure(routes...), Ratio: row.Ratios(kith, routes),
		}
		blame(&r, faults[i])
		rows = append(rows, r)
	}
	if last := len(sizes) - 1; last > 0 {
		ours, theirs := row.Ratios(costs[last][1], costs[0][1]), row.Ratios(costs[last][0], costs[0][0])
		r := row.Row{
			Group: "cost", Measure: fmt.Sprintf("the same, by that of %d nodes", sizes[0]), Nodes: sizes[last], Bytes: publishSize,
			Form: side.Callback, Versus: poolOff, Kith: ours, Peer: theirs,
			Note: "each side by itself in a smaller cluster, in the same round",
		}
		if sizes[0] == 10 && sizes[last] == 100 {
			r.Goal = row.AtMost(1.3).OfOwn()
		}
		blame(&r, faults[last])
		rows = append(rows, r)
	}
	return rows
}

// blame says in a row what has failed.
func blame(r *row.Row, faults [2]error) {
	if faults[0] != nil {
		r.Note = "the peer failed: " + faults[0].Error()
	}
	if faults[1] != nil {
		r.Fault = faults[1].Error()
	}
}

// measure runs the two processes of one side once.
func (p *publishing) measure(ctx context.Context, name string, nodes int) (cost float64, err error) {
	t := task{Part: others, Side: name, Nodes: nodes - 1, Settle: seconds(p.rest) / 2, Measure: seconds(p.seconds), Limit: p.limit, Rate: publishRate}
	ctx, cancel := context.WithTimeout(ctx, 2*p.limit+seconds(p.rest+p.seconds)+slack)
	defer cancel()
	rest, err := child.Start[result](ctx, t)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, rest.End()) }()
	started, err := rest.Next()
	if err != nil {
		return 0, err
	}
	t.Part, t.First = publisher, started.First
	r, err := child.Run[result](ctx, t)
	return r.PerPublish, err
}

// listen is the child with all nodes but the publisher. It ends when it is told to.
func listen(ctx context.Context, t task, answer func(result) error) error {
	c, err := start(ctx, t)
	if err != nil {
		return err
	}
	first := ""
	switch c := c.(type) {
	case *side.Routes:
		first = c.Address()
		err = c.Subscribe(ctx)
	case *side.Mesh:
		first = c.Nodes[0].Self().Addr
	}
	if err == nil {
		err = answer(result{First: first})
	}
	if err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}

// publish is the child with the publisher.
func publish(ctx context.Context, t task, answer func(result) error) error {
	say, err := join(ctx, t)
	if err != nil {
		return err
	}
	idle, err := rest(ctx, t)
	if err != nil {
		return err
	}
	steady := func(d time.Duration) func() error {
		return func() error { return every(ctx, d, t.Rate, say) }
	}
	if err := steady(t.Settle)(); err != nil {
		return err
	}
	busy, err := used(steady(t.Measure))
	if err != nil {
		return err
	}
	over := busy.Seconds() - idle*t.Measure.Seconds()
	return answer(result{PerPublish: 1e6 * over / (t.Rate * t.Measure.Seconds()), Busy: idle})
}

// join starts the publisher's node next to the others.
func join(ctx context.Context, t task) (say func(payload []byte) error, err error) {
	ctx, cancel := context.WithTimeout(ctx, t.Limit)
	defer cancel()
	if t.Side == poolOff {
		c, err := side.StartServers(ctx, side.PoolOff, 1, t.First)
		if err != nil {
			return nil, err
		}
		if err := errors.Join(c.Routed(ctx, t.Nodes), c.ConnectPublisher()); err != nil {
			return nil, err
		}
		return func(payload []byte) error { return c.Publish(context.Background(), payload) }, nil
	}
	n, err := kith.Start(ctx, kith.Config{Cluster: "bench", ID: "publisher-" + strconv.Itoa(t.Nodes), Contacts: []string{t.First}})
	if err != nil {
		return nil, err
	}
	if err := n.WaitReady(ctx, min(membership.DefaultConfig().ActiveSize, t.Nodes)); err != nil {
		return nil, err
	}
	return func(payload []byte) error { return n.Publish(context.Background(), side.Subject, payload) }, nil
}

// every publishes at a steady rate, one message at a time.
func every(ctx context.Context, d time.Duration, rate float64, say func(payload []byte) error) error {
	ticker := time.NewTicker(time.Duration(float64(time.Second) / rate))
	defer ticker.Stop()
	payload := make([]byte, publishSize)
	for range int(d.Seconds() * rate) {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return ctx.Err()
		}
		if err := say(payload); err != nil {
			return err
		}
	}
	return nil
}
