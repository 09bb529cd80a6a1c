// One run of a cluster: what is done to it, when it ends, and what it came to.

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"github.com/kithmesh/kith"
	"github.com/kithmesh/kith/linker"
	"github.com/kithmesh/kith/meshtest"
)

const (
	// patience is how long a run waits for the overlay to settle when nobody
	// watches it.
	patience = time.Minute
	// aftermath is how long such a run goes on when it has settled.
	aftermath = 2 * time.Second
)

// clusterRun is a cluster in this process and what is done to it.
type clusterRun struct {
	options *clusterOptions
	log     zerolog.Logger
	live    bool // somebody watches the table
	mesh    *meshtest.Mesh
	started time.Time
	over    atomic.Bool // what the nodes log now is only the end of the demo

	mu     sync.Mutex
	phase  string
	states []memberState // by index
}

// runCluster starts a cluster, plays what the flags ask for, and reports.
func runCluster(ctx context.Context, o *clusterOptions, std stdio, logs *logOptions) error {
	r := &clusterRun{
		options: o, live: !o.json && drawable(std.out, std.env), started: time.Now(),
		phase: "forming", states: make([]memberState, o.nodes),
	}
	r.log = logs.logger(std.err, std.env)
	if r.live && isTerminal(std.err) {
		r.log = zerolog.Nop() // lines would go right through the table
	}
	r.log = r.log.Hook(zerolog.HookFunc(func(e *zerolog.Event, _ zerolog.Level, _ string) {
		if r.over.Load() {
			e.Discard()
		}
	}))
	table := newScreen(std.out)
	ctx, stop := untilSignal(ctx, table.close)
	defer stop()
	var err error
	if r.mesh, err = meshtest.Start(ctx, r.meshOptions()...); err != nil {
		return fmt.Errorf("starting the cluster: %w", err)
	}
	defer r.mesh.Close()
	r.log.Info().Int("nodes", o.nodes).Str("links", o.links).Uint64("seed", o.seed).Msg("cluster_started")

	if r.live {
		table.open()
		defer table.close()
		drawing := table.start(ctx, r.frame, ink(colorful(std.out, std.env)))
		err = r.play(ctx)
		drawing()
		table.close() // before the summary
	} else {
		err = r.play(ctx)
	}
	return errors.Join(err, r.finish(std.out)) //nolint:contextcheck // what a node counts is told without one
}

// meshOptions describes the cluster.
func (r *clusterRun) meshOptions() []meshtest.Option {
	// NATS servers tell much at the level info.
	servers := r.log
	if r.log.GetLevel() == zerolog.InfoLevel {
		servers = r.log.Level(zerolog.WarnLevel)
	}
	mode := linkMode(r.options.links)
	opts := []meshtest.Option{
		meshtest.Nodes(r.options.nodes), meshtest.Cluster(defaultCluster), meshtest.Links(mode),
		meshtest.Seed(r.options.seed), meshtest.Logger(servers),
		meshtest.NodeOptions(func(int) []kith.Option { return []kith.Option{kith.WithLogger(r.log)} }),
	}
	if mode != linker.Connections {
		opts = append(opts, meshtest.SharedServer())
	}
	return opts
}

// play returns when the run is over: by itself, by a signal, or with an error when
// it lost patience.
func (r *clusterRun) play(ctx context.Context) error {
	o := r.options
	if err := r.settle(ctx, r.patience()); err != nil || ctx.Err() != nil {
		return err
	}
	formed := time.Now()
	r.enter("settled")
	r.log.Info().Float64("formed_ms", milliseconds(r.mesh.Formed())).Msg("cluster_settled")
	if o.kill > 0 || o.leave > 0 {
		if err := r.strike(ctx); err != nil {
			return err
		}
		limit := r.patience()
		if o.runFor > 0 {
			limit = time.Until(formed.Add(o.runFor))
		}
		err := r.settle(ctx, limit)
		switch {
		case err != nil && o.runFor == 0:
			return err
		case err == nil && ctx.Err() == nil:
			r.enter("settled again after " + r.struck())
			r.log.Info().Float64("after_ms", milliseconds(time.Since(formed))).Msg("cluster_settled_again")
		}
	}
	switch {
	case o.runFor > 0:
		pause(ctx, time.Until(formed.Add(o.runFor)))
	case r.live:
		<-ctx.Done()
	default:
		pause(ctx, aftermath)
	}
	return nil
}

// patience is how long to wait for the overlay: 0 stands for as long as it takes.
func (r *clusterRun) patience() time.Duration {
	if r.live {
		return 0
	}
	return patience
}

// settle waits until the overlay has settled, or for at most limit if that is not
// 0. A signal is no error.
func (r *clusterRun) settle(ctx context.Context, limit time.Duration) error {
	waiting, cancel := ctx, context.CancelFunc(func() {})
	if limit != 0 {
		waiting, cancel = context.WithTimeout(ctx, limit)
	}
	defer cancel()
	err := r.mesh.AwaitSettled(waiting)
	if err == nil || ctx.Err() != nil {
		return nil
	}
	return fmt.Errorf("not settled after %s: %w", short(limit), err)
}

