// The program's entry.

// Demo shows Kith at work: a whole cluster in one process, a single node, a look
// into a cluster that runs, and experiments in the simulator.
package main

import (
	"context"
	"os"

	"github.com/rs/zerolog"
)

func main() {
	zerolog.TimeFieldFormat = "2006-01-02T15:04:05.000Z07:00" // repair is a matter of milliseconds
	os.Exit(run(context.Background(), os.Args[1:], terminalIO()))
}
