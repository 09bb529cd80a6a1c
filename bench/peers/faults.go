// What becomes of a cluster of which something is taken away.

package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// warmUp is how many messages are said before a measurement: by then there are trees.
const warmUp = 20

// crash ends one node: its sockets are closed, as the kernel does when a process dies.
func crash(ctx context.Context, t task) (values, error) {
	return afterLoss(ctx, t, []int{t.Nodes / 2}, nil)
}

// half ends every other node at once.
func half(ctx context.Context, t task) (values, error) {
	var dead []int
	for i := 1; i < t.Nodes; i += 2 {
		dead = append(dead, i)
	}
	return afterLoss(ctx, t, dead, nil)
}

// vanish puts one node into a black hole: nothing that it sends arrives, and nothing arrives there.
func vanish(ctx context.Context, t task) (values, error) {
	return afterLoss(ctx, t, []int{t.Nodes / 2}, &weather{})
}

// afterLoss measures how long it takes until those who are left are whole without those who are not. With
// Kith a message must have come to all of them besides.
func afterLoss(ctx context.Context, t task, dead []int, w *weather) (values, error) {
	tracked := newTracker(t.Nodes)
	c, _, err := open(ctx, t, tracked.receive, w)
	if err != nil {
		return nil, err
	}
	defer c.close()
	if err := chat(ctx, c, tracked); err != nil {
		return nil, err
	}
	left := slices.DeleteFunc(everybody(t.Nodes), func(i int) bool { return slices.Contains(dead, i) })
	killed := make(chan struct{})
	begin := time.Now()
	go func() {
		defer close(killed)
		if w == nil {
			c.kill(dead)
			return
		}
		w.set(func(a, b int) bool { return slices.Contains(dead, a) || slices.Contains(dead, b) })
	}()
	defer func() { <-killed }()
	if err := await(ctx, t.Times.Repair, func() bool { return c.whole(left, false) }); err != nil {
		return nil, err
	}
	known := time.Since(begin)
	v := values{"whole": milliseconds(known)}
	heard, err := reach(ctx, t, c, tracked, dead)
	if err != nil {
		return nil, err
	}
	v["heard"] = milliseconds(heard.Sub(begin))
	return v, nil
}

// chat says some messages, each by another node, and waits until they are everywhere.
func chat(ctx context.Context, c cluster, tracked *tracker) error {
	w := tracked.next(warmUp, false)
	payload := newPayload()
	for i := range warmUp {
		origin := i % tracked.nodes
		tracked.mark(payload, w, i, origin, time.Now())
		if err := c.publish(ctx, origin, payload); err != nil {
			return err
		}
		if err := rest(ctx, 50*time.Millisecond); err != nil {
			return err
		}
	}
	const patience = 3 * time.Second
	// Some sides lose messages. That is measured elsewhere.
	if err := await(ctx, patience, w.everywhere); err != nil && ctx.Err() != nil {
		return err
	}
	return nil
}

// reach says a message, again and again where one may get lost, until one has come to all but the dead.
func reach(ctx context.Context, t task, c cluster, tracked *tracker, dead []int) (time.Time, error) {
	payload := newPayload()
	const patience, attempts = 10 * time.Second, 5
	for range attempts {
		w := tracked.next(1, false)
		tracked.mark(payload, w, 0, 0, time.Now())
		for _, i := range dead {
			if w.see(i) {
				w.missing[0].Add(-1)
			}
		}
		if err := c.publish(ctx, 0, payload); err != nil {
			return time.Time{}, err
		}
		if await(ctx, patience, func() bool { return w.missing[0].Load() <= 0 }) == nil {
			return time.Now(), nil
		}
	}
	return time.Time{}, fmt.Errorf("%d messages did not come to all of %d nodes", attempts, t.Nodes-len(dead))
}

// partition cuts a cluster in two halves for a while, and measures how long it takes after that until it
// is whole again. A side that never does has no such value.
func partition(ctx context.Context, t task) (values, error) {
	tracked, sky := newTracker(t.Nodes), &weather{}
	c, _, err := open(ctx, t, tracked.receive, sky)
	if err != nil {
		return nil, err
	}
	defer c.close()
	if err := chat(ctx, c, tracked); err != nil {
		return nil, err
	}
	in := func(i int) bool { return i < t.Nodes/2 }
	sky.set(func(a, b int) bool { return in(a) != in(b) })
	if err := rest(ctx, t.Times.Cut); err != nil {
		return nil, err
	}
	if c.whole(everybody(t.Nodes), false) {
		return nil, errors.New("the two halves are whole in spite of the cut")
	}
	sky.set(nil)
	begin := time.Now()
	if err := await(ctx, t.Times.Heal, func() bool { return c.whole(everybody(t.Nodes), false) }); err != nil {
		return values{}, ctx.Err()
	}
	if _, err := reach(ctx, t, c, tracked, nil); err != nil {
		return nil, err
	}
	return values{"healed": time.Since(begin).Seconds()}, nil
}
