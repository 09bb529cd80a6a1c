// One measurement of one side.

package main

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"time"
)

const (
	// startLimit bounds how long a cluster may take to form.
	startLimit = 2 * time.Minute
	// batches is how many times in one window the publisher is let through.
	batches = 16
	// mostInFlight bounds what a steady publisher has in flight. It is far more than
	// ever is, or latencies would look better than they are.
	mostInFlight = 1 << 16
)

// conditions are the same for both sides.
type conditions struct {
	delivery    string // of Kith
	nodes, size int
	window      int           // messages in flight, at full speed
	warmUp, run time.Duration // before measuring, and measured
	// pace is the part of what the slower side can do at which latencies are measured.
	pace float64
}

// speed is what a side does at full speed.
type speed struct {
	Rate float64 // messages a second that came to every node
	CPU  float64 // µs of processor time per delivery, everything included
	// Others is how many processors were busy with something else.
	Others float64
}

// delay is how long a message takes to the last node.
type delay struct {
	P50, P99 time.Duration
	Others   float64
}

// throughput measures a side at full speed.
func throughput(ctx context.Context, s side, c conditions) (speed, error) {
	var result speed
	batch := max(c.window/batches, 1)
	err := on(ctx, s, c, newGate(c.nodes, batch, c.window/batch), func(ctx context.Context, l *load) error {
		stop, ended := make(chan struct{}), make(chan error, 1)
		go func() { ended <- l.full(ctx, stop) }()
		halt := func() error {
			close(stop)
			return <-ended
		}
		var marks [2]mark
		for i, wait := range []time.Duration{c.warmUp, c.run} {
			select {
			case <-time.After(wait):
			case err := <-ended:
				return err
			}
			var err error
			if marks[i], err = l.tracker.mark(); err != nil {
				return errors.Join(err, halt())
			}
		}
		if err := halt(); err != nil {
			return err
		}
		result = marks[1].since(marks[0], c.nodes)
		return nil
	})
	return result, err
}

// latency measures a side at a steady rate.
func latency(ctx context.Context, s side, c conditions, rate float64) (delay, error) {
	var result delay
	skipped := uint64(rate * c.warmUp.Seconds())
	messages := skipped + max(uint64(rate*c.run.Seconds()), 1)
	g := newGate(c.nodes, 1, mostInFlight)
	g.times = make([]time.Duration, messages)
	err := on(ctx, s, c, g, func(ctx context.Context, l *load) error {
		before, err := l.tracker.mark()
		if err != nil {
			return err
		}
		if err := l.paced(ctx, messages, rate); err != nil {
			return err
		}
		after, err := l.tracker.mark()
		result.Others = after.others(before)
		return err
	})
	times := g.times[skipped:]
	slices.Sort(times)
	result.P50, result.P99 = percentile(times, 50), percentile(times, 99)
	return result, err
}

// on starts a side, does something with it, and ends it; an error when anything of
// what was published is not as it should be at the end.
func on(ctx context.Context, s side, c conditions, g *gate, do func(ctx context.Context, l *load) error) error {
	runtime.GC() // what the side before has left
	t := newTracker(c.nodes, c.size, g)
	l := &load{tracker: t, payload: make([]byte, c.size)}
	starting, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	var err error
	if l.cluster, err = s.start(starting, c.nodes, t.receive); err != nil {
		return fmt.Errorf("%s: starting %d nodes: %w", s.name, c.nodes, err)
	}
	err = t.reach(starting, l.cluster.publish)
	if err == nil {
		err = do(ctx, l)
	}
	if err == nil {
		err = g.drained(ctx)
	}
	l.cluster.close()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err = errors.Join(err, t.verdict(l.sent)); err != nil {
		return fmt.Errorf("%s: %d nodes, %d bytes: %w", s.name, c.nodes, c.size, err)
	}
	return nil
}

// mark is a moment of a measurement.
type mark struct {
	at       time.Duration
	cpu      time.Duration // used by this process
	busy     time.Duration // used by everybody, if known
	received uint64
}

func (t *tracker) mark() (mark, error) {
	cpu, err := processorTime()
	if err != nil {
		return mark{}, fmt.Errorf("the processor time: %w", err)
	}
	busy, _ := busyTime()
	return mark{at: t.now(), received: t.slowest(), cpu: cpu, busy: busy}, nil
}

// since is what was done between two moments.
func (m mark) since(before mark, nodes int) speed {
	messages, elapsed := float64(m.received-before.received), (m.at - before.at).Seconds()
	s := speed{Rate: messages / elapsed, Others: m.others(before)}
	if messages > 0 {
		s.CPU = float64((m.cpu - before.cpu).Microseconds()) / (messages * float64(nodes))
	}
	return s
}

// others is how many processors were busy with something else.
func (m mark) others(before mark) float64 {
	used := (m.busy - before.busy) - (m.cpu - before.cpu)
	return max(used.Seconds()/(m.at-before.at).Seconds(), 0)
}
