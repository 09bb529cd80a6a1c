// How a service runs a server of its own.

package embedded_test

import (
	"context"
	"fmt"

	"github.com/nats-io/nats.go"

	"github.com/kithmesh/kith/embedded"
)

// A server that listens on no port: the process itself connects in memory.
func ExampleStart() {
	ctx := context.Background()
	ns, err := embedded.Start(ctx, embedded.Config{Name: "orders-1", DontListen: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer ns.Shutdown()

	nc, err := ns.Connect(nats.Name("orders"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer nc.Close()
	fmt.Println("connected to", nc.ConnectedServerName())
	// Output: connected to orders-1
}
