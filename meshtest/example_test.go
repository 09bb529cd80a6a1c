// How a service's own test uses a mesh.

package meshtest_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/rs/zerolog"

	"github.com/kithmesh/kith"
	"github.com/kithmesh/kith/linker"
	"github.com/kithmesh/kith/meshtest"
)

// A test of a service that keeps NATS connections to its neighbors: it greets all
// of them, and goes on when one is gone.
func ExampleRun() {
	test := func(t *testing.T) {
		mesh := meshtest.Run(t, meshtest.Nodes(4), meshtest.Quick(), meshtest.Links(linker.Connections))
		node := mesh.Node(0)
		if err := node.Links().Publish("greetings", []byte("hello")); err != nil {
			t.Error(err)
		}
		mesh.Kill(3)
		if err := mesh.AwaitSettled(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := len(node.Neighbors()); got != 2 {
			t.Errorf("%d neighbors, want the two that live", got)
		}
	}
	_ = test // as func TestMyService
}

// Without a test: a mesh of six nodes of which two crash at the same moment.
func ExampleStart() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	mesh, err := meshtest.Start(ctx,
		meshtest.Nodes(6), meshtest.SharedServer(), meshtest.Quick(),
		meshtest.Configure(func(i int, cfg *kith.Config) {
			cfg.Zone = fmt.Sprintf("rack-%d", i%2)
		}))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer mesh.Close()
	if err := mesh.AwaitSettled(ctx); err != nil {
		fmt.Println(err)
		return
	}
	mesh.Kill(1, 2)
	if err := mesh.AwaitSettled(ctx); err != nil {
		fmt.Println(err)
		return
	}
	report, repair := mesh.Report(), mesh.Repair()
	fmt.Println(report.Alive, "alive in", report.Components, "piece, each has", report.Active.Min)
	fmt.Println(repair.Affected, "noticed the crash,", repair.Undetected, "links still lead nowhere")
	// Output:
	// 4 alive in 1 piece, each has 3
	// 4 noticed the crash, 0 links still lead nowhere
}

// All that can be set: here a secured mesh with bridges, of which a test fails with the log at
// hand when it has not settled in time.
func ExampleWithin() {
	test := func(t *testing.T) {
		mesh := meshtest.Run(t,
			meshtest.Nodes(3), meshtest.Cluster("orders"), meshtest.TLS(), meshtest.Bridges(),
			meshtest.Seed(7), meshtest.Logger(zerolog.New(zerolog.NewTestWriter(t))),
			meshtest.NodeOptions(func(int) []kith.Option {
				return []kith.Option{kith.WithAdmit(func(kith.Peer) error { return nil })}
			}),
			meshtest.Quiet(100*time.Millisecond), meshtest.Within(30*time.Second),
		)
		client, err := nats.Connect(mesh.Node(0).Server().URL())
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		// What the client publishes comes to clients of the other two servers.
	}
	_ = test // as func TestMyService
}
