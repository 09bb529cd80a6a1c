// The command: its flags, and the rows that follow from them.

// Routes measures Kith against a full-mesh cluster of NATS servers, side by side in
// one process: how many messages a second reach all nodes, how long they take to
// the last one, how much processor time they cost, and what becomes of them when a node is killed.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/kithmesh/kith"
	"github.com/kithmesh/kith/bench/load"
	"github.com/kithmesh/kith/bench/machine"
	"github.com/kithmesh/kith/bench/row"
	"github.com/kithmesh/kith/bench/side"
)

func main() { row.Main("routes", run) }

// options are the flags.
type options struct {
	nodes, sizes row.Numbers
	pool         string
	forms        []string
	seconds      float64
	rounds       int
	window       int
	pace         float64
	kill         bool
	profile      string
	json         bool
}

// run measures. A size of cluster and payload that fails is a row that says so, and the others
// are measured all the same.
func run(ctx context.Context, args []string, log io.Writer) (*row.Report, bool, error) {
	o, err := parse(args, log)
	if err != nil {
		return nil, false, err
	}
	meter := machine.NewMeter()
	r := &row.Report{Rounds: o.rounds, Versions: map[string]string{
		"kith": kith.Version, "nats-server": server.VERSION,
	}}
	measured := time.Duration(o.seconds * float64(time.Second))
	var faults []error
	for _, size := range o.sizes.List {
		for _, nodes := range o.nodes.List {
			if ctx.Err() != nil {
				break
			}
			c := &comparison{
				Conditions: load.Conditions{Nodes: nodes, Size: size, Window: load.Window(o.window, size), WarmUp: measured, Run: measured},
				pool:       o.pool, forms: o.forms, rounds: o.rounds, pace: o.pace, profile: o.profile,
				log: func(format string, args ...any) { _, _ = fmt.Fprintf(log, format+"\n", args...) },
			}
			measure := c.run
			if o.kill {
				measure = c.kill
			}
			rows, err := measure(ctx)
			if err != nil {
				err = fmt.Errorf("%d nodes, %d bytes: %w", nodes, size, err)
				faults = append(faults, err)
				rows = []row.Row{{Group: group, Measure: "messages/s to all", Nodes: nodes, Bytes: size, Fault: err.Error()}}
			}
			r.Rows = append(r.Rows, rows...)
		}
	}
	r.Foreign = meter.Foreign()
	return r, o.json, errors.Join(append(faults, ctx.Err())...)
}

func parse(args []string, log io.Writer) (options, error) {
	o := options{
		nodes: row.Numbers{Least: 2, Most: 100, List: []int{10, 25, 50}},
		sizes: row.Numbers{Least: load.LeastSize, Most: 1 << 19, List: []int{128, 4096}},
	}
	flags := flag.NewFlagSet("routes", flag.ContinueOnError)
	flags.SetOutput(log)
	flags.Var(&o.nodes, "nodes", "how many nodes, each number a row of the table")
	flags.Var(&o.sizes, "sizes", "bytes of payload, the same")
	flags.StringVar(&o.pool, "pool", "off", "what the servers have between every two of them: off is one route, default is three and one for the system account")
	forms := flags.String("forms", side.Callback+","+side.Bridge, "to whom Kith delivers: callback, bridge (plain NATS clients as with the routes), or both")
	flags.Float64Var(&o.seconds, "seconds", 2, "how long each measurement takes, after as long to warm up")
	flags.IntVar(&o.rounds, "rounds", 3, "how often all sides are measured, in turns")
	flags.IntVar(&o.window, "window", 0, load.AboutWindow)
	flags.Float64Var(&o.pace, "pace", 0.25, "the rate at which latencies are measured, as a part of what the slowest side can do")
	flags.BoolVar(&o.kill, "kill", false, "kill a node while messages are published at a steady rate, in place of the other measurements")
	flags.StringVar(&o.profile, "profile", "", load.AboutProfile)
	flags.BoolVar(&o.json, "json", false, "print one JSON object")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	return o, errors.Join(o.complete(*forms), extra(flags))
}

// complete checks what goes together.
func (o *options) complete(forms string) error {
	var faults []error
	refuse := func(flag string, value any, want string) {
		faults = append(faults, fmt.Errorf("--%s is %q, want %s", flag, fmt.Sprint(value), want))
	}
	for form := range strings.SplitSeq(forms, ",") {
		if _, err := side.Kith(form); err != nil {
			refuse("forms", forms, "callback, bridge or both")
		}
		o.forms = append(o.forms, form)
	}
	if _, known := pools[o.pool]; !known {
		refuse("pool", o.pool, "off or default")
	}
	if o.seconds <= 0 {
		refuse("seconds", o.seconds, "more than 0")
	}
	if o.rounds < 1 {
		refuse("rounds", o.rounds, "1 or more")
	}
	if o.window < 0 || o.window > load.MostInFlight {
		refuse("window", o.window, fmt.Sprintf("a number from 0 to %d", load.MostInFlight))
	}
	if o.pace <= 0 || o.pace > 1 {
		refuse("pace", o.pace, "more than 0, and 1 at most")
	}
	return errors.Join(faults...)
}

// extra refuses what is not a flag.
func extra(flags *flag.FlagSet) error {
	if flags.NArg() > 0 {
		return fmt.Errorf("%q is not a flag", flags.Arg(0))
	}
	return nil
}
