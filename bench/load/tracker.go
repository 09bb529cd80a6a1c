// Who has received what: everything, once, in order and unharmed, or else.

package load

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// tracker judges what the nodes of a cluster receive. Each node calls receive from
// one goroutine.
type tracker struct {
	size  int
	began time.Time // what times in payloads count from
	nodes []receiver
	gate  *gate

	unprobed atomic.Int32  // the nodes that no probe has reached
	reached  chan struct{} // closed when there is none

	mu     sync.Mutex
	faults int
	first  error
}

// receiver is one node's part, on cache lines of its own.
type receiver struct {
	received atomic.Uint64 // the number of the last message, and so of all
	probed   bool
	_        [112]byte
}

func newTracker(nodes, size int, g *gate) *tracker {
	t := &tracker{
		size: size, began: time.Now(), nodes: make([]receiver, nodes), gate: g,
		reached: make(chan struct{}),
	}
	t.unprobed.Store(int32(nodes))
	return t
}

// now is the time for a payload.
func (t *tracker) now() time.Duration { return time.Since(t.began) }

// receive takes a message that has come to a node.
func (t *tracker) receive(node int, payload []byte) {
	r := &t.nodes[node]
	number, sent, err := read(payload, t.size)
	switch want := r.received.Load() + 1; {
	case err != nil:
		t.fault(fmt.Errorf("node %d: a message %w", node, err))
		return
	case number == probe:
		if !r.probed {
			r.probed = true
			if t.unprobed.Add(-1) == 0 {
				close(t.reached)
			}
		}
		return
	case number < want:
		t.fault(fmt.Errorf("node %d: message %d after %d", node, number, want-1))
		return
	case number > want:
		t.fault(fmt.Errorf("node %d: message %d where %d was due", node, number, want))
	}
	r.received.Store(number)
	t.gate.arrived(number, sent, t)
}

// slowest returns how many messages every node has.
func (t *tracker) slowest() uint64 {
	least := t.nodes[0].received.Load()
	for i := range t.nodes {
		least = min(least, t.nodes[i].received.Load())
	}
	return least
}

func (t *tracker) fault(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.faults++
	if t.first == nil {
		t.first = err
	}
}

// verdict says what was wrong, nil when every node has got all that was published.
func (t *tracker) verdict(published uint64) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	var faults []error
	if t.faults > 0 {
		faults = append(faults, fmt.Errorf("%d messages were not the next in order; the first: %w", t.faults, t.first))
	}
	wrong := 0
	for i := range t.nodes {
		if got := t.nodes[i].received.Load(); got != published {
			if wrong++; wrong == 1 {
				faults = append(faults, fmt.Errorf("node %d has got as far as message %d of %d", i, got, published))
			}
		}
	}
	if wrong > 1 {
		faults = append(faults, fmt.Errorf("so it is with %d nodes", wrong))
	}
	return errors.Join(faults...)
}

// reach publishes probes until one has come to every node, which is when all know
// of all subscriptions.
func (t *tracker) reach(ctx context.Context, publish func(ctx context.Context, payload []byte) error) error {
	payload := make([]byte, t.size)
	write(payload, probe, 0)
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for {
		if err := publish(ctx, payload); err != nil {
			return fmt.Errorf("a probe: %w", err)
		}
		select {
		case <-t.reached:
			return nil
		case <-ctx.Done():
			return fmt.Errorf("not every node is reached: %w", ctx.Err())
		case <-ticker.C:
		}
	}
}
