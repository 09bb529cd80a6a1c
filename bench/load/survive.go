// What becomes of messages while a node is killed.

package load

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"
	"time"
)

// Killer is a cluster of which single nodes can be killed.
type Killer interface {
	Cluster
	// Kill ends a node as a crash of its process would, as nearly as one process allows:
	// connections are closed, and nobody is told. It is never the first node, which
	// publishes.
	Kill(node int)
	// Busiest is a node other than the first whose death hurts most.
	Busiest() int
}

// Survival is what the survivors got.
type Survival struct {
	// Lost are messages that did not come, each counted at every survivor that lacks it.
	Lost int
	// Longest is how long a message took to the last survivor, of those that came to all.
	Longest time.Duration
	Others  float64
}

// errNotKilled is about clusters whose nodes cannot be killed.
var errNotKilled = errors.New("nodes of this side cannot be killed")

// Survive publishes at a steady rate, in messages a second, for twice c.Run, and kills a node in
// the middle.
func Survive(ctx context.Context, s Side, c Conditions, rate float64) (Survival, error) {
	runtime.GC() // what the side before has left
	messages := int(rate * 2 * c.Run.Seconds())
	if messages < 1 || messages > MostInFlight {
		return Survival{}, fmt.Errorf("%d messages, want 1 to %d", messages, MostInFlight)
	}
	t := newTracker(c.Nodes, c.Size, newGate(c.Nodes, 1, MostInFlight))
	w := newWake(t, messages)
	starting, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	cluster, err := s.Start(starting, c.Nodes, w.receive)
	if err != nil {
		return Survival{}, fmt.Errorf("%s: starting %d nodes: %w", s.Name, c.Nodes, err)
	}
	defer cluster.Close()
	victims, ok := cluster.(Killer)
	if !ok {
		return Survival{}, fmt.Errorf("%s: %w", s.Name, errNotKilled)
	}
	l := &load{cluster: cluster, tracker: t, payload: make([]byte, c.Size)}
	if err := t.reach(starting, cluster.Publish); err != nil {
		return Survival{}, fmt.Errorf("%s: %w", s.Name, err)
	}
	if err := l.warm(ctx, c.WarmUp, rate); err != nil {
		return Survival{}, fmt.Errorf("%s: %w", s.Name, err)
	}
	survival, err := w.kill(ctx, l, victims, c.Run, rate)
	if err != nil {
		return survival, fmt.Errorf("%s: %d nodes: %w", s.Name, c.Nodes, err)
	}
	return survival, nil
}

// warm publishes messages that nobody counts.
func (l *load) warm(ctx context.Context, d time.Duration, rate float64) error {
	ticker := time.NewTicker(max(time.Duration(float64(time.Second)/rate), time.Millisecond))
	defer ticker.Stop()
	write(l.payload, probe, 0)
	for end := time.Now().Add(d); time.Now().Before(end); {
		if err := l.cluster.Publish(ctx, l.payload); err != nil {
			return err
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// wake counts what comes to the survivors.
type wake struct {
	tracker *tracker
	victim  atomic.Int64
	last    []atomic.Uint64 // the latest message of each node
	got     []atomic.Int64  // how many it has
	came    []atomic.Int32  // for each message, the survivors that have it
	times   []atomic.Int64  // how long it took to the last of them, in nanoseconds
	wanted  atomic.Int64    // messages that not all survivors have
	all     chan struct{}   // closed when there is none
}

func newWake(t *tracker, messages int) *wake {
	w := &wake{
		tracker: t, last: make([]atomic.Uint64, len(t.nodes)), got: make([]atomic.Int64, len(t.nodes)),
		came: make([]atomic.Int32, messages+1), times: make([]atomic.Int64, messages+1), all: make(chan struct{}),
	}
	w.victim.Store(-1)
	w.wanted.Store(int64(messages))
	return w
}

// receive takes a message that has come to a node. Whoever gets one twice, or out of order, is a
// fault; that one is missing shows at the end.
func (w *wake) receive(node int, payload []byte) {
	number, sent, err := read(payload, w.tracker.size)
	if err != nil || number == probe || number >= uint64(len(w.came)) {
		w.tracker.receive(node, payload)
		return
	}
	if int64(node) == w.victim.Load() {
		return
	}
	if last := w.last[node].Swap(number); number <= last {
		w.tracker.fault(fmt.Errorf("node %d: message %d after %d", node, number, last))
		return
	}
	w.got[node].Add(1)
	if int(w.came[number].Add(1)) < len(w.last)-1 {
		return
	}
	w.times[number].Store(int64(w.tracker.now() - sent))
	if w.wanted.Add(-1) == 0 {
		close(w.all)
	}
}

// kill publishes all messages, and kills the busiest node after the first half of the time.
func (w *wake) kill(ctx context.Context, l *load, victims Killer, half time.Duration, rate float64) (Survival, error) {
	victim := victims.Busiest()
	w.victim.Store(int64(victim))
	before, err := w.tracker.mark()
	if err != nil {
		return Survival{}, err
	}
	killed := make(chan struct{})
	killer := time.AfterFunc(half, func() {
		victims.Kill(victim)
		close(killed)
	})
	messages := len(w.came) - 1
	if err := l.paced(ctx, uint64(messages), rate); err != nil {
		if !killer.Stop() {
			<-killed
		}
		return Survival{}, err
	}
	<-killed
	select {
	case <-w.all:
	case <-time.After(stalled):
	case <-ctx.Done():
		return Survival{}, ctx.Err()
	}
	after, err := w.tracker.mark()
	if err != nil {
		return Survival{}, err
	}
	return w.sum(victim, after.others(before))
}

// sum looks at what came.
func (w *wake) sum(victim int, others float64) (Survival, error) {
	s := Survival{Others: others}
	for node := range w.got {
		if node != victim {
			s.Lost += len(w.came) - 1 - int(w.got[node].Load())
		}
	}
	for n := range w.times {
		s.Longest = max(s.Longest, time.Duration(w.times[n].Load()))
	}
	w.tracker.mu.Lock()
	defer w.tracker.mu.Unlock()
	return s, w.tracker.first
}
