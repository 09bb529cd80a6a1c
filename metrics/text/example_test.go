// How a service shows its node to Prometheus without the client library.

package text_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/kithmesh/kith"
	"github.com/kithmesh/kith/embedded"
	"github.com/kithmesh/kith/metrics/text"
	"github.com/kithmesh/kith/natsbridge"
)

// A service serves the metrics of its node beside whatever else it serves.
func ExampleHandler() {
	ctx := context.Background()
	node, err := kith.Start(ctx, kith.Config{Cluster: "orders", ID: "orders-1"})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = node.Leave(ctx) }()

	mux := http.NewServeMux()
	mux.Handle("GET /metrics", text.Handler(text.Node(node)))
	answer := httptest.NewRecorder()
	mux.ServeHTTP(answer, httptest.NewRequestWithContext(ctx, http.MethodGet, "/metrics", nil))
	show(answer.Body.String(), "kith_neighbors{")
	// Output: kith_neighbors{cluster="orders",node="orders-1"} 0
}

// A bridge has metrics of its own.
func ExampleBridge() {
	ctx := context.Background()
	server, err := embedded.Start(ctx, embedded.Config{LeafNodes: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Shutdown()
	node, err := kith.Start(ctx, kith.Config{Cluster: "orders", ID: "orders-1"})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer node.Stop()
	bridge, err := natsbridge.Start(node, natsbridge.Config{URL: server.LeafURL()})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = bridge.Close(ctx) }()
	show(string(text.Bridge(node, bridge).Append(nil)), "kith_bridge_exported_total{")
	// Output: kith_bridge_exported_total{cluster="orders",node="orders-1"} 0
}

// show prints the lines that begin so.
func show(page, prefix string) {
	for line := range strings.Lines(page) {
		if strings.HasPrefix(line, prefix) {
			fmt.Print(line)
		}
	}
}
