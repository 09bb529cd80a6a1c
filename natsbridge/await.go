// Waiting for the server, and for what other nodes want.

package natsbridge

import (
	"context"
	"fmt"

	"github.com/kithmesh/kith"
)

// Ready returns when the bridge is attached to its server and knows whether it acts for its NATS
// cluster: a third of a second after its start, or less. Errors are those of ctx, and
// [kith.ErrClosed].
func (b *Bridge) Ready(ctx context.Context) error {
	err := b.until(ctx, b.core.Settled)
	if err != nil {
		return fmt.Errorf("natsbridge: not ready: %w", err)
	}
	return nil
}

// Await returns when the bridge is ready, at least so many other nodes want a subject, in plain
// subscriptions or queue groups, and the own server knows that: what its clients publish from
// then on crosses. Errors are those of ctx, [kith.ErrClosed], and those of a server that is away.
func (b *Bridge) Await(ctx context.Context, subject string, nodes int) error {
	wanting := 0
	err := b.until(ctx, func() bool {
		wanting = b.core.Wanting([]byte(subject))
		return b.core.Settled() && wanting >= nodes
	})
	if err != nil {
		return fmt.Errorf("natsbridge: %d of %d other nodes want %q: %w", wanting, nodes, subject, err)
	}
	return b.server.Flush(ctx)
}

// until returns when something is true of the core. It is asked between its steps, when all that
// it has decided so far has been carried out, under the mutex.
func (b *Bridge) until(ctx context.Context, question func() bool) error {
	for {
		yes, changed, err := b.look(ctx, question)
		if yes || err != nil {
			return err
		}
		select {
		case <-changed:
		case <-b.ended:
			return kith.ErrClosed
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// look asks the core. What is returned with the answer is closed when there may be another one.
func (b *Bridge) look(ctx context.Context, question func() bool) (yes bool, changed <-chan struct{}, err error) {
	done := make(chan struct{})
	look := func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		yes, changed = question(), b.changed
		close(done)
	}
	select {
	case b.looks <- look:
		<-done
		return yes, changed, nil
	case <-b.ended:
		return false, nil, kith.ErrClosed
	case <-ctx.Done():
		return false, nil, ctx.Err()
	}
}
