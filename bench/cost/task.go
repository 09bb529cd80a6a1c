// What a child does.

package main

import (
	"context"
	"fmt"
	"runtime"
	"time"

	"github.com/kithmesh/kith/bench/load"
	"github.com/kithmesh/kith/bench/machine"
	"github.com/kithmesh/kith/bench/side"
)

// The sides that are measured.
const (
	poolOff     = "NATS routes, pool off"
	defaultPool = "NATS routes, default pool"
)

// task is what a child has to do.
type task struct {
	// Part is what it plays: the whole cluster at rest, or in the measurement of publishing the
	// publisher alone, or the others.
	Part  part
	Side  string
	Nodes int
	// Settle and Measure are in nanoseconds.
	Settle, Measure, Limit time.Duration
	// First is the address of a node of the others, for the publisher.
	First string
	// Rate is that of the publisher, in messages a second.
	Rate float64
}

type part string

const (
	whole     part = "whole"
	publisher part = "publisher"
	others    part = "others"
)

// result is what it found.
type result struct {
	Formed     time.Duration // from nothing until all is linked
	Incomplete string        // why it was not all linked when Formed had gone by, if so
	Sockets    int           // both ends of each connection in the process, and listeners
	Goroutines int
	Resident   int64   // bytes in RAM, in the end
	Busy       float64 // processors kept busy, at rest
	PerPublish float64 // µs of processor time per message, beyond that at rest
	First      string  // the address of a node
}

// serve is the main function of a child. It closes nothing: the process ends, and a large cluster
// of NATS servers takes minutes to end server by server.
func serve(ctx context.Context, t task, answer func(result) error) error {
	switch t.Part {
	case whole:
		return standStill(ctx, t, answer)
	case publisher:
		return publish(ctx, t, answer)
	case others:
		return listen(ctx, t, answer)
	default:
		return fmt.Errorf("a child that is to play %q", t.Part)
	}
}

// standStill starts a cluster and lets it do nothing.
func standStill(ctx context.Context, t task, answer func(result) error) error {
	var r result
	began := time.Now()
	c, err := start(ctx, t)
	if c == nil {
		return err
	}
	if r.Formed = time.Since(began); err != nil {
		r.Incomplete = err.Error()
	}
	if r.Busy, err = rest(ctx, t); err != nil {
		return err
	}
	if r.Sockets, err = machine.Sockets(); err != nil {
		return err
	}
	r.Goroutines = runtime.NumGoroutine()
	if r.Resident, err = machine.Resident(); err != nil {
		return err
	}
	return answer(r)
}

// start starts a whole cluster, without clients and subscriptions. With NATS routes both results may
// be set: the servers are there, and not all of them linked.
func start(ctx context.Context, t task) (load.Cluster, error) {
	ctx, cancel := context.WithTimeout(ctx, t.Limit)
	defer cancel()
	switch t.Side {
	case poolOff:
		return routed(ctx, t, side.PoolOff)
	case defaultPool:
		return routed(ctx, t, side.DefaultPool)
	case side.Linker:
		return side.StartLinked(ctx, t.Nodes)
	case side.Bridge:
		return side.BridgedServers(ctx, t.Nodes)
	case side.Callback:
		return side.StartMesh(ctx, t.Nodes, func(int, []byte) {})
	default:
		return nil, fmt.Errorf("no side is called %q", t.Side)
	}
}

// routed starts a NATS cluster.
func routed(ctx context.Context, t task, pool int) (load.Cluster, error) {
	c, err := side.StartServers(ctx, pool, t.Nodes, "")
	if err != nil {
		return nil, err
	}
	return c, c.Routed(ctx, t.Nodes-1)
}

// rest lets time pass, and returns how many processors this process kept busy then.
func rest(ctx context.Context, t task) (float64, error) {
	if err := wait(ctx, t.Settle); err != nil {
		return 0, err
	}
	used, err := used(func() error { return wait(ctx, t.Measure) })
	return used.Seconds() / t.Measure.Seconds(), err
}

// used is the processor time of this process while something is done.
func used(do func() error) (time.Duration, error) {
	before, err := machine.ProcessorTime()
	if err != nil {
		return 0, err
	}
	if err := do(); err != nil {
		return 0, err
	}
	after, err := machine.ProcessorTime()
	return after - before, err
}

func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
