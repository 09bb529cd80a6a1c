// The collaborators that a node can be given.

package kith

import (
	"context"
	crand "crypto/rand"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"slices"
	"strings"

	"github.com/nats-io/nats.go"
	"github.com/rs/zerolog"

	"github.com/kithmesh/kith/identity"
	"github.com/kithmesh/kith/linker"
	"github.com/kithmesh/kith/tcptransport"
	"github.com/kithmesh/kith/views"
)

// Option gives a node a collaborator.
type Option func(*options)

type options struct {
	log        zerolog.Logger
	nats       *nats.Conn
	meetings   []Rendezvous
	tls        *tls.Config
	identity   *identity.Identity
	admit      func(Peer) error
	dial       func(ctx context.Context, network, addr string) (net.Conn, error)
	listener   net.Listener
	seed       uint64
	seeded     bool
	links      linker.Mode
	linkConn   *nats.Conn
	linkConfig []nats.Option
	trace      tracer
}

// WithLogger sends the node's log there; by default it logs nothing. Every line
// has an event name as its message and the facts as fields. Writers must not call
// the node: they are called from its loop.
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

// WithIdentity secures the links between nodes: both sides show a certificate, and nobody is
// believed to be a node whom its certificate does not name. Without an ID in [Config], the node
// has that of the certificate. See package identity for where certificates come from; one that
// is replaced there holds for the next connection.
func WithIdentity(i *identity.Identity) Option {
	return func(o *options) { o.identity, o.tls = i, i.TLS() }
}

// WithTLS secures the links between nodes by settings of your own, for both directions: see
// TLS of [tcptransport.Config]. Unless VerifyPeer of [Config.Transport] says otherwise, the
// certificates name nodes as those of package identity do.
func WithTLS(config *tls.Config) Option { return func(o *options) { o.tls = config } }

// WithAdmit lets the application decide who may be linked to and who may join: an error keeps
// the peer out. With TLS the peer has proved its ID before a link is made; a newcomer at a
// meeting place has not yet, and is asked about again. Links that exist are not asked about.
// The function is called by many goroutines at once, and should be quick.
func WithAdmit(admit func(Peer) error) Option { return func(o *options) { o.admit = admit } }

// WithDialer replaces how other nodes are dialed.
func WithDialer(dial func(ctx context.Context, network, addr string) (net.Conn, error)) Option {
	return func(o *options) { o.dial = dial }
}

// WithListener makes the node accept others there instead of listening on Bind.
// It belongs to the node from the call of Start on, which closes it also when it
// fails.
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

// apply hands the collaborators of the links to the transport's configuration.
func (o *options) apply(c *tcptransport.Config) {
	if o.tls != nil {
		c.TLS = o.tls
	}
	if admit := o.admit; admit != nil {
		c.Admit = func(p *views.Peer) error { return admit(*p) }
	}
	if o.dial != nil {
		c.Dialer = o.dial
	}
	if o.listener != nil {
		c.Listener = o.listener
	}
}

// name takes the node's ID from its certificate, when there is no other.
func (o *options) name(cfg *Config) {
	if o.identity == nil || cfg.ID != "" {
		return
	}
	for _, name := range o.identity.Names() {
		if id, mine := strings.CutPrefix(name, identity.Name(cfg.Cluster, "")); mine {
			cfg.ID = id
			return
		}
	}
}

// validate reports what is wrong between the options and the configuration.
func (o *options) validate(cfg *Config) error {
	return errors.Join(o.validateIdentity(cfg), o.validateLinks(cfg))
}

// validateIdentity wants an identity that is the node's own, and none only where it is not
// needed or where somebody has said so.
func (o *options) validateIdentity(cfg *Config) error {
	switch {
	case o.identity != nil && !slices.Contains(o.identity.Names(), identity.Name(cfg.Cluster, cfg.ID)):
		return &ConfigError{
			Field: "ID", Value: cfg.ID,
			Want: fmt.Sprintf("the ID of a node of cluster %s in the certificate, which names %q", cfg.Cluster, o.identity.Names()),
		}
	case cfg.Transport.TLS == nil && !cfg.Insecure && !o.local(cfg):
		return &ConfigError{
			Field: "Insecure", Value: "false",
			Want: "true, or WithIdentity or WithTLS, as others than this machine can reach the node",
		}
	}
	return nil
}

// local reports whether only this machine can reach the node.
func (o *options) local(cfg *Config) bool {
	if cfg.Transport.Listener != nil {
		tcp, ok := cfg.Transport.Listener.Addr().(*net.TCPAddr)
		return !ok || tcp.IP.IsLoopback()
	}
	host, _, err := net.SplitHostPort(cfg.Bind)
	return err != nil || host == "localhost" || net.ParseIP(host).IsLoopback() // a bad Bind is another fault
}

// validateLinks wants what links need.
func (o *options) validateLinks(cfg *Config) error {
	if o.links == 0 {
		return nil
	}
	var faults []error
	if o.linkConn == nil {
		faults = append(faults, &ConfigError{Field: "WithLinks", Value: "nil", Want: "a NATS connection"})
	}
	if o.links == linker.Connections && cfg.NATS == "" {
		faults = append(faults, &ConfigError{
			Field: "NATS", Value: "", Want: "the URL of the node's own server, for links of mode " + o.links.String(),
		})
	}
	return errors.Join(faults...)
}

// random returns the node's source of randomness, seeded by the system unless a
// seed was given.
func (o *options) random() (*rand.Rand, error) {
	seed := [16]byte{}
	if o.seeded {
		binary.LittleEndian.PutUint64(seed[:], o.seed)
	} else if _, err := crand.Read(seed[:]); err != nil {
		return nil, fmt.Errorf("kith: no randomness: %w", err)
	}
	return rand.New(rand.NewPCG(
		binary.LittleEndian.Uint64(seed[:]), binary.LittleEndian.Uint64(seed[8:]))), nil
}
