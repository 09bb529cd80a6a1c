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
	"github.com/kithmesh/kith/metrics"
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
	handler := promhttp.HandlerFor(registry, promhttp.HandlerOpts{})

	// As Prometheus asks.
	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, httptest.NewRequestWithContext(ctx, http.MethodGet, "/metrics", nil))
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		fmt.Println(err)
		return
	}
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "kith_neighbors") {
			fmt.Print(line)
		}
	}
	// Output:
	// kith_neighbors{cluster="orders",node="orders-1"} 0
	// kith_neighbors_wanted{cluster="orders",node="orders-1"} 5
}
