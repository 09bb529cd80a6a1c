// The collaborators that a node can be given.

package kith

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net"

	"github.com/nats-io/nats.go"
	"github.com/rs/zerolog"

	"github.com/kithmesh/kith/linker"
)

// Option gives a node a collaborator.
type Option func(*options)

type options struct {
	log        zerolog.Logger
	nats       *nats.Conn
	meetings   []Rendezvous
	tls        *tls.Config
	dial       func(ctx context.Context, network, addr string) (net.Conn, error)
	listener   net.Listener
	seed       uint64
	seeded     bool
	links      linker.Mode
	linkConn   *nats.Conn
	linkConfig []nats.Option
}

// WithLogger sends the node's log there; by default it logs nothing. Every line
// has an event name as its message and the facts as fields.
func WithLogger(log zerolog.Logger) Option { return func(o *options) { o.log = log } }

// WithSlog sends the node's log to a slog handler.
func WithSlog(log *slog.Logger) Option {
	return func(o *options) { o.log = zerolog.New(slogWriter{log}) }
}

// WithNATS lets the node find others, and others find it, over the subject
// kith.<cluster>.join of this connection, and answer inspectors there. The
// connection stays the caller's. It should have been made with [nats.NoEcho],
// or the node now and then asks itself first, and with endless reconnects. The
// mesh goes on while NATS is down; only joining waits.
func WithNATS(nc *nats.Conn) Option { return func(o *options) { o.nats = nc } }

// WithRendezvous adds meeting places, asked after NATS and before the contacts.
func WithRendezvous(meetings ...Rendezvous) Option {
	return func(o *options) { o.meetings = append(o.meetings, meetings...) }
}

// WithTLS encrypts the links between nodes, in both directions, by one
// configuration: it needs a certificate, and RootCAs as well as ClientCAs when
// others are to be verified.
func WithTLS(config *tls.Config) Option { return func(o *options) { o.tls = config } }

// WithDialer replaces how other nodes are dialed.
func WithDialer(dial func(ctx context.Context, network, addr string) (net.Conn, error)) Option {
	return func(o *options) { o.dial = dial }
}

// WithListener makes the node accept others there instead of listening on Bind.
// The node closes it.
func WithListener(l net.Listener) Option { return func(o *options) { o.listener = l } }

// WithSeed makes the node's random choices repeatable, for tests.
func WithSeed(seed uint64) Option {
	return func(o *options) { o.seed, o.seeded = seed, true }
}

// WithLinks keeps NATS links to the node's neighbors and to nobody else; they are
// used through [Node.Links]. With [linker.Connections], nc is a connection to the
// node's own NATS server, whose URL is in [Config.NATS], and the further options
// are for the connections to the neighbors' servers. With [linker.Subscriptions],
// nc is a connection to the NATS that all nodes share. It stays the caller's.
func WithLinks(mode linker.Mode, nc *nats.Conn, opts ...nats.Option) Option {
	return func(o *options) { o.links, o.linkConn, o.linkConfig = mode, nc, opts }
}
