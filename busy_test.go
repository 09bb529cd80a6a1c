// Publishing while a neighbor does not read.

package kith_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/kithmesh/kith"
	"github.com/kithmesh/kith/broadcast"
	"github.com/kithmesh/kith/tcptransport"
)

// A publisher waits for a link that is full, until its context ends, or does not wait at
// all; and goes on when the link is found to be slow.
func TestPublisherIsSlowed(t *testing.T) {
	nodes := mesh(t, 1, func(c *kith.Config) {
		c.Broadcast = broadcast.DefaultConfig()
		c.Broadcast.StallAfter, c.Broadcast.SlowAfter = 2*time.Second, 20*time.Second
		c.Transport = tcptransport.DefaultConfig()
		c.Transport.WriteTimeout = time.Minute
	})
	n := nodes[0]
	deaf, d := startDeaf(t, n.Self().Addr)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := errors.Join(deaf.WaitReady(ctx, 1), n.WaitReady(ctx, 1)); err != nil {
		t.Fatal(err)
	}
	d.begin()
	data := make([]byte, 64<<10)
	var err error
	for range 10_000 { // what fits into the buffers of two sockets, and one queue
		short, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		err = n.Publish(short, "a", data)
		cancel()
		if err != nil {
			break
		}
	}
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("with a context that ends: %v", err)
	}
	if err := n.Publish(t.Context(), "a", data, kith.WithoutWaiting()); !errors.Is(err, kith.ErrBusy) {
		t.Errorf("without waiting: %v, want ErrBusy", err)
	}
	if err := n.Send(t.Context(), "deaf", "a", data, kith.WithoutWaiting()); !errors.Is(err, kith.ErrBusy) {
		t.Errorf("sending without waiting: %v, want ErrBusy", err)
	}
	if err := n.Publish(ctx, "a", data); err != nil {
		t.Errorf("until the link is slow: %v", err)
	}
	if s := n.Stats().Broadcast; s.Stalls != 1 {
		t.Errorf("%d stalls, want 1", s.Stalls)
	}
}
