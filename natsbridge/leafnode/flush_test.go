package leafnode_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/kithmesh/kith/natsbridge/leafnode"
)

// When Flush returns, the server knows what was subscribed to before: what a client publishes
// then comes.
func TestFlush(t *testing.T) {
	nc, c, r, _ := attached(t, nil)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for i, subject := range []string{"a", "b", "c"} {
		if err := c.Subscribe(subject, "", 1); err != nil {
			t.Fatal(err)
		}
		if err := c.Flush(ctx); err != nil {
			t.Fatal(err)
		}
		mark := len(r.list(0))
		if _, err := nc.Request(subject, nil, time.Millisecond); errors.Is(err, nats.ErrNoResponders) {
			t.Errorf("%d: the server does not know of %s, %d events", i, subject, mark)
		}
	}
}

func TestFlushWithoutConnection(t *testing.T) {
	c, err := leafnode.New(leafnode.Config{URL: "nats-leaf://127.0.0.1:1", Cluster: "c", Handler: newRecorder()})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Flush(t.Context()); !errors.Is(err, leafnode.ErrDown) {
		t.Errorf("without a connection: %v", err)
	}
	// When the connection ends, nobody waits any longer.
	_, attached, r, ns := attached(t, nil)
	ns.Shutdown()
	r.await(t, 0, "down")
	if err := attached.Flush(t.Context()); !errors.Is(err, leafnode.ErrDown) {
		t.Errorf("after the end: %v", err)
	}
}
