// A mesh with bridges, and plain clients at its servers.

package natsbridge_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"go.uber.org/goleak"

	"github.com/kithmesh/kith/meshtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// bridged is a mesh whose servers are joined by bridges.
type bridged struct {
	*meshtest.Mesh
	t *testing.T
}

// run starts one, and waits until all bridges know their server.
func run(t *testing.T, nodes int, opts ...meshtest.Option) *bridged {
	t.Helper()
	b := &bridged{meshtest.Run(t, append([]meshtest.Option{meshtest.Nodes(nodes), meshtest.Bridges()}, opts...)...), t}
	for _, n := range b.Nodes() {
		if err := n.Bridge().Ready(b.within(10 * time.Second)); err != nil {
			t.Fatal(err)
		}
	}
	return b
}

func (b *bridged) within(d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(b.t.Context(), d)
	b.t.Cleanup(cancel)
	return ctx
}

// client connects a plain client to the server of node i.
func (b *bridged) client(i int, opts ...nats.Option) *nats.Conn {
	b.t.Helper()
	return connect(b.t, b.Node(i).Server().URL(), opts...)
}

func connect(t *testing.T, url string, opts ...nats.Option) *nats.Conn {
	t.Helper()
	nc, err := nats.Connect(url, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	return nc
}

// wanted waits until node i knows that so many other nodes want a subject.
func (b *bridged) wanted(i int, subject string, nodes int) {
	b.t.Helper()
	if err := b.Node(i).Bridge().Await(b.within(10*time.Second), subject, nodes); err != nil {
		b.t.Fatalf("node %d does not know that %d others want %s: %v", i, nodes, subject, err)
	}
}

// inbox subscribes, and collects what comes.
func inbox(t *testing.T, nc *nats.Conn, subject string) *nats.Subscription {
	t.Helper()
	sub, err := nc.SubscribeSync(subject)
	if err == nil {
		err = nc.Flush()
	}
	if err != nil {
		t.Fatal(err)
	}
	return sub
}

// next returns the next message.
func next(t *testing.T, sub *nats.Subscription) *nats.Msg {
	t.Helper()
	m, err := sub.NextMsg(10 * time.Second)
	if err != nil {
		t.Fatalf("nothing on %s: %v", sub.Subject, err)
	}
	return m
}

// nothing fails when something is left, after the node of the subscriber has handled
// all that was published at one other node before.
func (b *bridged) nothing(from, at int, subs ...*nats.Subscription) {
	b.t.Helper()
	last := fmt.Sprintf("last.of.all.%d.%d", from, at)
	end := inbox(b.t, b.client(at), last)
	b.wanted(from, last, 1)
	nc := b.client(from)
	if err := errors.Join(nc.Publish(last, nil), nc.Flush()); err != nil {
		b.t.Fatal(err)
	}
	next(b.t, end)
	if err := end.Unsubscribe(); err != nil {
		b.t.Fatal(err)
	}
	for _, sub := range subs {
		if m, err := sub.NextMsg(50 * time.Millisecond); err == nil {
			b.t.Errorf("%s got %s %q", sub.Subject, m.Subject, m.Data)
		}
	}
}

// publish publishes all messages and flushes.
func publish(t *testing.T, nc *nats.Conn, subject string, messages ...string) {
	t.Helper()
	for _, m := range messages {
		if err := nc.Publish(subject, []byte(m)); err != nil {
			t.Fatal(err)
		}
	}
	if err := nc.Flush(); err != nil {
		t.Fatal(err)
	}
}

// refused returns when a request at a client is told that nobody answers. What made it so takes
// its time to become known.
func refused(t *testing.T, nc *nats.Conn, subject string) {
	t.Helper()
	deadline := time.Now().Add(15 * time.Second)
	for {
		_, err := nc.Request(subject, nil, 100*time.Millisecond)
		if errors.Is(err, nats.ErrNoResponders) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s is still answered, or not refused: %v", subject, err)
		}
	}
}
