// The command tree, and how its errors become exit statuses.

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kithmesh/kith"
	"github.com/kithmesh/kith/sim/scenario"
)

// The exit statuses.
const (
	exitFine  = 0
	exitFault = 1 // something failed, or the overlay is not as it should be
	exitUsage = 2 // a flag, an argument or a variable is wrong
)

const rootLong = `Demo shows Kith at work. Without a subcommand it runs a cluster: see 'demo cluster --help'.

Every flag can also be given as the environment variable that stands behind it in
parentheses; the flag counts more than the variable, and the variable more than the
default. Of several variables the first that is set counts; an empty one does not.

Exit status: 0 all is well; 1 something failed, the overlay is not one component with
symmetric views and all its links, or a figure of an experiment is not as it should be;
2 a flag, an argument or a variable is wrong.`

const rootExample = `  demo                                     16 nodes in this process, until Ctrl-C
  demo cluster --nodes 32 --kill 0.5       the same with 32, of which half then die at once
  demo node                                one node; start another in a second terminal
  demo inspect                             who those nodes have as neighbors
  demo watch                               the same as a page, as it changes
  demo pub greetings hello                 a message to all those nodes
  demo sim                                 experiments with thousands of nodes, in a simulator`

// stdio is where a command writes, and where it finds environment variables.
type stdio struct {
	out, err io.Writer
	env      func(name string) (string, bool)
}

func terminalIO() stdio {
	return stdio{out: os.Stdout, err: os.Stderr, env: os.LookupEnv}
}

// usageError is a mistake on the command line or in a variable.
type usageError struct{ err error }

// Error implements error.
func (e *usageError) Error() string { return e.err.Error() }

// Unwrap returns what is wrong.
func (e *usageError) Unwrap() error { return e.err }

// run executes one command line and returns the exit status.
func run(ctx context.Context, args []string, std stdio) int {
	return runWith(ctx, args, std, experiments())
}

// runWith does so with the experiments given.
func runWith(ctx context.Context, args []string, std stdio, all []scenario.Scenario) int {
	began := false
	root := newRoot(std, all, &began) //nolint:contextcheck // commands take theirs from ExecuteContextC
	root.SetArgs(args)
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		return exitFine
	}
	for line := range strings.Lines(err.Error()) {
		if line = strings.TrimRight(line, "\n"); line != "" {
			_, _ = fmt.Fprintf(std.err, "demo: %s\n", line)
		}
	}
	if _, usage := errors.AsType[*usageError](err); usage || !began {
		_, _ = fmt.Fprintf(std.err, "Run '%s --help' for what is possible.\n", cmd.CommandPath())
		return exitUsage
	}
	return exitFault
}

// newRoot returns the whole command tree; began is set when a command's line has
// been understood and the command begins.
func newRoot(std stdio, all []scenario.Scenario, began *bool) *cobra.Command {
	logs := &logOptions{}
	root := newCluster(std, logs)
	root.Use, root.Short = "demo", "Show a Kith mesh at work"
	root.Long, root.Example = rootLong, rootExample
	root.Args = nil // cobra then says "unknown command", with a guess at what was meant
	root.Version = kith.Version
	root.SilenceErrors, root.SilenceUsage = true, true
	root.CompletionOptions.HiddenDefaultCmd = true
	root.SetOut(std.out)
	root.SetErr(std.err)
	root.SetFlagErrorFunc(flagError)
	logs.bind(root.PersistentFlags())
	root.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error {
		if err := fromEnv(cmd, std.env); err != nil {
			return err
		}
		*began = true
		return nil
	}
	root.AddCommand(newCluster(std, logs), newNode(std, logs), newInspect(std, logs), newWatch(std, logs),
		newPub(std, logs), newSub(std, logs), newSend(std, logs), newSim(std, logs, all), newCerts(std))
	return root
}

// noArgs refuses arguments, which few commands take.
func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("%s takes flags only, not the argument %q", cmd.CommandPath(), args[0])
	}
	return nil
}
