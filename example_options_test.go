// Examples of the options: what a node can be given, and how messages can be treated.

package kith_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net"
	"os"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/rs/zerolog"

	"github.com/kithmesh/kith"
	"github.com/kithmesh/kith/identity"
	"github.com/kithmesh/kith/membership"
)

// begin starts a node, with the address of another one if that is not empty.
func begin(ctx context.Context, id, contact string, opts ...kith.Option) *kith.Node {
	cfg := kith.Config{Cluster: "orders", ID: id}
	if contact != "" {
		cfg.Contacts = []string{contact}
	}
	node, err := kith.Start(ctx, cfg, opts...)
	if err != nil {
		log.Fatal(err)
	}
	if contact != "" {
		if err := node.WaitReady(ctx, 1); err != nil {
			log.Fatal(err)
		}
	}
	return node
}

// With zerolog, here only the names of the events.
func ExampleWithLogger() {
	names := zerolog.HookFunc(func(_ *zerolog.Event, level zerolog.Level, name string) {
		fmt.Println(level, name)
	})
	logger := zerolog.New(nil).Level(zerolog.InfoLevel).Hook(names)
	node := begin(context.Background(), "orders-1", "", kith.WithLogger(logger))
	node.Stop()
	// Output:
	// info node_started
	// info node_ended
}

// With the log of the standard library. Every line has the ID of the node.
func ExampleWithSlog() {
	short := func(_ []string, a slog.Attr) slog.Attr { // what is not the same each time
		switch a.Key {
		case slog.MessageKey, slog.LevelKey, "node", "cluster":
			return a
		}
		return slog.Attr{}
	}
	handler := slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{ReplaceAttr: short})
	node := begin(context.Background(), "orders-1", "", kith.WithSlog(slog.New(handler)))
	node.Stop()
	// Output:
	// level=INFO msg=node_started cluster=orders node=orders-1
	// level=INFO msg=node_ended node=orders-1
}

// lobby is a meeting place of one's own: here a variable, in a service a database or a file.
type lobby struct{ member atomic.Pointer[kith.Node] }

// Join asks a member of the cluster. A real one would send the message there, and the answer
// back: see membership.AppendMessage.
func (l *lobby) Join(ctx context.Context, join membership.Message) (membership.Message, error) {
	if member := l.member.Load(); member != nil {
		return member.Answer(ctx, join)
	}
	return membership.Message{}, membership.ErrNobody
}

// Nodes that have neither NATS nor addresses meet somewhere else.
func ExampleWithRendezvous() {
	ctx := context.Background()
	first := begin(ctx, "orders-1", "")
	defer first.Stop()
	var meeting lobby
	meeting.member.Store(first)
	second := begin(ctx, "orders-2", "", kith.WithRendezvous(&meeting))
	defer second.Stop()
	if err := second.WaitReady(ctx, 1); err != nil {
		log.Fatal(err)
	}
	fmt.Println(second.Neighbors()[0].ID)
	// Output: orders-1
}

// Settings of one's own: here those of an identity, with a longer list of what is wanted.
func ExampleWithTLS() {
	authority, err := identity.NewAuthority(time.Hour)
	if err != nil {
		log.Fatal(err)
	}
	own, err := authority.Identity("orders", "orders-1", time.Hour)
	if err != nil {
		log.Fatal(err)
	}
	settings := own.TLS()
	settings.CurvePreferences = []tls.CurveID{tls.X25519MLKEM768}
	node := begin(context.Background(), "orders-1", "", kith.WithTLS(settings))
	defer node.Stop()
	fmt.Println("secured, as", node.Self().ID)
	// Output: secured, as orders-1
}

// Nodes are dialed through a proxy, or as here only counted.
func ExampleWithDialer() {
	ctx := context.Background()
	first := begin(ctx, "orders-1", "")
	defer first.Stop()
	var dialed atomic.Int64
	second := begin(ctx, "orders-2", first.Self().Addr,
		kith.WithDialer(func(ctx context.Context, network, addr string) (net.Conn, error) {
			dialed.Add(1)
			return new(net.Dialer).DialContext(ctx, network, addr)
		}))
	defer second.Stop()
	fmt.Println("dialed:", dialed.Load() > 0)
	// Output: dialed: true
}

// A socket that somebody else has opened, such as systemd.
func ExampleWithListener() {
	ctx := context.Background()
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	node := begin(ctx, "orders-1", "", kith.WithListener(listener))
	defer node.Stop()
	fmt.Println(node.Self().Addr == listener.Addr().String())
	// Output: true
}

// In a test, so that a node chooses the same neighbors again.
func ExampleWithSeed() {
	node := begin(context.Background(), "orders-1", "", kith.WithSeed(7))
	defer node.Stop()
	fmt.Println(node.Self().ID)
	// Output: orders-1
}

