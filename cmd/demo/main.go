// The program's entry.

// Demo shows Kith at work: a whole cluster in one process, a single node, and a
// look into a cluster that runs.
package main

import (
	"context"
	"os"
)

func main() {
	os.Exit(run(context.Background(), os.Args[1:], terminalIO()))
}
