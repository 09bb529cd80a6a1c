// TLS on every connection: both sides show a certificate, and are checked by it.

package tcptransport

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"

	"github.com/kithmesh/kith/identity"
	"github.com/kithmesh/kith/views"
)

// shield holds the settings for both directions. A nil one leaves connections as they are.
type shield struct {
	server, client *tls.Config
	verify         func(tls.ConnectionState, *views.Peer) error
}

// newShield makes the settings of a valid configuration; nil when it has no TLS.
func newShield(cfg *Config) *shield {
	if cfg.TLS == nil {
		return nil
	}
	s := &shield{server: harden(cfg.TLS), client: harden(cfg.TLS), verify: cfg.VerifyPeer}
	if of := s.server.GetConfigForClient; of != nil {
		s.server.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
			each, err := of(hello)
			if each == nil || err != nil {
				return nil, err
			}
			return harden(each), nil
		}
	}
	if roots, then := s.client.RootCAs, s.client.VerifyConnection; s.client.ServerName == "" && !s.client.InsecureSkipVerify {
		s.client.InsecureSkipVerify = true // of the host; the chain is verified here
		s.client.VerifyConnection = func(state tls.ConnectionState) error {
			if err := identity.VerifyChain(state, roots); err != nil || then == nil {
				return err
			}
			return then(state)
		}
	}
	if cluster := cfg.Cluster; s.verify == nil {
		s.verify = func(state tls.ConnectionState, peer *views.Peer) error {
			return identity.Check(state, cluster, peer)
		}
	}
	return s
}

// harden returns the settings without what is too weak.
func harden(cfg *tls.Config) *tls.Config {
	cfg = cfg.Clone()
	cfg.MinVersion = max(cfg.MinVersion, tls.VersionTLS13)
	cfg.ClientAuth = tls.RequireAndVerifyClientCert
	cfg.SessionTicketsDisabled = true // nobody resumes, as certificates are checked anew
	return cfg
}

// wrongTLS returns what settings have and what was wanted of them, if anything.
func wrongTLS(c *tls.Config) (got, want string) {
	each := c.GetConfigForClient != nil
	switch {
	case len(c.Certificates) == 0 && c.GetCertificate == nil && !each:
		return "no certificate", "a certificate to accept connections with"
	case len(c.Certificates) == 0 && c.GetClientCertificate == nil:
		return "no client certificate", "a certificate to dial with"
	case c.ClientCAs == nil && !each:
		return "no ClientCAs", "the authorities of those who dial"
	case c.InsecureSkipVerify && c.VerifyConnection == nil:
		return "InsecureSkipVerify", "VerifyConnection with it, or those who are dialed could be anybody"
	case c.MaxVersion != 0 && c.MaxVersion < tls.VersionTLS13:
		return tls.VersionName(c.MaxVersion) + " at most", tls.VersionName(tls.VersionTLS13)
	}
	return "", ""
}

// accept returns the connection of somebody who has dialed, after the handshake.
func (s *shield) accept(ctx context.Context, raw net.Conn) (*stream, error) {
	if s == nil {
		return newStream(raw, raw), nil
	}
	return shake(ctx, raw, tls.Server(raw, s.server))
}

// dial returns the connection to somebody whom this node has dialed, after the handshake.
func (s *shield) dial(ctx context.Context, raw net.Conn) (*stream, error) {
	if s == nil {
		return newStream(raw, raw), nil
	}
	return shake(ctx, raw, tls.Client(raw, s.client))
}

func shake(ctx context.Context, raw net.Conn, conn *tls.Conn) (*stream, error) {
	if err := conn.HandshakeContext(ctx); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrTLS, err)
	}
	return newStream(raw, conn), nil
}

// alerted makes the other side's alert match ErrTLS: in TLS 1.3 whoever dials hears of it
// only when the handshake seemed to be over.
func alerted(err error) error {
	if network, ok := errors.AsType[*net.OpError](err); ok && network.Op == "remote error" {
		return fmt.Errorf("%w: %w", ErrTLS, err)
	}
	return err
}

// explain lets the other side read the alert that says why it was refused: whoever dials has
// sent its hello by then, and a connection that is closed with something unread is reset. It
// takes until the deadline of the connection at most, and a bounded number of bytes.
func explain(raw net.Conn) {
	const most = 64 << 10
	if half, ok := raw.(interface{ CloseWrite() error }); ok && half.CloseWrite() == nil {
		_, _ = io.CopyN(io.Discard, raw, most)
	}
}

// check reports whether the certificate of the connection belongs to peer.
func (s *shield) check(from *stream, peer *views.Peer) error {
	conn, ok := from.conn.(*tls.Conn)
	if !ok || s == nil {
		return nil
	}
	return s.verify(conn.ConnectionState(), peer)
}
