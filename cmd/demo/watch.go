// The command watch: a page of a mesh that runs elsewhere, or that ran once.

package main

import (
	"bufio"
	"context"
	"errors"
	"io"
	"time"

	"github.com/rs/zerolog"
	"github.com/spf13/cobra"

	"github.com/kithmesh/kith/cmd/demo/dashboard"
	"github.com/kithmesh/kith/cmd/demo/remote"
	"github.com/kithmesh/kith/cmd/demo/trace"
)

const watchLong = `Shows a mesh on a page as it lives: who has whom as a neighbor, the NATS links, the trees that messages
take, and figures. It asks every member over NATS, once in --every, and tells what has changed since;
it changes nothing. A cluster of more than 200 nodes for each second of --every is asked less often,
and the log says so. Nodes that others have as neighbors and that do not answer twice are silent.

The page is served to this machine alone, unless --dashboard names another address. Then whoever
wants to see it needs the token in the address that is logged at the start.

With --record what happens is written to a file too, as lines of JSON (docs/trace.md). --replay
plays such a file, on the same page, and asks nobody. With --json the lines go to stdout, and
there is no page unless --dashboard names an address.`

const watchExample = `  demo watch                                     the nodes of 'demo node' on this machine
  demo watch --server nats://nats:4222 --cluster orders
  demo watch --record night.jsonl --dashboard off
  demo watch --replay night.jsonl
  demo watch --json | jq -c 'select(.kind == "down")'`

// sourceWatch is the Source of events that were seen over NATS.
const sourceWatch = "watch"

// watchOptions are the flags of the command.
type watchOptions struct {
	nats           natsOptions
	cluster        string
	every          time.Duration
	dashboard      string
	record, replay string
	json           bool
}

func newWatch(std stdio, logs *logOptions) *cobra.Command {
	o := &watchOptions{cluster: defaultCluster, every: time.Second, dashboard: boardAuto}
	o.nats.server = localNATS
	cmd := &cobra.Command{
		Use: "watch", Short: "Show a cluster on a page, as it lives",
		Long: watchLong, Example: watchExample, Args: noArgs,
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	define(flags, &o.cluster, "cluster", "", token("name"), "the mesh to look into")
	define(flags, &o.every, "every", "", positive(), "how often to ask")
	define(flags, &o.dashboard, "dashboard", "", boardAddr(), "where to serve the page; auto is "+usualBoard+" or another port")
	define(flags, &o.record, "record", "", anyText("file"), "write what happens to a file")
	define(flags, &o.replay, "replay", "", anyText("file"), "show what such a file tells, instead of a mesh")
	define(flags, &o.json, "json", "j", yesNo(), "print what happens as lines of JSON")
	o.nats.bind(flags, "a NATS to which the nodes are connected")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := o.complete(); err != nil {
			return err
		}
		return runWatch(cmd.Context(), o, std, logs)
	}
	return cmd
}

// leastEvery keeps a typing error from becoming a flood.
const leastEvery = 100 * time.Millisecond

// complete refuses what contradicts itself.
func (o *watchOptions) complete() error {
	switch {
	case o.every < leastEvery:
		return refuse("every", o.every.String(), "at least "+leastEvery.String())
	case o.replay != "" && o.record != "":
		return refuse("record", o.record, "no --replay beside it: there is a file already")
	case o.json && o.dashboard == boardAuto:
		o.dashboard = boardOff
	}
	if o.dashboard == boardOff && o.record == "" && !o.json {
		return refuse("dashboard", boardOff, "--record or --json, if there is to be no page")
	}
	return nil
}

// runWatch shows a mesh or a file until a signal comes, or the file has been printed.
func runWatch(ctx context.Context, o *watchOptions, std stdio, logs *logOptions) error {
	log := logs.logger(std.err, std.env)
	ctx, stop := untilSignal(ctx, func() {})
	defer stop()
	if o.replay != "" {
		return replay(ctx, o, std.out, log)
	}
	nc, err := o.nats.connect(ctx, o.nats.server, "kith demo watch", log)
	if err != nil {
		return err
	}
	defer nc.Close()
	stream := dashboard.NewStream(trace.Event{Cluster: o.cluster, Source: sourceWatch}, dashboard.Keep{})
	observer := remote.New(remote.Config{Conn: nc, Cluster: o.cluster, Every: o.every, Stream: stream, Log: log})
	b, err := openBoard(ctx, o.dashboard, o.record, dashboard.Config{Source: stream, Detail: observer.Detail}, log)
	if err != nil {
		stream.End()
		return err
	}
	var printing chan error
	if o.json {
		printing = make(chan error, 1)
		ctx, stop = context.WithCancel(ctx) // which a reader that has gone ends
		defer stop()
		go func() {
			printing <- printEvents(context.WithoutCancel(ctx), stream, std.out)
			stop()
		}()
	}
	observer.Run(ctx)
	if o.json {
		err = <-printing
	}
	return errors.Join(err, b.close(ctx))
}

// printEvents writes the lines of a source until it ends.
func printEvents(ctx context.Context, from dashboard.Source, w io.Writer) error {
	out := bufio.NewWriter(w)
	return from.Follow(ctx, "", func(lines []dashboard.Line) error {
		for _, l := range lines {
			if _, err := out.Write(l.JSON); err != nil {
				return err
			}
		}
		return out.Flush()
	})
}

// replay shows what a file tells.
func replay(ctx context.Context, o *watchOptions, out io.Writer, log zerolog.Logger) error {
	file, err := dashboard.OpenPlayback(o.replay)
	if err != nil {
		return err
	}
	b, err := openBoard(ctx, o.dashboard, "", dashboard.Config{Source: file}, log)
	if err != nil {
		return err
	}
	if o.json {
		err = printEvents(ctx, file, out)
	}
	if o.dashboard != boardOff {
		<-ctx.Done()
	}
	return errors.Join(err, b.close(ctx))
}
