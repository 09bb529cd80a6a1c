// The rounds: one side, then the others, again and again.

package main

import (
	"context"
	"math"
	"time"

	"github.com/kithmesh/kith/bench/load"
	"github.com/kithmesh/kith/bench/row"
	"github.com/kithmesh/kith/bench/side"
)

// group is the part of the table that the rows belong to.
const group = "broadcast"

// pools are the routes that Kith is compared with, by what they are called.
var pools = map[string]int{"off": side.PoolOff, "default": side.DefaultPool} //nolint:gochecknoglobals // a table

// versus is what they are called in a row.
func versus(pool string) string {
	if pool == "off" {
		return "NATS routes, pool off"
	}
	return "NATS routes, default pool"
}

// comparison is one size of cluster and payload.
type comparison struct {
	load.Conditions
	pool   string // of the routes
	forms  []string
	rounds int
	// pace is the part of what the slowest side can do at which latencies are measured.
	pace    float64
	profile string // where profiles go, if anywhere
	log     func(format string, args ...any)
}

// series are the results of one side, round by round. A side that fails is left out from then on, and
// the others are measured all the same.
type series struct {
	rate, cpu, p50, p99 []float64
	fault               error
}

// fail takes note of why a side is left out. What ends everything is an error.
func (c *comparison) fail(ctx context.Context, s *series, err error) error {
	if ctx.Err() != nil {
		return err
	}
	c.log("%d nodes, %d bytes: %v", c.Nodes, c.Size, err)
	s.fault = err
	return nil
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// sides are the routes and then the forms of Kith.
func (c *comparison) sides() ([]load.Side, error) {
	sides := []load.Side{{Name: "routes", Start: side.RoutesOf(pools[c.pool])}}
	for _, form := range c.forms {
		s, err := side.Kith(form)
		if err != nil {
			return nil, err
		}
		sides = append(sides, s)
	}
	return sides, nil
}

// run compares at full speed and at a steady rate. Only one side exists at a time. Latencies of
// all are measured at one rate, which the first round decides.
func (c *comparison) run(ctx context.Context) ([]row.Row, error) {
	sides, err := c.sides()
	if err != nil {
		return nil, err
	}
	all := make([]series, len(sides))
	rate := 0.0
	for round := range c.rounds {
		slowest, err := c.speeds(ctx, sides, all, round)
		if err != nil {
			return nil, err
		}
		if math.IsInf(slowest, 1) {
			break // all have failed
		}
		if round == 0 {
			rate = math.Round(max(c.pace*slowest, 1))
		}
		if err := c.delays(ctx, sides, all, round, rate); err != nil {
			return nil, err
		}
	}
	var rows []row.Row
	for i, form := range c.forms {
		rows = append(rows, c.rows(form, &all[0], &all[i+1])...)
	}
	return rows, nil
}

// speeds measures every side at full speed, and returns the least rate.
func (c *comparison) speeds(ctx context.Context, sides []load.Side, all []series, round int) (slowest float64, err error) {
	slowest = math.Inf(1)
	for i, s := range sides {
		if all[i].fault != nil {
			continue
		}
		prefix := c.profile
		if round < c.rounds-1 {
			prefix = ""
		}
		v, err := load.Profiled(prefix, s, c.Conditions, func() (load.Speed, error) { return load.Throughput(ctx, s, c.Conditions) })
		if err != nil {
			if err := c.fail(ctx, &all[i], err); err != nil {
				return 0, err
			}
			continue
		}
		c.log("%d nodes, %d bytes, round %d: %s: %.0f messages/s, %.2f µs of CPU per delivery; others used %.2f processors",
			c.Nodes, c.Size, round+1, s.Name, v.Rate, v.CPU, v.Others)
		all[i].rate, all[i].cpu = append(all[i].rate, v.Rate), append(all[i].cpu, v.CPU)
		slowest = min(slowest, v.Rate)
	}
	return slowest, nil
}

// delays measures every side at a steady rate.
func (c *comparison) delays(ctx context.Context, sides []load.Side, all []series, round int, rate float64) error {
	for i, s := range sides {
		if all[i].fault != nil {
			continue
		}
		v, err := load.Latency(ctx, s, c.Conditions, rate)
		if err != nil {
			if err := c.fail(ctx, &all[i], err); err != nil {
				return err
			}
			continue
		}
		c.log("%d nodes, %d bytes, round %d: %s: to the last node p50 %.2f ms, p99 %.2f ms at %.0f messages/s; others used %.2f processors",
			c.Nodes, c.Size, round+1, s.Name, milliseconds(v.P50), milliseconds(v.P99), rate, v.Others)
		all[i].p50, all[i].p99 = append(all[i].p50, milliseconds(v.P50)), append(all[i].p99, milliseconds(v.P99))
	}
	return nil
}

// rows are what one form of Kith came to beside the routes.
func (c *comparison) rows(form string, routes, kith *series) []row.Row {
	g, faults := c.goals(form), [2]error{routes.fault, kith.fault}
	one := func(measure, unit string, kith, routes []float64, goal *row.Goal) row.Row {
		r := row.Row{
			Group: group, Measure: measure, Unit: unit, Nodes: c.Nodes, Bytes: c.Size, Form: form, Versus: versus(c.pool),
			Kith: row.NewFigure(kith...), Peer: row.NewFigure(routes...), Ratio: row.Ratios(kith, routes), Goal: goal,
		}
		if fault := faults[0]; fault != nil {
			r.Note = "the peer failed: " + fault.Error()
		}
		if fault := faults[1]; fault != nil {
			r.Fault = fault.Error()
		}
		return r
	}
	return []row.Row{
		one("messages to all", "1/s", kith.rate, routes.rate, g.rate),
		one("CPU per delivery", "µs", kith.cpu, routes.cpu, nil),
		one("to the last node, p50", "ms", kith.p50, routes.p50, nil),
		one("to the last node, p99", "ms", kith.p99, routes.p99, g.p99),
	}
}
