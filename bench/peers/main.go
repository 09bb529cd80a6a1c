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
	"os"
	"os/signal"
	"slices"
	"strconv"
	"strings"

	"github.com/kithmesh/kith/bench/row"
)

func main() {
	if child() {
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	switch {
	case errors.Is(err, flag.ErrHelp):
	case err != nil:
		_, _ = fmt.Fprintln(os.Stderr, "peers:", err)
		os.Exit(1)
	}
}

// options are the flags.
type options struct {
	only   []string
	nodes  []int // nil for those of each measure
	rounds int
	json   bool
}

func run(ctx context.Context, args []string, out, log io.Writer) error {
	o, err := parse(args, log)
	if err != nil {
		return err
	}
	report := row.Report{
		Command: strings.TrimSpace("go run ./peers " + strings.Join(args, " ")), Rounds: o.rounds,
		Versions: versions(),
	}
	others := newWatch()
	for _, m := range measures() {
		if o.only != nil && !slices.Contains(o.only, m.name) {
			continue
		}
		rows, err := m.compare(ctx, o, full(), func(format string, args ...any) {
			_, _ = fmt.Fprintf(log, format+"\n", args...)
		})
		if err != nil {
			return err
		}
		report.Rows = append(report.Rows, rows...)
	}
	report.Foreign = others.foreign()
	if o.json {
		return report.WriteJSON(out)
	}
	return writeText(out, &report)
}

func parse(args []string, log io.Writer) (options, error) {
	var names []string
	for _, m := range measures() {
		names = append(names, m.name)
	}
	var o options
	flags := flag.NewFlagSet("peers", flag.ContinueOnError)
	flags.SetOutput(log)
	only := flags.String("only", "", "what to measure, with commas: "+strings.Join(names, ", ")+"; all of it if empty")
	nodes := flags.String("nodes", "", "how many nodes, with commas; if empty, what each measure has its goals for")
	flags.IntVar(&o.rounds, "rounds", 2, "how often each side is measured, in turns; what takes long is measured once")
	flags.BoolVar(&o.json, "json", false, "print one JSON object")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	var faults []error
	if *only != "" {
		o.only = strings.Split(*only, ",")
		for _, name := range o.only {
			if !slices.Contains(names, name) {
				faults = append(faults, fmt.Errorf("--only has %q, want some of %s", name, strings.Join(names, ", ")))
			}
		}
	}
	if *nodes != "" {
		for text := range strings.SplitSeq(*nodes, ",") {
			n, err := strconv.Atoi(text)
			if err != nil || n < leastNodes || n > mostNodes {
				faults = append(faults, fmt.Errorf("--nodes has %q, want numbers from %d to %d", text, leastNodes, mostNodes))
			}
			o.nodes = append(o.nodes, n)
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

// Fewer nodes are no cluster in which one can be missed, and more do not settle in one process.
const leastNodes, mostNodes = 4, 400
