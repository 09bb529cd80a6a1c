// Waiting for what other nodes want.

package natsbridge

import (
	"context"
	"fmt"

	"github.com/kithmesh/kith"
)

// Await returns when at least so many other nodes want a subject, in plain subscriptions or queue
// groups, and the own server knows that: what its clients publish from then on crosses. Errors are
// those of ctx, [kith.ErrClosed], and those of a server that is away.
func (b *Bridge) Await(ctx context.Context, subject string, nodes int) error {
	for {
		wanting, changed, err := b.wanting(ctx, subject)
		switch {
		case err != nil:
			return err
		case wanting >= nodes:
			return b.server.Flush(ctx)
		}
		select {
		case <-changed:
		case <-b.ended:
			return kith.ErrClosed
		case <-ctx.Done():
			return fmt.Errorf("natsbridge: %d of %d other nodes want %q: %w", wanting, nodes, subject, ctx.Err())
		}
	}
}

// wanting asks the core, when all that it has decided so far has been carried out. What is
// returned with the answer is closed when there may be another one.
func (b *Bridge) wanting(ctx context.Context, subject string) (nodes int, changed <-chan struct{}, err error) {
	done := make(chan struct{})
	look := func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		nodes, changed = b.core.Wanting([]byte(subject)), b.changed
		close(done)
	}
	select {
	case b.looks <- look:
		<-done
		return nodes, changed, nil
	case <-b.ended:
		return 0, nil, kith.ErrClosed
	case <-ctx.Done():
		return 0, nil, ctx.Err()
	}
}
