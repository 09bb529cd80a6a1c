// What a cluster costs that forms, and that does nothing.

package main

import (
	"context"
	"time"
)

// form measures how a cluster forms.
func form(ctx context.Context, t task) (values, error) {
	before, err := used()
	if err != nil {
		return nil, err
	}
	c, took, err := open(ctx, t, nil, nil)
	if err != nil {
		return nil, err
	}
	defer c.close()
	after, err := used()
	if err != nil {
		return nil, err
	}
	n := float64(t.Nodes)
	return values{
		"seconds": took.Seconds(),
		"bytes":   float64(after.traffic.since(before.traffic).bytes) / n,
		"cpu":     (after.cpu - before.cpu).Seconds() * 1000 / n,
	}, nil
}

// idle measures a cluster that has been left alone for a while.
func idle(ctx context.Context, t task) (values, error) {
	empty := memory()
	c, _, err := open(ctx, t, nil, nil)
	if err != nil {
		return nil, err
	}
	defer c.close()
	if err := rest(ctx, t.Times.Settle); err != nil {
		return nil, err
	}
	before, err := used()
	if err != nil {
		return nil, err
	}
	if err := rest(ctx, t.Times.Idle); err != nil {
		return nil, err
	}
	after, err := used()
	if err != nil {
		return nil, err
	}
	per := after.at.Sub(before.at).Seconds() * float64(t.Nodes)
	sent := after.traffic.since(before.traffic)
	return values{
		"bytes":   float64(sent.bytes) / per,
		"packets": float64(sent.packets) / per,
		"cpu":     (after.cpu - before.cpu).Seconds() * 1000 / per,
		"garbage": float64(after.garbage-before.garbage) / per,
		"memory":  (memory() - empty) / float64(t.Nodes),
	}, nil
}

// milliseconds is a duration as a figure.
func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
