// What a node tells to those who watch it over HTTP: metrics, and whether it is well.

package main

import (
	"context"
	"errors"
	"fmt"
	stdlog "log"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/rs/zerolog"

	"github.com/kithmesh/kith"
	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/metrics"
	"github.com/kithmesh/kith/natsbridge"
)

// The bounds of a request. A scrape takes milliseconds.
const (
	requestTimeout = 5 * time.Second
	answerTimeout  = 10 * time.Second
	idleTimeout    = 2 * time.Minute
	maxHeaderBytes = 16 << 10
	maxScrapes     = 4
)

// monitor serves /metrics, /healthz and /readyz.
type monitor struct {
	node   *kith.Node
	addr   string
	server *http.Server
	done   chan struct{}
}

// startMonitor listens at addr, on this machine alone if that names no host. The bridge may be nil.
func startMonitor(ctx context.Context, addr string, node *kith.Node, bridge *natsbridge.Bridge, log zerolog.Logger) (*monitor, error) {
	if host, port, _ := net.SplitHostPort(addr); host == "" {
		addr = net.JoinHostPort("127.0.0.1", port)
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("--metrics is %q, want a free port of this machine: %w", addr, err)
	}
	m := &monitor{node: node, addr: listener.Addr().String(), done: make(chan struct{})}
	m.server = &http.Server{
		Handler:           m.handler(bridge),
		ReadHeaderTimeout: requestTimeout,
		ReadTimeout:       requestTimeout,
		WriteTimeout:      answerTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          stdlog.New(log, "", 0),
	}
	go func() {
		defer close(m.done)
		if err := m.server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			log.Error().Err(err).Msg("metrics_ended")
		}
	}()
	return m, nil
}

// close lets requests that are under way finish, until ctx ends.
func (m *monitor) close(ctx context.Context) error {
	err := m.server.Shutdown(ctx)
	if err != nil {
		_ = m.server.Close() // the error that counts is the other one
	}
	<-m.done
	return err
}

func (m *monitor) handler(bridge *natsbridge.Bridge) http.Handler {
	registry := prometheus.NewRegistry()
	registry.MustRegister(
		metrics.New(m.node), collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	if bridge != nil {
		registry.MustRegister(metrics.NewBridge(m.node, bridge))
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{MaxRequestsInFlight: maxScrapes}))
	mux.HandleFunc("GET /healthz", answer(m.healthy))
	mux.HandleFunc("GET /readyz", answer(m.ready))
	return mux
}

// answer tells whether all is well, and what if not.
func answer(trouble func() error) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		err := trouble()
		if err != nil {
			w.WriteHeader(http.StatusServiceUnavailable)
			_, _ = fmt.Fprintln(w, err) // who asked has gone
			return
		}
		_, _ = fmt.Fprintln(w, "ok")
	}
}

// healthy is nil while the node runs.
func (m *monitor) healthy() error {
	select {
	case <-m.node.Ending():
		return kith.ErrClosed
	default:
		return nil
	}
}

// ready is nil while the node has a neighbor, or is known to be the first.
func (m *monitor) ready() error {
	if err := m.healthy(); err != nil {
		return err
	}
	ended, cancel := context.WithCancel(context.Background())
	cancel() // what is so now, without waiting
	err := m.node.WaitReady(ended, 1)
	if err == nil {
		return nil
	}
	s := m.node.Stats()
	return unready(&s, errors.Is(err, membership.ErrNobody))
}

// unready says why a node without neighbors is not ready; nobody means that the meeting places
// know nobody else. Who knows of others then is cut off, and not the first.
func unready(s *kith.Stats, nobody bool) error {
	switch others := s.Passive + s.Lost; {
	case others > 0:
		return fmt.Errorf("no neighbor, %d other nodes are known", others)
	case nobody:
		return nil
	case s.JoinError != "":
		return fmt.Errorf("no neighbor, joining failed: %s", s.JoinError)
	default:
		return errors.New("no neighbor, nobody has answered yet")
	}
}
