// The command: its flags, and the rows that follow from them.

// Peers measures Kith beside memberlist, serf and gossipsub: forming, idling, faults and messages. Each side
// is measured in a process and a network of its own, in turns.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/kithmesh/kith/bench/machine"
	"github.com/kithmesh/kith/bench/row"
)

func main() {
	if child() {
		return
	}
	row.Main("peers", run)
}

// options are the flags.
type options struct {
	only   []string
	nodes  []int // nil for those of each measure
	rounds int
	json   bool
}

func run(ctx context.Context, args []string, log io.Writer) (*row.Report, bool, error) {
	o, err := parse(args, log)
	if err != nil {
		return nil, false, err
	}
	report := &row.Report{Rounds: o.rounds, Versions: versions()}
	meter := machine.NewMeter()
	for _, m := range measures() {
		if o.only != nil && !slices.Contains(o.only, m.name) {
			continue
		}
		rows, err := m.compare(ctx, o, full(), func(format string, args ...any) {
			_, _ = fmt.Fprintf(log, format+"\n", args...)
		})
		report.Rows = append(report.Rows, rows...)
		if ctx.Err() != nil {
			break
		}
		if err != nil {
			report.Rows = append(report.Rows, row.Row{Group: m.group, Measure: "all of " + m.name, Fault: err.Error()})
		}
	}
	report.Foreign = meter.Foreign()
	return report, o.json, ctx.Err()
}

// Fewer nodes are no cluster in which one can be missed, and more do not settle in one process.
const leastNodes, mostNodes = 4, 400

func parse(args []string, log io.Writer) (options, error) {
	all := measures()
	names := make([]string, len(all))
	for i, m := range all {
		names[i] = m.name
	}
	var o options
	nodes := row.Numbers{Least: leastNodes, Most: mostNodes}
	flags := flag.NewFlagSet("peers", flag.ContinueOnError)
	flags.SetOutput(log)
	only := flags.String("only", "", "what to measure, with commas: "+strings.Join(names, ", ")+"; all of it if empty")
	flags.Var(&nodes, "nodes", "how many nodes, with commas; if empty, what each measure has its goals for")
	flags.IntVar(&o.rounds, "rounds", 2, "how often each side is measured, in turns; what takes long is measured once")
	flags.BoolVar(&o.json, "json", false, "print one JSON object")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	o.nodes = nodes.List
	var faults []error
	if *only != "" {
		o.only = strings.Split(*only, ",")
		for _, name := range o.only {
			if !slices.Contains(names, name) {
				faults = append(faults, fmt.Errorf("--only has %q, want some of %s", name, strings.Join(names, ", ")))
			}
		}
	}
	if o.rounds < 1 {
		faults = append(faults, fmt.Errorf("--rounds is %d, want 1 or more", o.rounds))
	}
	if flags.NArg() > 0 {
		faults = append(faults, fmt.Errorf("%q is not a flag", flags.Arg(0)))
	}
	return o, errors.Join(faults...)
}
