// Starts a server, hands out its address and connections, and shuts it down.

package embedded

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

// readyTimeout bounds the start when the context has no deadline.
const readyTimeout = 10 * time.Second

// A Server is a running nats-server. Its methods may be called from any
// goroutine, also after Shutdown.
type Server struct {
	nats *server.Server
	url  string
	leaf string
}

// Start runs a server and returns when it accepts connections. It returns a
// [ConfigError] for each setting that cannot be, joined, and a [ListenError] that names the
// address when that is taken; nothing keeps running then. The context bounds the
// start only, at most 10 s when it has no deadline: the server runs until
// [Server.Shutdown].
func Start(ctx context.Context, cfg Config) (*Server, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("embedded: start: %w", err)
	}
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	opts := cfg.options()
	if err := checkOptions(opts); err != nil {
		return nil, err
	}
	ns, err := server.NewServer(opts)
	if err != nil {
		return nil, fmt.Errorf("embedded: nats-server refuses the options: %w", err)
	}
	log := &natsLogger{log: cfg.Logger}
	ns.SetLoggerV2(log, opts.Debug || cfg.Logger.Debug().Enabled(), opts.Trace, opts.TraceVerbose)

	// Start returns once the listeners of clients and leaf nodes are open, so
	// there is nothing to wait for; despite its usual form, `go ns.Start()`.
	ns.Start()
	if err := awaitReady(ctx, ns, log); err != nil {
		ns.Shutdown()
		ns.WaitForShutdown()
		return nil, err
	}
	s := &Server{nats: ns}
	if !opts.DontListen {
		s.url = clientURL(ns.ClientURL())
	}
	if cfg.LeafNodes {
		s.leaf = leafURL(opts)
	}
	return s, nil
}

// awaitReady returns when ns accepts connections or has failed. ns is ready at
// once unless it belongs to a cluster of servers, whose listener opens in the
// background; the server has no better way to wait for that than to poll.
func awaitReady(ctx context.Context, ns *server.Server, log *natsLogger) error {
	const step = 50 * time.Millisecond
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	for {
		if err := log.failure(); err != nil {
			return err
		}
		if ns.ReadyForConnections(step) {
			return nil
		}
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("embedded: nats-server is not ready: %w", err)
		}
	}
}

// clientURL makes a URL of the server one that can be dialed: a server that
// listens on all addresses is reached on this machine's loopback address.
func clientURL(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return raw
	}
	ip := net.ParseIP(u.Hostname())
	switch {
	case ip == nil || !ip.IsUnspecified():
		return raw
	case ip.To4() != nil:
		u.Host = net.JoinHostPort("127.0.0.1", u.Port())
	default:
		u.Host = net.JoinHostPort("::1", u.Port())
	}
	return u.String()
}

// leafURL makes the URL of the listener for leaf nodes, to whose options nats-server has
// written the port before Start returned.
func leafURL(opts *server.Options) string {
	l := &opts.LeafNode
	u := url.URL{Scheme: "nats-leaf", Host: net.JoinHostPort(l.Host, strconv.Itoa(l.Port))}
	if l.Username != "" {
		u.User = url.UserPassword(l.Username, l.Password)
	}
	return clientURL(u.String())
}

// URL returns the URL at which clients of this machine reach the server, empty
// when it does not listen.
func (s *Server) URL() string { return s.url }

// LeafURL returns the URL at which leaf nodes of this machine reach the server, user and
// password included, empty without Config.LeafNodes. It is a secret.
func (s *Server) LeafURL() string { return s.leaf }

// InProcess returns the option that makes nats.Connect reach the server through
// memory instead of a socket. Such a connection does not find its way to another
// server that is started later on the same port.
func (s *Server) InProcess() nats.Option { return nats.InProcessServer(s.nats) }

// Connect returns a new connection through memory. It belongs to the caller, who
// closes it.
func (s *Server) Connect(opts ...nats.Option) (*nats.Conn, error) {
	all := append([]nats.Option{s.InProcess()}, opts...)
	nc, err := nats.Connect("", all...)
	if err != nil {
		return nil, fmt.Errorf("embedded: connect: %w", err)
	}
	return nc, nil
}

// NATS returns nats-server's own handle, for what Server does not offer. It
// still belongs to s.
func (s *Server) NATS() *server.Server { return s.nats }

// Shutdown closes the listeners and all connections at once and returns when
// the server is gone and its port free. Clients see a closed connection, as they
// would if the process died: nothing is drained first, so drain the connections
// that have something to lose. Further calls wait for the first.
func (s *Server) Shutdown() {
	s.nats.Shutdown()
	s.nats.WaitForShutdown()
}
