// How a service shows its node to Prometheus.

package metrics_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/kithmesh/kith"
	"github.com/kithmesh/kith/embedded"
	"github.com/kithmesh/kith/metrics"
	"github.com/kithmesh/kith/natsbridge"
)

// A service registers the collector of its node once, and serves the registry.
func ExampleNew() {
	ctx := context.Background()
	node, err := kith.Start(ctx, kith.Config{Cluster: "orders", ID: "orders-1"})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = node.Leave(ctx) }()

	registry := prometheus.NewRegistry()
	registry.MustRegister(metrics.New(node))
	show(ctx, registry, "kith_neighbors")
	// Output:
	// kith_neighbors{cluster="orders",node="orders-1"} 0
	// kith_neighbors_wanted{cluster="orders",node="orders-1"} 5
}

// A bridge between NATS servers has metrics of its own.
func ExampleNewBridge() {
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
	registry := prometheus.NewRegistry()
	registry.MustRegister(metrics.New(node), metrics.NewBridge(node, bridge))
	show(ctx, registry, "kith_bridge_exported_total")
	// Output: kith_bridge_exported_total{cluster="orders",node="orders-1"} 0
}

// show prints some metrics as Prometheus gets them.
func show(ctx context.Context, registry *prometheus.Registry, prefix string) {
	handler := promhttp.HandlerFor(registry, promhttp.HandlerOpts{})
	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, httptest.NewRequestWithContext(ctx, http.MethodGet, "/metrics", nil))
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		fmt.Println(err)
		return
	}
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, prefix) {
			fmt.Print(line)
		}
	}
}
