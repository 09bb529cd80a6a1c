// The window that holds the publisher back.

package load

import (
	"context"
	"errors"
	"sync/atomic"
	"time"
)

// gate lets the publisher be at most a window of messages ahead of the slowest
// node. It counts in batches: when the last of a batch has come to every node, the
// publisher may send another one. That is known without a message, since all nodes
// are in one process, and costs a receiver next to nothing.
type gate struct {
	nodes int32
	batch uint64
	// came counts, for each batch in flight, the nodes to which its last message has
	// come.
	came    []atomic.Int32
	credits chan struct{} // one for each batch that may be sent
	// times, where it is not nil, has for each message how long it took to the last
	// node. Batches are of one message then.
	times []time.Duration
}

// newGate makes a gate for a window of that many batches.
func newGate(nodes, batch, batches int) *gate {
	g := &gate{
		nodes: int32(nodes), batch: uint64(batch),
		came: make([]atomic.Int32, batches), credits: make(chan struct{}, batches),
	}
	for range batches {
		g.credits <- struct{}{}
	}
	return g
}

// arrived takes note that a message has come to one more node.
func (g *gate) arrived(number uint64, sent time.Duration, t *tracker) {
	if number%g.batch != 0 {
		return
	}
	came := &g.came[number/g.batch%uint64(len(g.came))]
	if came.Add(1) < g.nodes {
		return
	}
	if number <= uint64(len(g.times)) {
		g.times[number-1] = t.now() - sent
	}
	came.Store(0)
	g.credits <- struct{}{} // has room for all there are
}

// stalled is how long no batch may complete: something has been lost then.
const stalled = 20 * time.Second

var errStalled = errors.New("no more messages come to every node")

// enter waits until the next batch may be sent.
func (g *gate) enter(ctx context.Context) error {
	select {
	case <-g.credits:
		return nil
	default:
	}
	timer := time.NewTimer(stalled)
	defer timer.Stop()
	select {
	case <-g.credits:
		return nil
	case <-timer.C:
		return errStalled
	case <-ctx.Done():
		return ctx.Err()
	}
}

// drained waits until all batches that were sent have come to every node.
func (g *gate) drained(ctx context.Context) error {
	for range cap(g.credits) {
		if err := g.enter(ctx); err != nil {
			return err
		}
	}
	return nil
}
