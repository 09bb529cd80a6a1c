// What goes wrong around a bridge, and that it comes right by itself.

package natsbridge_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"github.com/kithmesh/kith/embedded"
	"github.com/kithmesh/kith/meshtest"
	"github.com/kithmesh/kith/natsbridge"
)

// hasty shortens the times after which nodes are forgotten.
func hasty() meshtest.Option {
	return meshtest.Bridges(func(_ int, cfg *natsbridge.Config) {
		cfg.TTL, cfg.Grace = 5*time.Second, 500*time.Millisecond
	})
}

// Who dies is forgotten with its subscriptions, and found again when it is back.
func TestKilledNode(t *testing.T) {
	b := run(t, 8, hasty())
	echo := func() {
		respond(t, b.client(5), "echo", "", func(m *nats.Msg) { _ = m.Respond(m.Data) })
	}
	echo()
	b.wanted(0, "echo", 1)
	nc := b.client(0)
	b.Kill(5)
	refused(t, nc, "echo")
	if err := b.Restart(b.within(30*time.Second), 5); err != nil {
		t.Fatal(err)
	}
	if err := b.Node(5).Bridge().Ready(b.within(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	refused(t, nc, "echo") // no ghost of the life before
	echo()
	b.wanted(0, "echo", 1)
	if _, err := nc.Request("echo", nil, 5*time.Second); err != nil {
		t.Errorf("after the restart: %v", err)
	}
}

// Who leaves is forgotten at once: the farewell comes before the node goes.
func TestLeavingNode(t *testing.T) {
	b := run(t, 5)
	respond(t, b.client(3), "echo", "", func(m *nats.Msg) { _ = m.Respond(m.Data) })
	b.wanted(0, "echo", 1)
	if err := b.Leave(b.within(10*time.Second), 3); err != nil {
		t.Fatal(err)
	}
	refused(t, b.client(0), "echo")
}

// Requests go to the members that live when one has died.
func TestKilledMember(t *testing.T) {
	const members = 4
	b := run(t, 8, hasty())
	for i := range members {
		respond(t, b.client(i+1), "work", "workers", func(m *nats.Msg) { _ = m.Respond(fmt.Append(nil, i)) })
	}
	b.wanted(0, "work", members)
	nc := b.client(0)
	b.Kill(1)
	failed := 0
	for served := 0; served < 100; {
		if _, err := nc.Request("work", nil, 200*time.Millisecond); err != nil {
			if failed++; failed > 50 {
				t.Fatalf("still not answered: %v", err)
			}
			served = 0
			continue
		}
		served++
	}
}

// A mesh that was cut in two knows its own half, and everything again when it is whole.
func TestPartition(t *testing.T) {
	b := run(t, 8, hasty(), meshtest.Quick())
	respond(t, b.client(6), "echo", "", func(m *nats.Msg) { _ = m.Respond(m.Data) })
	all := inbox(t, b.client(7), "news")
	b.wanted(0, "echo", 1)
	b.wanted(0, "news", 1)
	nc := b.client(0)
	left, right := []int{0, 1, 2, 3}, []int{4, 5, 6, 7}
	b.Cut(left, right)
	refused(t, nc, "echo")
	respond(t, b.client(5), "late", "", func(m *nats.Msg) { _ = m.Respond(m.Data) }) // meanwhile
	b.Heal()
	b.wanted(0, "echo", 1)
	b.wanted(0, "late", 1)
	b.wanted(0, "news", 1)
	for _, subject := range []string{"echo", "late"} {
		if _, err := nc.Request(subject, nil, 5*time.Second); err != nil {
			t.Errorf("%s after the cut: %v", subject, err)
		}
	}
	publish(t, nc, "news", "one", "two")
	for _, want := range []string{"one", "two"} {
		if m := next(t, all); string(m.Data) != want {
			t.Errorf("got %q, want %q", m.Data, want)
		}
	}
	b.nothing(0, 7, all)
}

// fixed is a server on ports of its own choice, which another one can take over.
type fixed struct{ client, leaf int }

func (f *fixed) start(t *testing.T) *embedded.Server {
	t.Helper()
	srv, err := embedded.Start(t.Context(), embedded.Config{Port: f.client, Options: func(o *server.Options) {
		o.LeafNode.Host, o.LeafNode.Port = "127.0.0.1", max(f.leaf, -1)
		if f.leaf == 0 {
			o.LeafNode.Port = server.RANDOM_PORT
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(srv.Shutdown)
	o, err := srv.NATS().Varz(nil)
	if err != nil {
		t.Fatal(err)
	}
	f.client, f.leaf = o.Port, o.LeafNode.Port
	return srv
}

// A server that is started again under its node is joined again, and tells all it knows.
func TestServerRestarts(t *testing.T) {
	mesh := meshtest.Run(t, meshtest.Nodes(3), meshtest.SharedServer())
	var ports [3]fixed
	var servers [3]*embedded.Server
	b := &bridged{mesh, t}
	var bridges [3]*natsbridge.Bridge
	for i := range bridges {
		servers[i] = ports[i].start(t)
		bridges[i] = b.bridge(i, natsbridge.Config{
			URL: fmt.Sprintf("nats-leaf://127.0.0.1:%d", ports[i].leaf), TTL: 5 * time.Second, Grace: 500 * time.Millisecond,
		})
	}
	far := connect(t, servers[2].URL(), nats.MaxReconnects(-1), nats.ReconnectWait(20*time.Millisecond))
	respond(t, far, "echo", "", func(m *nats.Msg) { _ = m.Respond(m.Data) })
	ask := func() {
		t.Helper()
		if err := bridges[0].Await(b.within(10*time.Second), "echo", 1); err != nil {
			t.Fatal(err)
		}
		if _, err := connect(t, servers[0].URL()).Request("echo", nil, 5*time.Second); err != nil {
			t.Fatal(err)
		}
	}
	ask()
	servers[2].Shutdown()
	refused(t, connect(t, servers[0].URL()), "echo")
	servers[2] = ports[2].start(t)
	ask()
	servers[0].Shutdown()
	servers[0] = ports[0].start(t)
	ready(t, servers[0], "echo")
	ask()
}

// ready waits until a server knows that somebody elsewhere wants a subject.
func ready(t *testing.T, srv *embedded.Server, subject string) {
	t.Helper()
	nc := connect(t, srv.URL())
	deadline := time.Now().Add(10 * time.Second)
	for {
		if _, err := nc.Request(subject, nil, 100*time.Millisecond); err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s is never answered", subject)
		}
	}
}

// bridge starts a bridge for a node.
func (b *bridged) bridge(i int, cfg natsbridge.Config) *natsbridge.Bridge {
	b.t.Helper()
	bridge, err := natsbridge.Start(b.Node(i).Node, cfg)
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { _ = bridge.Close(context.Background()) })
	if err := bridge.Ready(b.within(10 * time.Second)); err != nil {
		b.t.Fatal(err)
	}
	return bridge
}

// A bridge ends with its node, and says so.
func TestBridgeEndsWithNode(t *testing.T) {
	b := run(t, 2)
	bridge := b.Node(0).Bridge()
	b.Node(0).Stop()
	if err := bridge.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if err := bridge.Await(t.Context(), "x", 1); err == nil || errors.Is(err, context.Canceled) {
		t.Errorf("waiting for a bridge that has ended: %v", err)
	}
}
