// The NATS servers of a single node: the one where nodes meet, and its own.

package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"syscall"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/rs/zerolog"

	"github.com/kithmesh/kith/embedded"
)

// home is the NATS that a node has around it.
type home struct {
	meeting *nats.Conn       // where nodes meet, nil when they do so by --contact alone
	local   *embedded.Server // started for all nodes of this machine, nil without
	server  *embedded.Server // the node's own, perhaps the local one; nil without
	own     *nats.Conn       // a connection to it, nil without
	url     string           // of the own server, as others reach it
}

// close ends the connections, and then the servers.
func (h *home) close() {
	for _, nc := range []*nats.Conn{h.meeting, h.own} {
		if nc != nil {
			nc.Close()
		}
	}
	for _, ns := range []*embedded.Server{h.local, h.server} {
		if ns != nil {
			ns.Shutdown()
		}
	}
}

// open connects to the NATS that the flags name and starts the node's own server,
// as far as they ask for it.
func (h *home) open(ctx context.Context, o *nodeOptions, log zerolog.Logger) error {
	name := "kith demo node " + o.id
	var err error
	switch {
	case o.nats.server != "":
		h.meeting, err = o.nats.connect(ctx, o.nats.server, name, log)
	case len(o.contacts) == 0:
		err = h.meetLocally(ctx, o, name, log)
	}
	if err != nil {
		return err
	}
	if !o.embed {
		return nil
	}
	if h.local != nil && loopback(o.natsListen) {
		h.server = h.local
	} else if h.server, err = serve(ctx, o.id, o.natsListen, o.bridge, log); err != nil {
		return err
	}
	h.url = reachable(h.server.URL(), o.natsListen, o.host())
	h.own, err = h.server.Connect(nats.Name(name), nats.NoEcho())
	return err
}

// raceFor is how long a node keeps trying when the default port is neither open
// nor free, as it is while another node takes it.
const raceFor = 3 * time.Second

// meetLocally connects to the default server on this machine, or becomes it. Of
// two nodes that find nobody there at the same moment one gets the port, and the
// other connects to it.
func (h *home) meetLocally(ctx context.Context, o *nodeOptions, name string, log zerolog.Logger) error {
	ctx, cancel := context.WithTimeout(ctx, raceFor)
	defer cancel()
	for {
		var err error
		h.meeting, err = o.nats.connect(ctx, o.local, name, log)
		if unreachable, ok := errors.AsType[*serverError](err); !ok || !unreachable.refused() {
			return err
		}
		if err := h.become(ctx, o, log); err != nil && !errors.Is(err, syscall.EADDRINUSE) {
			return err
		}
		if h.local != nil {
			continue
		}
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
			return err
		}
	}
}

// become starts the default server here. It logs nothing: that another node was
// faster is no error.
func (h *home) become(ctx context.Context, o *nodeOptions, log zerolog.Logger) error {
	u, err := url.Parse(o.local)
	if err != nil {
		return err
	}
	if h.local, err = serve(ctx, o.id, u.Host, o.bridge, zerolog.Nop()); err != nil {
		return err
	}
	log.Info().Str("server", o.local).Msg("nats_started_for_all")
	return nil
}

// serve starts a server.
func serve(ctx context.Context, name, listen string, leafNodes bool, log zerolog.Logger) (*embedded.Server, error) {
	host, text, err := net.SplitHostPort(listen)
	if err != nil {
		return nil, err
	}
	port, err := strconv.Atoi(text)
	if err != nil {
		return nil, err
	}
	if host == "" {
		host = "0.0.0.0" // an empty one would be the default of the package
	}
	ns, err := embedded.Start(ctx, embedded.Config{
		Name: name, Host: host, Port: port, LeafNodes: leafNodes,
		Logger: log.Level(max(log.GetLevel(), zerolog.WarnLevel)),
	})
	if err != nil {
		return nil, fmt.Errorf("--nats-listen is %q, want a free port of this machine: %w", listen, err)
	}
	return ns, nil
}

// reachable returns the URL at which others reach a server. One that listens on
// all addresses is reached at the host that the node is dialed at.
func reachable(server, listen, host string) string {
	if !unspecified(listen) || host == "" {
		return server
	}
	u, err := url.Parse(server)
	if err != nil {
		return server
	}
	u.Host = net.JoinHostPort(host, u.Port())
	return u.String()
}

// unspecified reports whether an address to listen on stands for all of the
// machine's.
func unspecified(listen string) bool {
	host, _, err := net.SplitHostPort(listen)
	if err != nil {
		return false
	}
	ip := net.ParseIP(host)
	return host == "" || (ip != nil && ip.IsUnspecified())
}

// loopback reports whether an address is one that only this machine reaches.
func loopback(listen string) bool {
	host, _, err := net.SplitHostPort(listen)
	if err != nil {
		return false
	}
	ip := net.ParseIP(host)
	return host == "localhost" || (ip != nil && ip.IsLoopback())
}
