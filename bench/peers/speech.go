// What messages cost, and how many a cluster can carry.

package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// pause is the time between single messages.
const pause = 250 * time.Millisecond

// message measures single messages, each of another node.
func message(ctx context.Context, t task) (values, error) {
	tracked := newTracker(t.Nodes)
	c, _, err := open(ctx, t, tracked.receive, nil)
	if err != nil {
		return nil, err
	}
	defer c.close()
	if err := rest(ctx, t.Times.Settle/2); err != nil {
		return nil, err
	}
	if err := chat(ctx, c, tracked); err != nil {
		return nil, err
	}
	quiet, err := spent(func() error { return rest(ctx, t.Times.Speak) })
	if err != nil {
		return nil, err
	}
	came, fresh := c.copies()
	w := tracked.next(max(1, int(t.Times.Speak/pause)), true)
	loud, err := spent(func() error { return single(ctx, c, tracked, w) })
	if err != nil {
		return nil, err
	}
	_ = await(ctx, t.Times.Late, w.everywhere) // what is missing then is counted as lost
	cameNow, freshNow := c.copies()
	p50, last := w.percentiles()
	deliveries := float64(w.came.Load())
	if deliveries == 0 {
		return nil, errors.New("no message came to anybody")
	}
	bytes := loud.bytes - quiet.bytes*loud.seconds/quiet.seconds
	packets := loud.packets - quiet.packets*loud.seconds/quiet.seconds
	v := values{
		"p50": milliseconds(p50), "last": milliseconds(last), "lost": float64(w.expected) - deliveries,
		"bytes": bytes / deliveries, "packets": packets / deliveries,
	}
	if came < cameNow && fresh < freshNow {
		v["copies"] = float64(cameNow-came) / float64(freshNow-fresh)
	}
	return v, nil
}

// single publishes messages one by one, and rests after the last.
func single(ctx context.Context, c cluster, tracked *tracker, w *wave) error {
	payload := newPayload()
	for i := range w.due {
		origin := i % tracked.nodes
		tracked.mark(payload, w, i, origin, time.Now())
		if err := c.publish(ctx, origin, payload); err != nil {
			return err
		}
		if err := rest(ctx, pause); err != nil {
			return err
		}
	}
	return nil
}

// spending is what was sent within some time.
type spending struct{ bytes, packets, seconds float64 }

func spent(do func() error) (spending, error) {
	before, err := used()
	if err != nil {
		return spending{}, err
	}
	if err := do(); err != nil {
		return spending{}, err
	}
	after, err := used()
	if err != nil {
		return spending{}, err
	}
	sent := after.traffic.since(before.traffic)
	return spending{float64(sent.bytes), float64(sent.packets), after.at.Sub(before.at).Seconds()}, nil
}

// The search for the highest rate: it doubles from the first until there is one that is too high, and
// then halves what is between.
const (
	firstRate, mostRate = 8, 1 << 20
	halvings            = 2
	attempts            = 3 // a rate is reached if one of them is good: a side that loses one message in thousands is not slow
)

// rate measures the highest rate of messages of one node at which all are everywhere in time.
func rate(ctx context.Context, t task) (values, error) {
	r := &runner{task: t, tracked: newTracker(t.Nodes)}
	defer r.end()
	best, err := search(func(perSecond int) (bool, error) {
		for range attempts {
			good, err := r.trial(ctx, perSecond)
			if good || err != nil {
				return good, err
			}
		}
		return false, nil
	})
	return values{"rate": float64(best)}, err
}

// search finds the highest rate that is good, 0 for none.
func search(good func(perSecond int) (bool, error)) (int, error) {
	low, high := 0, firstRate
	for high <= mostRate {
		ok, err := good(high)
		if err != nil {
			return low, err
		}
		if !ok {
			break
		}
		low, high = high, 2*high
	}
	for range halvings {
		middle := (low + high) / 2
		if low == 0 || middle == low {
			break
		}
		ok, err := good(middle)
		switch {
		case err != nil:
			return low, err
		case ok:
			low = middle
		default:
			high = middle
		}
	}
	return low, nil
}

// runner makes trials, each on a cluster that nothing is left over in.
type runner struct {
	task
	tracked *tracker
	cluster cluster
}

func (r *runner) end() {
	if r.cluster != nil {
		r.cluster.close()
		r.cluster = nil
	}
}

// trial reports whether all messages of a rate were everywhere in time. One that is published late
// since others held it up counts from when it was due.
func (r *runner) trial(ctx context.Context, perSecond int) (bool, error) {
	if r.cluster == nil {
		c, _, err := open(ctx, r.task, r.tracked.receive, nil)
		if err != nil {
			return false, err
		}
		r.cluster = c
		if err := chat(ctx, c, r.tracked); err != nil {
			return false, err
		}
	}
	w := r.tracked.next(max(1, int(float64(perSecond)*r.Times.Trial.Seconds())), false)
	err := r.speak(ctx, w, perSecond)
	if err == nil {
		err = await(ctx, r.Times.Late, w.everywhere)
	}
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	if err == nil && w.late(r.Times.Late) == 0 {
		return true, nil
	}
	r.end() // with what it has not done yet
	return false, nil
}

// speak publishes at a steady rate. It gives up when it is too far behind.
func (r *runner) speak(ctx context.Context, w *wave, perSecond int) error {
	ctx, cancel := context.WithTimeout(ctx, r.Times.Trial+r.Times.Late)
	defer cancel()
	payload := newPayload()
	begin := time.Now()
	for i := range w.due {
		due := begin.Add(time.Duration(float64(i) / float64(perSecond) * float64(time.Second)))
		if ahead := time.Until(due); ahead > time.Millisecond {
			if err := rest(ctx, ahead); err != nil {
				return err
			}
		}
		if behind := time.Since(due); behind > r.Times.Late {
			return fmt.Errorf("the publisher is %s behind", behind)
		}
		r.tracked.mark(payload, w, i, 0, due)
		if err := r.cluster.publish(ctx, 0, payload); err != nil {
			return err
		}
	}
	return nil
}
