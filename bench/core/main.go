// The command: its flags.

// Core measures Kith's membership core alone, as a state machine without a network: what a message costs it, and what a node
// keeps.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"

	"github.com/kithmesh/kith/bench/machine"
	"github.com/kithmesh/kith/bench/row"
)

// absent is why the rows have no other side.
const absent = "no peer: the module proxy refuses hashicorp/hyparview, its fork nStangl/hyparview, protorun, c12s/hyparview and nm-morais/hyparview " +
	"(403, \"This module version is not available\"), by version, pseudo-version and commit; copied code would not be the peer"

func main() { row.Main("core", run) }

func run(ctx context.Context, args []string, log io.Writer) (*row.Report, bool, error) {
	flags := flag.NewFlagSet("core", flag.ContinueOnError)
	flags.SetOutput(log)
	rounds := flags.Int("rounds", 3, "how often each message is measured")
	steps := flags.Int("steps", 1_000_000, "how many messages a round has")
	asJSON := flags.Bool("json", false, "print one JSON object")
	if err := flags.Parse(args); err != nil {
		return nil, false, err
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
		return nil, false, err
	}
	meter := machine.NewMeter()
	rows, err := compare(ctx, *rounds, *steps)
	return &row.Report{Rounds: *rounds, Rows: rows, Foreign: meter.Foreign()}, *asJSON, err
}
