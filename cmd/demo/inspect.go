// The command inspect: a look into a cluster that runs.

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/rs/zerolog"
	"github.com/spf13/cobra"

	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/natstransport"
)

const inspectLong = `Asks every member of a cluster, over NATS, who its neighbors are, and says first whether
the nodes are one mesh and who of them is odd: isolated, silent, with a link that one side
only has, with far fewer neighbors than it wants, looking for many lost peers, or of an
older version than most. A table of all nodes follows, with the round trip to each
neighbor, and its zone where that is another one. It changes nothing.

It ends when no answer has come for a moment, at the latest after --timeout, and fails when
nobody answers, when the members are more than one component, or when a link is asymmetric.
A node that is just joining or leaving can make it so for a moment: ask again. Only nodes
that are connected to this NATS can answer.

With --watch it looks again and again until Ctrl-C, and tells what has changed: who came,
went or was restarted, which links are new or gone, and whether the mesh has split or
merged. On a terminal the picture is drawn anew, elsewhere each change is a line; with
--json each look is an object on a line of its own. What it finds does not make it fail then.

--dot prints the mesh for Graphviz, --svg draws it: nodes in the color of their zone, with a
red ring around the odd, and links that one side only has dashed.`

const inspectExample = `  demo inspect                                   the nodes of 'demo node' on this machine
  demo inspect --server nats://nats:4222 --cluster orders
  demo inspect --watch --every 5s                again and again, and what changes
  demo inspect --svg mesh.svg
  demo inspect --json | jq '.odd'`

// inspectOptions are the flags of the command.
type inspectOptions struct {
	nats       natsOptions
	cluster    string
	json, dot  bool
	svg        string
	watch      bool
	every      time.Duration
	timeout    time.Duration
	remarks    zerolog.Logger // of answers that cannot be read
	connection *nats.Conn
}

func newInspect(std stdio, logs *logOptions) *cobra.Command {
	o := &inspectOptions{cluster: defaultCluster, timeout: 2 * time.Second, every: 2 * time.Second}
	o.nats.server = localNATS
	cmd := &cobra.Command{
		Use: "inspect", Short: "Ask the members of a cluster for their neighbors",
		Long: inspectLong, Example: inspectExample, Args: noArgs,
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	define(flags, &o.cluster, "cluster", "", token("name"), "the mesh to look into")
	define(flags, &o.json, "json", "j", yesNo(), "print one JSON object, or with --watch one a line")
	define(flags, &o.dot, "dot", "", yesNo(), "print the mesh in the language of Graphviz")
	define(flags, &o.svg, "svg", "", svgFile(), "a file to draw the mesh into")
	define(flags, &o.watch, "watch", "w", yesNo(), "look again and again, and tell what has changed")
	define(flags, &o.every, "every", "", positive(), "the time from one look of --watch to the next")
	define(flags, &o.timeout, "timeout", "", positive(), "the longest time to wait for answers")
	o.nats.bind(flags, "a NATS to which the nodes are connected")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := o.complete(); err != nil {
			return err
		}
		return runInspect(cmd.Context(), o, std, logs)
	}
	return cmd
}

// complete reports flags that do not fit together.
func (o *inspectOptions) complete() error {
	var faults []error
	if o.dot && (o.json || o.watch) {
		faults = append(faults, refuse("dot", "true", "neither --json nor --watch with it"))
	}
	if o.svg != "" {
		if o.watch {
			faults = append(faults, refuse("svg", o.svg, "no --watch with it"))
		}
		if folder, err := os.Stat(filepath.Dir(o.svg)); err != nil || !folder.IsDir() {
			faults = append(faults, refuse("svg", o.svg, "a file in a folder that exists"))
		}
	}
	return errors.Join(faults...)
}

// runInspect connects, and looks once or again and again.
func runInspect(ctx context.Context, o *inspectOptions, std stdio, logs *logOptions) error {
	o.remarks = logs.logger(std.err, std.env)
	s := newScreen(std.out)
	ctx, stop := untilSignal(ctx, s.close)
	defer stop()
	nc, err := o.nats.connect(ctx, o.nats.server, "kith demo inspect", o.remarks)
	if err != nil {
		return err
	}
	defer nc.Close()
	o.connection = nc
	if o.watch {
		return o.watching(ctx, std, s)
	}
	in, err := o.look(ctx)
	if err != nil {
		return err
	}
	return errors.Join(o.print(in, std), in.fault())
}

// look asks all members.
func (o *inspectOptions) look(ctx context.Context) (*inspection, error) {
	ctx, cancel := context.WithTimeout(ctx, o.timeout)
	defer cancel()
	all, err := natstransport.Inspect(ctx, o.connection, o.cluster, natstransport.InspectOptions{
		OnError: func(err error) { o.remarks.Warn().Err(err).Msg("answer_ignored") },
	})
	if len(all) == 0 && (err == nil || errors.Is(err, membership.ErrNobody) || errors.Is(err, context.DeadlineExceeded)) {
		err = &nobodyError{cluster: o.cluster, server: o.nats.server}
	}
	if err != nil {
		return nil, err
	}
	in := inspectionOf(o.cluster, all)
	return &in, nil
}

// print writes one look in the form that is wanted.
func (o *inspectOptions) print(in *inspection, std stdio) error {
	if o.svg != "" {
		if err := os.WriteFile(o.svg, in.svg(), 0o644); err != nil { //nolint:gosec // a picture for everybody
			return fmt.Errorf("the picture: %w", err)
		}
	}
	switch {
	case o.dot:
		return in.writeDOT(std.out)
	case o.json:
		return writeJSON(std.out, in)
	}
	return in.writeText(std.out)
}

// watching looks until ctx ends.
func (o *inspectOptions) watching(ctx context.Context, std stdio, s *screen) error {
	w := &watcher{look: o.look, every: o.every}
	switch {
	case o.json:
		lines := json.NewEncoder(std.out)
		w.show = func(l look) error { return lines.Encode(l) }
	case drawable(std.out, std.env):
		s.open()
		defer s.close()
		w.show = redrawer(s, func() (width, height int) { return terminalSize(std.out) })
	default:
		w.show = linePrinter(std.out)
	}
	return w.run(ctx, func(err error) { o.remarks.Warn().Err(err).Msg("look_failed") })
}
