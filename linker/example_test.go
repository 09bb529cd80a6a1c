// Links between neighbors, whoever says who they are.

package linker_test

import (
	"context"
	"fmt"
	"iter"
	"log"

	"github.com/nats-io/nats.go"

	"github.com/kithmesh/kith/embedded"
	"github.com/kithmesh/kith/linker"
	"github.com/kithmesh/kith/views"
)

// Two nodes on one NATS, each of which has the other for a neighbor for good. In a mesh the
// neighbors are those of kith.Node.Watch: see kith.WithLinks.
func ExampleStart() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	server, err := embedded.Start(ctx, embedded.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer server.Shutdown()
	a := views.Peer{ID: "a", Incarnation: 1, Addr: "127.0.0.1:7001"}
	b := views.Peer{ID: "b", Incarnation: 1, Addr: "127.0.0.1:7002"}
	start := func(self, neighbor views.Peer) (*linker.Linker, *nats.Conn) {
		nc, err := server.Connect(nats.NoEcho())
		if err != nil {
			log.Fatal(err)
		}
		cfg := linker.DefaultConfig()
		cfg.Mode, cfg.Cluster, cfg.Self = linker.Subscriptions, "example", &self
		l, err := linker.Start(ctx, cfg, nc, func(ctx context.Context) iter.Seq[[]views.Peer] {
			return func(yield func([]views.Peer) bool) {
				yield([]views.Peer{neighbor})
			}
		})
		if err != nil {
			log.Fatal(err)
		}
		return l, nc
	}
	here, hereConn := start(a, b)
	defer hereConn.Close()
	there, thereConn := start(b, a)
	defer thereConn.Close()
	defer func() { _, _ = here.Close(ctx), there.Close(ctx) }() // before their connections
	heard := make(chan linker.Msg, 1)
	if _, err := there.Subscribe("greetings", func(m linker.Msg) { heard <- m }); err != nil {
		log.Fatal(err)
	}
	if err := here.WaitUp(ctx, "b"); err != nil {
		log.Fatal(err)
	}
	if err := here.PublishTo("b", "greetings", []byte("hello")); err != nil {
		log.Fatal(err)
	}
	m := <-heard
	fmt.Printf("%s says %s\n", m.From, m.Data)
	// Output: a says hello
}

// The word for a mode in flags and files.
func ExampleParseMode() {
	for _, word := range []string{"connections", "subscriptions", "mesh"} {
		mode, err := linker.ParseMode(word)
		fmt.Println(mode == linker.Connections, mode == linker.Subscriptions, err)
	}
	// Output:
	// true false <nil>
	// false true <nil>
	// false false linker: Mode is "mesh", want connections or subscriptions
}
