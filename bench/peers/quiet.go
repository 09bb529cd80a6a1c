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

// joiners is how many nodes join a cluster, one after the other.
const joiners = 5

// join measures what it costs that nodes join a cluster which has been left alone for a while: what is sent
// more than by one that nobody joins, in the same time. That is long enough for what a cluster does every ten
// seconds or so to happen as often in both.
func join(ctx context.Context, t task) (values, error) {
	t.Spare = joiners
	c, _, err := open(ctx, t, nil, nil)
	if err != nil {
		return nil, err
	}
	defer c.close()
	if err := rest(ctx, t.Times.Settle); err != nil {
		return nil, err
	}
	quiet, err := spent(func() error { return rest(ctx, t.Times.Idle) })
	if err != nil {
		return nil, err
	}
	var took time.Duration
	busy, err := spent(func() error {
		begin := time.Now()
		for n := t.Nodes; n < t.Nodes+joiners; n++ {
			if err := c.start(ctx, n); err != nil {
				return err
			}
			if err := await(ctx, t.Times.Form, func() bool { return c.whole(everybody(n+1), true) }); err != nil {
				return err
			}
		}
		took = time.Since(begin)
		return rest(ctx, t.Times.Idle-took) // until everything about it is said
	})
	if err != nil {
		return nil, err
	}
	return values{
		"bytes":   (busy.bytes - quiet.bytes*busy.seconds/quiet.seconds) / joiners,
		"seconds": took.Seconds() / joiners,
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