// A message has headers, as in NATS.
func ExampleWithHeader() {
	ctx := context.Background()
	node := begin(ctx, "orders-1", "")
	defer node.Stop()
	heard := make(chan *kith.Message, 1)
	if _, err := node.Subscribe("orders.*", func(m *kith.Message) { heard <- m }); err != nil {
		log.Fatal(err)
	}
	header := nats.Header{"Content-Type": {"text/plain"}}
	if err := node.Publish(ctx, "orders.new", []byte("two apples"), kith.WithHeader(header)); err != nil {
		log.Fatal(err)
	}
	m := <-heard
	fmt.Println(m.Header.Get("Content-Type"), string(m.Data))
	// Output: text/plain two apples
}

// Who must not wait, such as the handler of a web request, drops a message when the neighbors
// do not keep up.
func ExampleWithoutWaiting() {
	ctx := context.Background()
	node := begin(ctx, "orders-1", "")
	defer node.Stop()
	err := node.Publish(ctx, "metrics.load", []byte("0.3"), kith.WithoutWaiting())
	if errors.Is(err, kith.ErrBusy) {
		fmt.Println("dropped")
	}
	fmt.Println(err)
	// Output: <nil>
}

// tenantKey is under what the name of a tenant is in a context.
type tenantKey struct{}

// What belongs to the context of a request goes with its messages. With OpenTelemetry the two
// functions are those of a propagator: see the comment of WithTrace.
func ExampleWithTrace() {
	ctx := context.Background()
	const header = "Tenant"
	node := begin(ctx, "orders-1", "", kith.WithTrace(
		func(ctx context.Context, h nats.Header) {
			if tenant, ok := ctx.Value(tenantKey{}).(string); ok {
				h.Set(header, tenant)
			}
		},
		func(ctx context.Context, h nats.Header) context.Context {
			return context.WithValue(ctx, tenantKey{}, h.Get(header))
		}))
	defer node.Stop()
	done := make(chan struct{})
	_, err := node.Subscribe("orders.*", func(m *kith.Message) {
		defer close(done)
		fmt.Println(m.Subject, "of", m.Context().Value(tenantKey{}))
	})
	if err != nil {
		log.Fatal(err)
	}
	request := context.WithValue(ctx, tenantKey{}, "acme") // as a web server's middleware does
	if err := node.Publish(request, "orders.new", nil); err != nil {
		log.Fatal(err)
	}
	<-done
	// Output: orders.new of acme
}

// A handler for very many messages, in whatever order: it collects what it is given, and writes
// it down when nothing more is there for the moment.
func ExampleOnPause() {
	ctx := context.Background()
	node := begin(ctx, "orders-1", "")
	defer node.Stop()
	const messages = 100
	collected, all := 0, make(chan struct{})
	_, err := node.Subscribe(
		"metrics.>",
		func(*kith.Message) { collected++ }, // which it must not keep: it is Borrowed
		kith.AsItComes(), kith.Borrowed(), kith.WithPending(10_000, 1<<20),
		kith.OnPause(func() {
			if collected == messages {
				close(all)
			}
		}),
	)
	if err != nil {
		log.Fatal(err)
	}
	for range messages {
		if err := node.Publish(ctx, "metrics.load", []byte("0.3")); err != nil {
			log.Fatal(err)
		}
	}
	<-all
	fmt.Println(messages, "messages in a few batches")
	// Output: 100 messages in a few batches
}

// What is built on Kith, and shares a node with an application, has subjects of its own.
func ExampleNode_Plane() {
	ctx := context.Background()
	node := begin(ctx, "orders-1", "")
	defer node.Stop()
	plane, err := node.Plane("audit")
	if err != nil {
		log.Fatal(err)
	}
	heard := make(chan string, 1)
	if _, err := plane.Subscribe(">", func(m *kith.Message) { heard <- m.Subject }); err != nil {
		log.Fatal(err)
	}
	if err := node.Publish(ctx, "orders.new", nil); err != nil { // which the plane does not see
		log.Fatal(err)
	}
	if err := plane.Publish(ctx, "login", nil); err != nil {
		log.Fatal(err)
	}
	fmt.Println(<-heard)
	// Output: audit.login
}

// A message for one node, known by its ID.
func ExampleNode_Send() {
	ctx := context.Background()
	first := begin(ctx, "orders-1", "")
	defer first.Stop()
	second := begin(ctx, "orders-2", first.Self().Addr)
	defer second.Stop()
	heard := make(chan *kith.Message, 1)
	if _, err := first.Subscribe("greetings", func(m *kith.Message) { heard <- m }); err != nil {
		log.Fatal(err)
	}
	if err := second.Send(ctx, "orders-1", "greetings", []byte("hello")); err != nil {
		log.Fatal(err)
	}
	m := <-heard
	fmt.Println(m.Origin, "says", string(m.Data), "to this node alone:", m.Direct)
	// Output: orders-2 says hello to this node alone: true
}
