// One run of a cluster: what is done to it, when it ends, and what it came to.

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
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
	// lead is how long messages are published before nodes are killed.
	lead = 500 * time.Millisecond
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
	// traffic is nil until something is published.
	traffic *publishing
	bridged *bridgeReport // nil until it has been tried
	board   *board        // nil without a page
	byHand  bool          // somebody has done something to the nodes
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

	unshow, err := r.show(ctx)
	if err != nil {
		return err
	}
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
	return errors.Join(err, r.finish(std.out), unshow()) //nolint:contextcheck // what a node counts is told without one
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
	if r.options.tls {
		opts = append(opts, meshtest.TLS())
	}
	if zones := r.options.zones; zones > 0 {
		opts = append(opts, meshtest.Configure(func(i int, cfg *kith.Config) {
			cfg.Zone, cfg.Membership.ZoneShare = fmt.Sprintf("zone-%d", i%zones+1), 0.6
		}))
	}
	switch {
	case r.options.bridge:
		opts = append(opts, meshtest.Bridges())
	case mode != linker.Connections:
		opts = append(opts, meshtest.SharedServer())
	}
	return opts
}

// play returns when the run is over, and what was published has arrived.
func (r *clusterRun) play(ctx context.Context) error {
	err := r.act(ctx)
	r.mu.Lock()
	traffic := r.traffic
	r.mu.Unlock()
	if traffic != nil {
		r.enter("waiting for the last messages")
		err = errors.Join(err, traffic.finish(r.survivors()))
	}
	r.rest(ctx)
	return err
}

// rest gives the overlay a moment to settle, so that the report is not of the middle of an exchange of
// links, or of what was done by hand just now. A cut, or a node that is paused, may keep it from that.
func (r *clusterRun) rest(ctx context.Context) {
	r.enter("settling")
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), aftermath)
	defer cancel()
	_ = r.mesh.AwaitSettled(ctx) // the report tells how it is
}

// act returns when the run is over: by itself, by a signal, or with an error when it
// lost patience.
func (r *clusterRun) act(ctx context.Context) error {
	o := r.options
	if err := r.settle(ctx, r.patience()); err != nil || ctx.Err() != nil {
		return err
	}
	formed := time.Now()
	r.enter("settled")
	r.log.Info().Float64("formed_ms", milliseconds(r.mesh.Formed())).Msg("cluster_settled")
	if o.bridge {
		if err := r.bridge(ctx); err != nil {
			return err
		}
	}
	if o.publish != 0 {
		traffic, err := startPublishing(ctx, o, r.mesh.Nodes())
		if err != nil {
			return err
		}
		r.mu.Lock()
		r.traffic = traffic
		r.mu.Unlock()
	}
	if o.kill > 0 || o.leave > 0 {
		if o.publish != 0 {
			pause(ctx, lead)
		}
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
	if o.churn > 0 {
		return r.churn(ctx, formed)
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

// bridge tells where the servers are, and tries what joins them.
func (r *clusterRun) bridge(ctx context.Context) error {
	nodes := r.mesh.Alive()
	for _, n := range nodes {
		r.log.Info().Str("node", n.Self().ID).Str("nats", n.Server().URL()).Msg("bridged_server")
	}
	bridged, err := tryBridge(ctx, nodes)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.bridged = bridged
	if err != nil && ctx.Err() == nil {
		return fmt.Errorf("trying the bridge: %w", err)
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

// survivors are the nodes that have neither been killed nor left.
func (r *clusterRun) survivors() []int {
	r.mu.Lock()
	defer r.mu.Unlock()
	var all []int
	for i, s := range r.states {
		if s == alive {
			all = append(all, i)
		}
	}
	return all
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

// pause waits, unless ctx ends.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
