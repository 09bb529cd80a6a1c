// Connections to the servers of neighbors.

package linker

import (
	"context"
	"errors"
	"fmt"
	"net"

	"github.com/nats-io/nats.go"

	"github.com/kithmesh/kith/views"
)

// applyOptions returns the options of nats.go with the caller's applied.
func applyOptions(opts []nats.Option) (nats.Options, error) {
	o := nats.GetDefaultOptions()
	for _, opt := range opts {
		if opt == nil {
			continue
		}
		if err := opt(&o); err != nil {
			return o, fmt.Errorf("linker: NATS option: %w", err)
		}
	}
	return o, nil
}

// dial connects to the server of a neighbor and to no other. It returns soon
// after ctx ends. To close raw ends the connection without flushing it.
func (l *Linker) dial(ctx context.Context, p *views.Peer) (conn *nats.Conn, raw net.Conn, err error) {
	o, err := applyOptions(l.opts)
	if err != nil {
		return nil, nil, err
	}
	o.Name = "kith " + l.cfg.Self.ID + " → " + p.ID
	o.Timeout = l.cfg.DialTimeout
	o.FlusherTimeout = l.cfg.WriteTimeout
	pin(&o, p.NATS)
	d := &dialer{ctx: ctx, inner: o.CustomDialer, release: func() bool { return true }}
	if o.Dialer != nil {
		d.plain = *o.Dialer
	}
	d.plain.Timeout = l.cfg.DialTimeout
	o.CustomDialer = d
	// With the plain dialer the name is looked up under ctx rather than before it.
	o.SkipHostLookup = o.SkipHostLookup || d.inner == nil
	if o.AsyncErrorCB == nil {
		o.AsyncErrorCB = func(_ *nats.Conn, _ *nats.Subscription, err error) {
			l.cfg.Logger.Warn().Err(err).Str("peer", p.ID).Msg("link_connection_error")
		}
	}
	l.dials.Add(1)
	conn, err = o.Connect()
	d.release()
	if err == nil {
		return conn, d.raw, nil
	}
	l.dialFailures.Add(1)
	if errors.Is(err, nats.ErrNoServers) && d.err != nil {
		err = d.err // nats.go hides a refused connection behind ErrNoServers
	}
	return nil, nil, fmt.Errorf("linker: connecting to %s: %w", p.ID, err)
}

// pin makes the options lead to one server, and to it once: the link decides when
// to connect again, and nothing that was said before is said again then.
func pin(o *nats.Options, url string) {
	o.Url, o.Servers, o.InProcessServer = url, nil, nil
	o.NoRandomize = true
	o.IgnoreDiscoveredServers = true
	o.AllowReconnect = false
	o.RetryOnFailedConnect = false
	o.ReconnectBufSize = -1
	o.ReconnectOnFlusherError = true // with AllowReconnect unset: close
}

// dialer dials one connection, and closes it when its context ends before it is
// released: nats.go has no context of its own for the handshake.
type dialer struct {
	ctx     context.Context
	inner   nats.CustomDialer // the caller's, if there is one
	plain   net.Dialer
	raw     net.Conn // what was dialed
	err     error    // of the dial
	release func() bool
}

// Dial implements nats.CustomDialer.
func (d *dialer) Dial(network, address string) (net.Conn, error) {
	if d.inner != nil {
		d.raw, d.err = d.inner.Dial(network, address)
	} else {
		d.raw, d.err = d.plain.DialContext(d.ctx, network, address)
	}
	if d.err != nil {
		return nil, d.err
	}
	d.release = closeAfter(d.ctx, d.raw)
	return d.raw, nil
}

// closeAfter closes the connection when ctx ends, unless it is told to stop before.
func closeAfter(ctx context.Context, raw net.Conn) (stop func() bool) {
	return context.AfterFunc(ctx, func() { _ = raw.Close() })
}

// SkipTLSHandshake tells nats.go whether the caller's dialer has done TLS.
func (d *dialer) SkipTLSHandshake() bool {
	skip, ok := d.inner.(interface{ SkipTLSHandshake() bool })
	return ok && skip.SkipTLSHandshake()
}
