// The command: its flags, and the rows that follow from them.

// Routes measures Kith against a full-mesh cluster of NATS servers, side by side in
// one process: how many messages a second reach all nodes, how long they take to
// the last one, and how much processor time they cost.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	switch {
	case errors.Is(err, flag.ErrHelp):
	case err != nil:
		_, _ = fmt.Fprintln(os.Stderr, "routes:", err)
		os.Exit(1)
	}
}

// options are the flags.
type options struct {
	nodes, sizes []int
	delivery     []string
	seconds      float64
	rounds       int
	window       int
	pace         float64
	json         bool
}

// The window where none is given: what a NATS cluster is fastest with, or nearly so,
// at every size. With less there is less to send at once; with megabytes its buffers
// grow large and it slows down.
const (
	mostAhead      = 1024
	mostAheadBytes = 512 << 10
)

// ahead is the window for payloads of that size.
func (o *options) ahead(size int) int {
	if o.window > 0 {
		return o.window
	}
	return max(min(mostAhead, mostAheadBytes/size), 1)
}

func run(ctx context.Context, args []string, out, log io.Writer) error {
	o, err := parse(args, log)
	if err != nil {
		return err
	}
	r := report{
		Go: runtime.Version(), Processors: runtime.GOMAXPROCS(0), Server: server.VERSION,
		Rounds: o.rounds, Seconds: o.seconds,
	}
	routes := side{"routes", startRoutes}
	progress := func(format string, args ...any) { _, _ = fmt.Fprintf(log, format+"\n", args...) }
	measured := time.Duration(o.seconds * float64(time.Second))
	for _, delivery := range o.delivery {
		kith := side{"kith", deliveries[delivery]}
		for _, size := range o.sizes {
			for _, nodes := range o.nodes {
				row, err := compare(ctx, routes, kith, conditions{
					delivery: delivery, nodes: nodes, size: size, window: o.ahead(size),
					warmUp: measured, run: measured, pace: o.pace,
				}, o.rounds, progress)
				if err != nil {
					return err
				}
				r.Rows = append(r.Rows, row)
			}
		}
	}
	if o.json {
		return r.writeJSON(out)
	}
	return r.writeText(out)
}

func parse(args []string, log io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("routes", flag.ContinueOnError)
	flags.SetOutput(log)
	nodes := flags.String("nodes", "10,25,50", "how many nodes, each number a row of the table")
	sizes := flags.String("sizes", "128,4096", "bytes of payload, the same")
	delivery := flags.String("delivery", byCallback, "to whom Kith delivers: callback, or bridge, plain NATS clients as with the routes; or both, with a comma")
	flags.Float64Var(&o.seconds, "seconds", 3, "how long each measurement takes, after as long to warm up")
	flags.IntVar(&o.rounds, "rounds", 3, "how often both sides are measured, in turns")
	flags.IntVar(&o.window, "window", 0, fmt.Sprintf(
		"how many messages the publisher may be ahead of the slowest node; 0 is %d, or %d KiB if that is less", mostAhead, mostAheadBytes>>10))
	flags.Float64Var(&o.pace, "pace", 0.25, "the rate at which latencies are measured, as a part of what the slower side can do")
	flags.BoolVar(&o.json, "json", false, "print one JSON object")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	var faults []error
	refuse := func(flag string, value any, want string) {
		faults = append(faults, fmt.Errorf("--%s is %q, want %s", flag, fmt.Sprint(value), want))
	}
	var ok bool
	if o.nodes, ok = numbers(*nodes, 2, 100); !ok {
		refuse("nodes", *nodes, "numbers from 2 to 100")
	}
	if o.sizes, ok = numbers(*sizes, leastSize, 1<<19); !ok {
		refuse("sizes", *sizes, fmt.Sprintf("numbers from %d to %d", leastSize, 1<<19))
	}
	for name := range strings.SplitSeq(*delivery, ",") {
		if deliveries[name] == nil {
			refuse("delivery", *delivery, "callback, bridge or both")
		}
		o.delivery = append(o.delivery, name)
	}
	if o.seconds <= 0 {
		refuse("seconds", o.seconds, "more than 0")
	}
	if o.rounds < 1 {
		refuse("rounds", o.rounds, "1 or more")
	}
	if o.window < 0 || o.window > mostInFlight {
		refuse("window", o.window, fmt.Sprintf("a number from 0 to %d", mostInFlight))
	}
	if o.pace <= 0 || o.pace > 1 {
		refuse("pace", o.pace, "more than 0, and 1 at most")
	}
	if flags.NArg() > 0 {
		faults = append(faults, fmt.Errorf("%q is not a flag", flags.Arg(0)))
	}
	return o, errors.Join(faults...)
}

// numbers reads a list with commas.
func numbers(list string, least, most int) ([]int, bool) {
	var all []int
	for text := range strings.SplitSeq(list, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(text))
		if err != nil || n < least || n > most {
			return nil, false
		}
		all = append(all, n)
	}
	return all, true
}
