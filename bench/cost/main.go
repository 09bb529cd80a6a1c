// The command: its flags, and the rows that follow from them.

// Cost measures what a cluster costs that has nothing to do: time to form, sockets, goroutines,
// memory and processor time, of Kith and of full-mesh NATS clusters, each in a process of its own;
// and what it costs a node to publish, in a small and in a large cluster.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/kithmesh/kith"
	"github.com/kithmesh/kith/bench/child"
	"github.com/kithmesh/kith/bench/machine"
	"github.com/kithmesh/kith/bench/row"
)

func main() {
	child.Serve(serve)
	row.Main("cost", run)
}

// options are the flags.
type options struct {
	nodes, publish row.Numbers
	seconds, rest  float64
	rounds         int
	limit          time.Duration
	json           bool
}

// run measures. What fails is a row that says so, and the rest is measured all the same.
func run(ctx context.Context, args []string, log io.Writer) (*row.Report, bool, error) {
	o, err := parse(args, log)
	if err != nil {
		return nil, false, err
	}
	progress := func(format string, args ...any) { _, _ = fmt.Fprintf(log, format+"\n", args...) }
	meter := machine.NewMeter()
	r := &row.Report{Rounds: o.rounds, Versions: map[string]string{
		"kith": kith.Version, "nats-server": server.VERSION,
	}}
	for _, nodes := range o.nodes.List {
		if ctx.Err() == nil {
			s := &standing{options: o, nodes: nodes, log: progress}
			r.Rows = append(r.Rows, s.rows(ctx)...)
		}
	}
	if len(o.publish.List) > 0 && ctx.Err() == nil {
		p := &publishing{options: o, log: progress}
		r.Rows = append(r.Rows, p.rows(ctx)...)
	}
	r.Foreign = meter.Foreign()
	return r, o.json, ctx.Err()
}

// seconds is a flag as a duration.
func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

func parse(args []string, log io.Writer) (options, error) {
	o := options{
		nodes:   row.Numbers{Least: 2, Most: 200, List: []int{10, 25, 50, 100}},
		publish: row.Numbers{Least: 2, Most: 200, List: []int{10, 100}},
	}
	flags := flag.NewFlagSet("cost", flag.ContinueOnError)
	flags.SetOutput(log)
	flags.Var(&o.nodes, "nodes", "how many nodes, each number some rows of the table")
	flags.Var(&o.publish, "publish", "how many nodes when one of them publishes")
	flags.Float64Var(&o.seconds, "seconds", 3, "for how long processor time is measured")
	flags.Float64Var(&o.rest, "rest", 6, "how long a cluster has to come to rest before, in seconds: Kith closes links that only joining needed after five")
	flags.IntVar(&o.rounds, "rounds", 2, "how often all sides are measured, in turns")
	flags.DurationVar(&o.limit, "limit", 90*time.Second, "how long a cluster may take to form")
	flags.BoolVar(&o.json, "json", false, "print one JSON object")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	var faults []error
	if o.seconds <= 0 {
		faults = append(faults, fmt.Errorf("--seconds is %g, want more than 0", o.seconds))
	}
	if o.rest <= 0 {
		faults = append(faults, fmt.Errorf("--rest is %g, want more than 0", o.rest))
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