// strike kills some nodes and lets others leave, as the seed decides.
func (r *clusterRun) strike(ctx context.Context) error {
	kills, leaves := r.options.victims()
	order := rand.New(rand.NewPCG(r.options.seed, 0)).Perm(r.options.nodes)
	doomed, leaving := order[:kills], order[kills:kills+leaves]
	r.mu.Lock()
	for _, i := range doomed {
		r.states[i] = killed
	}
	for _, i := range leaving {
		r.states[i] = left
	}
	r.mu.Unlock()
	r.enter(r.struck() + ", repairing")
	r.log.Info().Ints("killed", doomed).Ints("left", leaving).Msg("cluster_struck")
	r.mesh.Kill(doomed...)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaveTimeout)
	defer cancel()
	return r.mesh.Leave(ctx, leaving...)
}

// struck says how many nodes are gone.
func (r *clusterRun) struck() string {
	kills, leaves := r.options.victims()
	switch {
	case leaves == 0:
		return fmt.Sprintf("%d killed", kills)
	case kills == 0:
		return fmt.Sprintf("%d left", leaves)
	}
	return fmt.Sprintf("%d killed and %d left", kills, leaves)
}

func (r *clusterRun) enter(phase string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.phase = phase
}

// finish ends the log, reports, and returns what is not as it should be.
func (r *clusterRun) finish(out io.Writer) error {
	r.over.Store(true)
	rep := r.report()
	faults := rep.faults()
	if faults != nil {
		if details := r.mesh.Faults(); len(details) > 0 {
			const most = 5
			faults = errors.Join(faults, errors.New(strings.Join(details[:min(len(details), most)], "\n")))
		}
	}
	if r.options.json {
		return errors.Join(faults, writeJSON(out, &rep))
	}
	return errors.Join(faults, rep.writeText(out))
}

// report sums the run up, as it is now.
func (r *clusterRun) report() report {
	m, repair := r.mesh.Report(), r.mesh.Repair()
	rep := report{
		Nodes: m.Nodes, Alive: m.Alive, Components: m.Components, Symmetric: m.Symmetric,
		Settled:  len(r.mesh.Faults()) == 0,
		FormedMS: milliseconds(r.mesh.Formed()),
		Active:   newSpread(m.Active), Passive: newSpread(m.Passive),
		Links:  r.links(m.Links),
		Repair: newRepairTimes(repair.Killed, repair.Detect, repair.Repaired),
		TCP:    m.TCPConnections, Seed: r.options.seed,
		Goroutines: runtime.NumGoroutine(), RSSBytes: residentBytes(),
		ElapsedMS: milliseconds(time.Since(r.started)),
	}
	rep.Repair.Undetected, rep.Repair.Short = repair.Undetected, repair.Short
	g := make(graph)
	for _, n := range r.mesh.Alive() {
		g[n.Self().ID] = ids(n.Neighbors())
	}
	rep.Edges = g.edges()
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range r.states {
		if s == left {
			rep.Left++
		}
	}
	return rep
}

// links counts connections between nodes, not those to a server that all share.
func (r *clusterRun) links(m meshtest.LinkReport) linkCounts {
	c := linkCounts{
		Mode: m.Mode, Wanted: m.Wanted, Up: m.Up,
		Connections: m.Connections, Subscriptions: m.Subscriptions,
	}
	if linkMode(m.Mode) != linker.Connections {
		c.Connections = 0
	}
	return c
}

// frame is the table as it is now.
func (r *clusterRun) frame() *frame {
	f := &frame{Elapsed: time.Since(r.started), Report: r.report()}
	r.mu.Lock()
	f.Phase = r.phase
	states := append([]memberState(nil), r.states...)
	r.mu.Unlock()
	for i, n := range r.mesh.Nodes() {
		row := member{ID: n.Self().ID, State: states[i]}
		if row.State == alive {
			row.Neighbors, row.Spare = ids(n.Neighbors()), n.Stats().Passive
			if n.Links() != nil {
				row.Wanted, row.Up = len(row.Neighbors), n.Links().Counts().Up
			}
		}
		f.Members = append(f.Members, row)
	}
	timeline := r.mesh.Timeline()
	for _, e := range timeline[max(0, len(timeline)-mostEvents):] {
		f.Events = append(f.Events, r.event(e))
	}
	return f
}

// event is one line of the table.
func (r *clusterRun) event(e meshtest.Entry) string {
	line := fmt.Sprintf("%8s  ", short(e.At.Sub(r.started)))
	if e.Node >= 0 {
		line += r.mesh.Node(e.Node).Self().ID + " "
	}
	line += string(e.What)
	if e.Peer != "" {
		line += " " + e.Peer
	}
	if e.Reason != 0 {
		line += " " + e.Reason.String()
	}
	return line
}

// pause waits, unless ctx ends.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
