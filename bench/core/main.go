// The command: its flags, and the table.

// Core measures Kith's membership core alone, as a state machine without a network: what a message costs it, and what a node
// keeps. No other HyParView core in Go could be had to measure beside it: see [absent].
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/kithmesh/kith/bench/row"
)

// absent is why the rows have no other side.
const absent = "no peer: the module proxy refuses hashicorp/hyparview, its fork nStangl/hyparview, protorun, c12s/hyparview and nm-morais/hyparview " +
	"(403, \"This module version is not available\"), by version, pseudo-version and commit; copied code would not be the peer"

func main() {
	err := run(os.Args[1:], os.Stdout, os.Stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
	case err != nil:
		_, _ = fmt.Fprintln(os.Stderr, "core:", err)
		os.Exit(1)
	}
}

func run(args []string, out, log io.Writer) error {
	flags := flag.NewFlagSet("core", flag.ContinueOnError)
	flags.SetOutput(log)
	rounds := flags.Int("rounds", 3, "how often each message is measured")
	steps := flags.Int("steps", 1_000_000, "how many messages a round has")
	asJSON := flags.Bool("json", false, "print one JSON object")
	if err := flags.Parse(args); err != nil {
		return err
	}
	var faults []error
	if *rounds < 1 {
		faults = append(faults, fmt.Errorf("--rounds is %d, want 1 or more", *rounds))
	}
	if *steps < leastSteps {
		faults = append(faults, fmt.Errorf("--steps is %d, want %d or more", *steps, leastSteps))
	}
	if flags.NArg() > 0 {
		faults = append(faults, fmt.Errorf("%q is not a flag", flags.Arg(0)))
	}
	if err := errors.Join(faults...); err != nil {
		return err
	}
	report := row.Report{Command: strings.TrimSpace("go run ./core " + strings.Join(args, " ")), Rounds: *rounds}
	others := newWatch()
	rows, err := compare(*rounds, *steps)
	if err != nil {
		return err
	}
	report.Rows, report.Foreign = rows, others.foreign()
	if *asJSON {
		return report.WriteJSON(out)
	}
	return writeText(out, &report)
}

func writeText(out io.Writer, r *row.Report) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "what\tunit\tKith\tgoal")
	for i := range r.Rows {
		l := &r.Rows[i]
		goal := ""
		if l.Goal != nil {
			goal = "missed"
			if l.Met() {
				goal = "met"
			}
		}
		_, _ = fmt.Fprintf(w, "%s\t%s\t%.4g (%.4g to %.4g)\t%s\n", l.Measure, l.Unit, l.Kith.Median, l.Kith.Min, l.Kith.Max, goal)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(out, "%s\nrounds: %d; processors kept busy by others: %.2f\n", absent, r.Rounds, r.Foreign)
	return err
}
