// The command inspect: a look into a cluster that runs.

package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/natstransport"
)

const inspectLong = `Asks every member of a cluster, over NATS, who its neighbors are, and judges the overlay:
its components, how many nodes have how many neighbors, links that one side only has,
and the version and age of each node. It changes nothing.

It ends when no answer has come for a moment, at the latest after --timeout, and fails when
nobody answers, when the members are more than one component, or when a link is asymmetric.
A node that is just joining or leaving can make it so for a moment: ask again. Only nodes
that are connected to this NATS can answer.`

const inspectExample = `  demo inspect                                   the nodes of 'demo node' on this machine
  demo inspect --server nats://nats:4222 --cluster orders
  demo inspect --json | jq '.members[].id'`

// inspectOptions are the flags of the command.
type inspectOptions struct {
	nats    natsOptions
	cluster string
	json    bool
	timeout time.Duration
}

func newInspect(std stdio, logs *logOptions) *cobra.Command {
	o := &inspectOptions{cluster: defaultCluster, timeout: 2 * time.Second}
	o.nats.server = localNATS
	cmd := &cobra.Command{
		Use: "inspect", Short: "Ask the members of a cluster for their neighbors",
		Long: inspectLong, Example: inspectExample, Args: noArgs,
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	define(flags, &o.cluster, "cluster", "", token("name"), "the mesh to look into")
	define(flags, &o.json, "json", "j", yesNo(), "print one JSON object")
	define(flags, &o.timeout, "timeout", "", positive(), "the longest time to wait for answers")
	o.nats.bind(flags, "a NATS to which the nodes are connected")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return runInspect(cmd.Context(), o, std, logs)
	}
	return cmd
}

// runInspect asks, prints and judges.
func runInspect(ctx context.Context, o *inspectOptions, std stdio, logs *logOptions) error {
	log := logs.logger(std.err, std.env)
	ctx, stop := untilSignal(ctx, func() {})
	defer stop()
	nc, err := o.nats.connect(ctx, o.nats.server, "kith demo inspect", log)
	if err != nil {
		return err
	}
	defer nc.Close()
	ctx, cancel := context.WithTimeout(ctx, o.timeout)
	defer cancel()
	all, err := natstransport.Inspect(ctx, nc, o.cluster, natstransport.InspectOptions{
		OnError: func(err error) { log.Warn().Err(err).Msg("answer_ignored") },
	})
	if len(all) == 0 && (err == nil || errors.Is(err, membership.ErrNobody) || errors.Is(err, context.DeadlineExceeded)) {
		err = fmt.Errorf("nobody of cluster %s answers at %s: is --cluster right, and are nodes connected to this NATS?",
			o.cluster, redacted(o.nats.server))
	}
	if err != nil {
		return err
	}
	in := inspectionOf(o.cluster, all)
	if o.json {
		err = writeJSON(std.out, &in)
	} else {
		err = in.writeText(std.out)
	}
	return errors.Join(err, in.fault())
}
