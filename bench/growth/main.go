// The command: its flags, and the rows that follow from them.

// Growth measures Kith in clusters of more and more nodes, real ones in one process and then
// simulated ones, and says how each figure grows: not at all, with the logarithm, or worse.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"time"

	"github.com/kithmesh/kith"
	"github.com/kithmesh/kith/bench/child"
	"github.com/kithmesh/kith/bench/machine"
	"github.com/kithmesh/kith/bench/row"
)

func main() {
	child.Serve(serve)
	row.Main("growth", run)
}

// options are the flags.
type options struct {
	nodes, simulated row.Numbers
	seconds, rest    float64
	rounds           int
	limit            time.Duration
	json             bool
}

// The two forms.
const (
	realNodes      = "real nodes"
	simulatedNodes = "simulated"
)

func run(ctx context.Context, args []string, log io.Writer) (*row.Report, bool, error) {
	o, err := parse(args, log)
	if err != nil {
		return nil, false, err
	}
	progress := func(format string, args ...any) { _, _ = fmt.Fprintf(log, format+"\n", args...) }
	meter := machine.NewMeter()
	r := &row.Report{Rounds: o.rounds, Versions: map[string]string{"kith": kith.Version}}
	r.Rows = append(r.Rows, o.grow(ctx, realNodes, o.nodes.List, progress)...)
	r.Rows = append(r.Rows, o.grow(ctx, simulatedNodes, o.simulated.List, progress)...)
	r.Foreign = meter.Foreign()
	return r, o.json, ctx.Err()
}

// grow measures one form at all sizes, and says how the figures grow.
func (o *options) grow(ctx context.Context, form string, sizes []int, log func(format string, args ...any)) []row.Row {
	var rows []row.Row
	measured := make(map[string][]point)
	for _, nodes := range sizes {
		all, err := o.measure(ctx, form, nodes, log)
		if err != nil {
			log("%s, %d nodes: %v", form, nodes, err)
			rows = append(rows, row.Row{Group: group, Measure: quantities[0].measure, Nodes: nodes, Form: form, Fault: err.Error()})
			continue
		}
		for _, q := range quantities {
			if figures := q.series(all); len(figures) > 0 {
				f := row.NewFigure(figures...)
				r := row.Row{Group: group, Measure: q.measure, Unit: q.unit, Nodes: nodes, Form: form, Kith: f}
				if form == simulatedNodes && q.measure == joinBytes {
					r.Note = "what all nodes sent while the cluster grew, shuffles apart, by their number"
				}
				rows = append(rows, r)
				measured[q.measure] = append(measured[q.measure], point{float64(nodes), f.Median})
			}
		}
	}
	return append(rows, laws(form, measured)...)
}

// measure runs one size in a process of its own, as often as there are rounds.
func (o *options) measure(ctx context.Context, form string, nodes int, log func(format string, args ...any)) ([]result, error) {
	var all []result
	for round := range o.rounds {
		began := time.Now()
		r, err := o.once(ctx, task{
			Form: form, Nodes: nodes, Rest: seconds(o.rest), Measure: seconds(o.seconds), Limit: o.limit, Seed: uint64(round + 1),
		})
		if err != nil {
			return nil, fmt.Errorf("round %d: %w", round+1, err)
		}
		log("%s, %d nodes, round %d: %v, took %v", form, nodes, round+1, r, time.Since(began).Round(time.Millisecond))
		all = append(all, r)
	}
	return all, nil
}

func (o *options) once(ctx context.Context, t task) (result, error) {
	ctx, cancel := context.WithTimeout(ctx, o.limit+t.Rest+t.Measure+time.Minute)
	defer cancel()
	return child.Run[result](ctx, t)
}

// seconds is a flag as a duration.
func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

func parse(args []string, log io.Writer) (options, error) {
	o := options{
		nodes:     row.Numbers{Least: 2, Most: 2000, List: []int{10, 25, 50, 100, 200, 500, 1000}},
		simulated: row.Numbers{Least: 2, Most: 1_000_000, List: []int{100, 1000, 10_000}},
	}
	flags := flag.NewFlagSet("growth", flag.ContinueOnError)
	flags.SetOutput(log)
	flags.Var(&o.nodes, "nodes", "how many real nodes, each number some rows of the table")
	flags.Var(&o.simulated, "simulated", "how many simulated nodes, the same; a million take 8 GiB and an hour")
	flags.Float64Var(&o.seconds, "seconds", 5, "for how long a cluster is watched at rest")
	flags.Float64Var(&o.rest, "rest", 6, "how long it has to come to rest before")
	flags.IntVar(&o.rounds, "rounds", 1, "how often each size is measured")
	flags.DurationVar(&o.limit, "limit", 10*time.Minute, "how long one size may take to form, and to be simulated")
	flags.BoolVar(&o.json, "json", false, "print one JSON object")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	var faults []error
	if o.seconds <= 0 || o.rest <= 0 {
		faults = append(faults, fmt.Errorf("--seconds is %g and --rest %g, want more than 0", o.seconds, o.rest))
	}
	if o.rounds < 1 {
		faults = append(faults, fmt.Errorf("--rounds is %d, want 1 or more", o.rounds))
	}
	if o.limit <= 0 {
		faults = append(faults, fmt.Errorf("--limit is %v, want more than 0", o.limit))
	}
	if flags.NArg() > 0 {
		faults = append(faults, fmt.Errorf("%q is not a flag", flags.Arg(0)))
	}
	return o, errors.Join(faults...)
}
