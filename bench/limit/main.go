// The command: its flags, and the rows that follow from them.

// Limit measures how near Kith comes to what the machine can do: beside a bare relay of framed
// messages along a tree of TCP connections, which has no protocol at all. It can write a profile of
// the processor time of both.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"time"

	"github.com/kithmesh/kith"
	"github.com/kithmesh/kith/bench/load"
	"github.com/kithmesh/kith/bench/machine"
	"github.com/kithmesh/kith/bench/row"
	"github.com/kithmesh/kith/bench/side"
)

func main() { row.Main("limit", run) }

// options are the flags.
type options struct {
	nodes, sizes row.Numbers
	seconds      float64
	rounds       int
	window       int
	profile      string
	json         bool
}

func run(ctx context.Context, args []string, log io.Writer) (*row.Report, bool, error) {
	o, err := parse(args, log)
	if err != nil {
		return nil, false, err
	}
	meter := machine.NewMeter()
	r := &row.Report{Rounds: o.rounds, Versions: map[string]string{"kith": kith.Version}}
	var faults []error
	for _, size := range o.sizes.List {
		for _, nodes := range o.nodes.List {
			if ctx.Err() != nil {
				break
			}
			rows, err := o.compare(ctx, nodes, size, func(format string, args ...any) { _, _ = fmt.Fprintf(log, format+"\n", args...) })
			if err != nil {
				err = fmt.Errorf("%d nodes, %d bytes: %w", nodes, size, err)
				faults = append(faults, err)
				rows = []row.Row{{Group: group, Measure: "messages to all", Nodes: nodes, Bytes: size, Fault: err.Error()}}
			}
			r.Rows = append(r.Rows, rows...)
		}
	}
	r.Foreign = meter.Foreign()
	return r, o.json, errors.Join(append(faults, ctx.Err())...)
}

// group is the part of the table that the rows belong to.
const group = "limit"

// compare measures both in turns.
func (o *options) compare(ctx context.Context, nodes, size int, log func(format string, args ...any)) ([]row.Row, error) {
	d := time.Duration(o.seconds * float64(time.Second))
	c := load.Conditions{Nodes: nodes, Size: size, Window: load.Window(o.window, size), WarmUp: d, Run: d}
	sides := []load.Side{
		{Name: "relay", Start: startRelay},
		{Name: "keeping", Start: startKeepingRelay},
		{Name: "kith", Start: side.StartMesh},
		{Name: "borrowed", Start: side.StartBorrowing},
	}
	rates, costs := make([][]float64, len(sides)), make([][]float64, len(sides))
	for round := range o.rounds {
		for i, s := range sides {
			prefix := o.profile
			if round < o.rounds-1 {
				prefix = ""
			}
			v, err := load.Profiled(prefix, s, c, func() (load.Speed, error) { return load.Throughput(ctx, s, c) })
			if err != nil {
				return nil, err
			}
			log("%d nodes, %d bytes, round %d: %s: %.0f messages/s, %.2f µs of CPU per delivery; others used %.2f processors",
				nodes, size, round+1, s.Name, v.Rate, v.CPU, v.Others)
			rates[i], costs[i] = append(rates[i], v.Rate), append(costs[i], v.CPU)
		}
	}
	var rows []row.Row
	for i, form := range []string{side.Callback, side.Callback + ", borrowed"} {
		for j, versus := range []string{"bare TCP relay along a tree", "the same, keeping 16 MiB"} {
			one := func(measure, unit string, of [][]float64, goal *row.Goal) row.Row {
				kith, relay := of[i+2], of[j]
				return row.Row{
					Group: group, Measure: measure, Unit: unit, Nodes: nodes, Bytes: size, Form: form, Versus: versus,
					Kith: row.NewFigure(kith...), Peer: row.NewFigure(relay...), Ratio: row.Ratios(kith, relay), Goal: goal,
				}
			}
			rows = append(rows,
				one("messages to all", "1/s", rates, row.AtLeast(0.7)),
				one("CPU per delivery", "µs", costs, nil))
		}
	}
	return rows, nil
}

func parse(args []string, log io.Writer) (options, error) {
	o := options{
		nodes: row.Numbers{Least: 2, Most: 100, List: []int{25, 50}},
		sizes: row.Numbers{Least: load.LeastSize, Most: 1 << 19, List: []int{128, 4096}},
	}
	flags := flag.NewFlagSet("limit", flag.ContinueOnError)
	flags.SetOutput(log)
	flags.Var(&o.nodes, "nodes", "how many nodes, each number some rows of the table")
	flags.Var(&o.sizes, "sizes", "bytes of payload, the same")
	flags.Float64Var(&o.seconds, "seconds", 2, "how long each measurement takes, after as long to warm up")
	flags.IntVar(&o.rounds, "rounds", 3, "how often both are measured, in turns")
	flags.IntVar(&o.window, "window", 0, load.AboutWindow)
	flags.StringVar(&o.profile, "profile", "", load.AboutProfile)
	flags.BoolVar(&o.json, "json", false, "print one JSON object")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	var faults []error
	if o.seconds <= 0 {
		faults = append(faults, fmt.Errorf("--seconds is %g, want more than 0", o.seconds))
	}
	if o.rounds < 1 {
		faults = append(faults, fmt.Errorf("--rounds is %d, want 1 or more", o.rounds))
	}
	if o.window < 0 || o.window > load.MostInFlight {
		faults = append(faults, fmt.Errorf("--window is %d, want a number from 0 to %d", o.window, load.MostInFlight))
	}
	if flags.NArg() > 0 {
		faults = append(faults, fmt.Errorf("%q is not a flag", flags.Arg(0)))
	}
	return o, errors.Join(faults...)
}
