// What a node tells over HTTP, as a probe and as Prometheus ask.

package main

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/kithmesh/kith"
)

// ask gets a page of a node.
func ask(t *testing.T, addr, path string) (status int, text string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+addr+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Close = true
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(body)
}

// awaitPage asks until the answer is as wanted: nobody is told when that changes.
func awaitPage(t *testing.T, addr, path string, status int, part string) {
	t.Helper()
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for deadline := time.After(30 * time.Second); ; {
		got, text := ask(t, addr, path)
		if got == status && strings.Contains(text, part) {
			return
		}
		select {
		case <-ticker.C:
		case <-deadline:
			t.Fatalf("%s is %d %q, want %d %q", path, got, text, status, part)
		}
	}
}

func TestNodeIsMonitored(t *testing.T) {
	ns := startServer(t)
	a := startNode(t, "--id", "a", "--server", ns.URL(), "--metrics", ":0", "--bridge")
	first := a.await(t, "ready")
	if host, _, err := net.SplitHostPort(first.Metrics); err != nil || host != "127.0.0.1" {
		t.Fatalf("the metrics are at %q, want them on this machine alone", first.Metrics)
	}
	awaitPage(t, first.Metrics, "/healthz", http.StatusOK, "ok")
	awaitPage(t, first.Metrics, "/readyz", http.StatusOK, "ok") // it is the first, and knows that

	b := startNode(t, "--id", "b", "--server", ns.URL(), "--metrics", "127.0.0.1:0")
	second := b.await(t, "ready")
	awaitPage(t, second.Metrics, "/readyz", http.StatusOK, "ok")
	awaitPage(t, second.Metrics, "/metrics", http.StatusOK, `kith_neighbors{cluster="demo",node="b"} 1`+"\n")
	awaitPage(t, first.Metrics, "/metrics", http.StatusOK, `kith_bridge_exporter{cluster="demo",node="a"} 1`+"\n")
	awaitPage(t, first.Metrics, "/metrics", http.StatusOK, "\ngo_goroutines ")

	b.cancel()
	if status := <-b.status; status != exitFine {
		t.Errorf("status %d of a node that left", status)
	}
	if conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", second.Metrics); err == nil {
		_ = conn.Close()
		t.Error("the metrics are there when the node has ended")
	}
}

func TestNodeThatFindsNobodyIsNotReady(t *testing.T) {
	a := startNode(t, "--id", "a", "--contact", "127.0.0.1:1", "--metrics", "127.0.0.1:0")
	addr := a.await(t, "ready").Metrics
	awaitPage(t, addr, "/readyz", http.StatusServiceUnavailable, "no neighbor, joining failed: ")
	awaitPage(t, addr, "/healthz", http.StatusOK, "ok")
}

func TestMetricsPortIsTaken(t *testing.T) {
	taken := strings.TrimPrefix(startServer(t).URL(), "nats://")
	var err bytes.Buffer
	args := []string{"node", "--contact", "127.0.0.1:1", "--log-level", "off", "--metrics", taken}
	status := run(t.Context(), args, stdio{out: &err, err: &err, env: vars(nil)})
	want := `--metrics is "` + taken + `", want a free port of this machine`
	if status != exitFault || !strings.Contains(err.String(), want) {
		t.Errorf("status %d, %q lacks %q", status, err.String(), want)
	}
}

func TestWhyNotReady(t *testing.T) {
	for _, c := range []struct {
		stats  kith.Stats
		nobody bool
		want   string
	}{
		{kith.Stats{}, true, ""},
		{kith.Stats{}, false, "no neighbor, nobody has answered yet"},
		{kith.Stats{Lost: 2, Passive: 1}, true, "no neighbor, 3 other nodes are known"},
		{kith.Stats{JoinError: "refused"}, false, "no neighbor, joining failed: refused"},
	} {
		got := ""
		if err := unready(&c.stats, c.nobody); err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%+v, nobody is %v: %q, want %q", c.stats, c.nobody, got, c.want)
		}
	}
}
