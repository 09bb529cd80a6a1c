// One measurement of one side.

package load

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"time"

	"github.com/kithmesh/kith/bench/machine"
)

const (
	// startLimit bounds how long a cluster may take to form.
	startLimit = 2 * time.Minute
	// batches is how many times in one window the publisher is let through.
	batches = 16
	// MostInFlight bounds what a steady publisher has in flight. It is far more than
	// ever is, or latencies would look better than they are.
	MostInFlight = 1 << 16
)

// Conditions are the same for all sides.
type Conditions struct {
	Nodes, Size int           // the size is that of the payload in bytes, [LeastSize] at least
	Window      int           // messages in flight, at full speed
	WarmUp, Run time.Duration // before measuring, and measured
}

// Speed is what a side does at full speed.
type Speed struct {
	Rate float64 // messages a second that came to every node
	CPU  float64 // µs of processor time per delivery, everything included
	// Others is how many processors were busy with something else.
	Others float64
}

// Delay is how long a message takes to the last node.
type Delay struct {
	P50, P99 time.Duration
	Others   float64
}

// Throughput measures a side at full speed.
func Throughput(ctx context.Context, s Side, c Conditions) (Speed, error) {
	var result Speed
	batch := max(c.Window/batches, 1)
	err := on(ctx, s, c, newGate(c.Nodes, batch, c.Window/batch), func(ctx context.Context, l *load) error {
		stop, ended := make(chan struct{}), make(chan error, 1)
		go func() { ended <- l.full(ctx, stop) }()
		halt := func() error {
			close(stop)
			return <-ended
		}
		var marks [2]mark
		for i, over := range []func(since time.Duration) bool{
			func(since time.Duration) bool { return l.warmed(since, c) },
			func(since time.Duration) bool { return since >= c.Run && l.tracker.slowest() > marks[0].received },
		} {
			if err := until(over, ended); err != nil {
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
		result = marks[1].since(marks[0], c.Nodes)
		return nil
	})
	return result, err
}

// until waits until something is over, or the publisher has ended.
func until(over func(since time.Duration) bool, ended <-chan error) error {
	const look = 10 * time.Millisecond
	ticker := time.NewTicker(look)
	defer ticker.Stop()
	for began := time.Now(); !over(time.Since(began)); {
		select {
		case <-ticker.C:
		case err := <-ended:
			return err
		}
	}
	return nil
}

// What has to come to every node before a side is warm, if it does within so many times the time
// to warm up: more than what a node of Kith keeps, so that it does not measure fresh memory.
const (
	warmBytes = 20 << 20
	warmTimes = 3
)

// warmed says whether the memory of a side is in use.
func (l *load) warmed(since time.Duration, c Conditions) bool {
	return since >= c.WarmUp && (since >= warmTimes*c.WarmUp || l.tracker.slowest()*uint64(c.Size) >= warmBytes)
}

// Latency measures a side at a steady rate, in messages a second.
func Latency(ctx context.Context, s Side, c Conditions, rate float64) (Delay, error) {
	var result Delay
	skipped := skippedAt(rate, c.WarmUp)
	messages := skipped + max(uint64(rate*c.Run.Seconds()), 1)
	g := newGate(c.Nodes, 1, MostInFlight)
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
	result.P50, result.P99 = Percentile(times, 50), Percentile(times, 99)
	return result, err
}

// skippedAt is how many messages warm up at a rate. Where it is low they take longer: the first
// hundred find the ways that the others take.
func skippedAt(rate float64, warmUp time.Duration) uint64 {
	const least = 100
	return uint64(max(rate*warmUp.Seconds(), min(least, warmTimes*rate*warmUp.Seconds())))
}

// on starts a side, does something with it, and ends it; an error when anything of
// what was published is not as it should be at the end.
func on(ctx context.Context, s Side, c Conditions, g *gate, do func(ctx context.Context, l *load) error) error {
	runtime.GC() // what the side before has left
	t := newTracker(c.Nodes, c.Size, g)
	l := &load{tracker: t, payload: make([]byte, c.Size)}
	starting, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	var err error
	if l.cluster, err = s.Start(starting, c.Nodes, t.receive); err != nil {
		return fmt.Errorf("%s: starting %d nodes: %w", s.Name, c.Nodes, err)
	}
	err = t.reach(starting, l.cluster.Publish)
	if err == nil {
		err = do(ctx, l)
	}
	if err == nil {
		err = g.drained(ctx)
	}
	l.cluster.Close()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err = errors.Join(err, t.verdict(l.sent)); err != nil {
		return fmt.Errorf("%s: %d nodes, %d bytes: %w", s.Name, c.Nodes, c.Size, err)
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
	cpu, err := machine.ProcessorTime()
	if err != nil {
		return mark{}, fmt.Errorf("the processor time: %w", err)
	}
	busy, _ := machine.BusyTime()
	return mark{at: t.now(), received: t.slowest(), cpu: cpu, busy: busy}, nil
}

// since is what was done between two moments.
func (m mark) since(before mark, nodes int) Speed {
	messages, elapsed := float64(m.received-before.received), (m.at - before.at).Seconds()
	s := Speed{Rate: messages / elapsed, Others: m.others(before)}
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
