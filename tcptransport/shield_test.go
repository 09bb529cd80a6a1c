// Certificates: who is let in by them, and who is not.

package tcptransport_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"testing"
	"time"

	"github.com/kithmesh/kith/identity"
	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/tcptransport"
	"github.com/kithmesh/kith/views"
)

// with uses TLS with these settings.
func with(settings *tls.Config) func(*tcptransport.Config) {
	return func(cfg *tcptransport.Config) { cfg.TLS = settings }
}

// Whoever dials must show a certificate of the cluster's authority, valid now, that names
// who its hello claims to be. None of the others gets a link, and each is counted.
func TestDialerNeedsItsOwnCertificate(t *testing.T) {
	ca, other := newAuthority(t), newAuthority(t)
	foreign, err := ca.Identity("elsewhere", "thief", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	mixed := certified(t, ca, "thief", time.Hour) // trusts the right ones, and shows the wrong
	mixed.GetClientCertificate = certified(t, other, "thief", time.Hour).GetClientCertificate
	old := certified(t, ca, "thief", time.Hour)
	old.MinVersion, old.MaxVersion = tls.VersionTLS12, tls.VersionTLS12
	none := certified(t, ca, "thief", time.Hour)
	none.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
		return new(tls.Certificate), nil
	}
	for _, test := range []struct {
		name   string
		secure *tls.Config
		fault  tcptransport.Fault
		want   error
	}{
		{"no TLS", nil, tcptransport.FaultTLS, tcptransport.ErrHello},
		{"no certificate", none, tcptransport.FaultTLS, tcptransport.ErrTLS},
		{"another authority", mixed, tcptransport.FaultTLS, tcptransport.ErrTLS},
		{"expired", certified(t, ca, "thief", -time.Minute), tcptransport.FaultTLS, tcptransport.ErrTLS},
		{"another ID", certified(t, ca, "honest", time.Hour), tcptransport.FaultCertificate, tcptransport.ErrRefused},
		{"another cluster", foreign.TLS(), tcptransport.FaultCertificate, tcptransport.ErrRefused},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := start(t, loopback, "b", 1, with(certified(t, ca, "b", time.Hour)))
			thief := start(t, loopback, "thief", 1, with(test.secure))
			thief.send(b.peer, 1)
			thief.loses(b.peer, membership.Unreachable, test.want)
			b.shut() // the thief may know before b has counted
			if n := b.Stats().Faults; len(n) != 1 || n[test.fault] != 1 {
				t.Errorf("counted %v, want %s once", n, test.fault)
			}
			b.silent()
		})
	}
	t.Run("TLS 1.2", func(t *testing.T) {
		b := start(t, loopback, "b", 1, with(certified(t, ca, "b", time.Hour)))
		if c, err := tls.Dial("tcp", b.peer.Addr, old); err == nil {
			_ = c.Close()
			t.Error("it was accepted")
		}
		b.shut()
		if n := b.Stats().Faults[tcptransport.FaultTLS]; n != 1 {
			t.Errorf("counted %d times, want once", n)
		}
	})
}

// Whoever is dialed must prove its identity just so, or nothing is sent.
func TestDialedNeedsItsOwnCertificate(t *testing.T) {
	ca, other := newAuthority(t), newAuthority(t)
	stranger := certified(t, other, "thief", time.Hour)
	trusting := certified(t, ca, "thief", time.Hour)
	stranger.VerifyConnection = trusting.VerifyConnection
	for _, test := range []struct {
		name   string
		secure *tls.Config
		reason membership.Reason
		want   error
	}{
		{"no TLS", nil, membership.Unreachable, tcptransport.ErrTLS},
		{"another authority", stranger, membership.Unreachable, identity.ErrChain},
		{"expired", certified(t, ca, "thief", -time.Minute), membership.Unreachable, identity.ErrChain},
		{"another ID", certified(t, ca, "honest", time.Hour), membership.WrongPeer, identity.ErrName},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := start(t, loopback, "a", 1, with(certified(t, ca, "a", time.Hour)))
			thief := start(t, loopback, "thief", 1, with(test.secure))
			a.send(thief.peer, 1)
			a.loses(thief.peer, test.reason, test.want)
			thief.shut()
			thief.silent()
		})
	}
}

// A JOIN by TCP is asked of nobody who only claims to be a member.
func TestContactNeedsItsOwnCertificate(t *testing.T) {
	ca := newAuthority(t)
	a := start(t, loopback, "a", 1, with(certified(t, ca, "a", time.Hour)))
	thief := start(t, loopback, "thief", 1, with(certified(t, ca, "honest", time.Hour)))
	_, err := a.Ask(t.Context(), thief.peer.Addr, membership.Message{Kind: membership.Join, Peer: a.peer, Priority: membership.High})
	if !errors.Is(err, tcptransport.ErrWrongPeer) || !errors.Is(err, identity.ErrName) {
		t.Errorf("error is %v, want ErrWrongPeer", err)
	}
}

// Settings of one's own serve as well, and an own idea of names.
func TestOwnSettings(t *testing.T) {
	ca := newAuthority(t)
	authority, err := ca.Pair()
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(authority.Cert)
	own := func(id string) func(*tcptransport.Config) {
		pair, err := ca.Issue("another", id, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		cert, err := tls.X509KeyPair(pair.Cert, pair.Key)
		if err != nil {
			t.Fatal(err)
		}
		return func(cfg *tcptransport.Config) {
			cfg.TLS = &tls.Config{Certificates: []tls.Certificate{cert}, RootCAs: pool, ClientCAs: pool}
			cfg.VerifyPeer = func(state tls.ConnectionState, peer *views.Peer) error {
				return identity.Check(state, "another", peer)
			}
		}
	}
	a, b := start(t, loopback, "a", 1, own("a")), start(t, loopback, "b", 1, own("b"))
	a.send(b.peer, 1)
	b.gets(a.peer, 1)
	thief := start(t, loopback, "thief", 1, own("honest"))
	thief.send(b.peer, 2)
	thief.loses(b.peer, membership.Unreachable, tcptransport.ErrRefused)
	stranger := start(t, loopback, "b", 2, with(certified(t, newAuthority(t), "b", time.Hour)))
	a.send(stranger.peer, 3)
	a.loses(stranger.peer, membership.Unreachable, identity.ErrChain)
}

// A certificate that is replaced holds for the next connection, without a restart.
func TestReplacedCertificate(t *testing.T) {
	ca := newAuthority(t)
	issue := func(lifetime time.Duration) identity.Pair {
		pair, err := ca.Issue("test", "a", lifetime)
		if err != nil {
			t.Fatal(err)
		}
		return pair
	}
	authority, err := ca.Pair()
	if err != nil {
		t.Fatal(err)
	}
	own, err := identity.New(issue(-time.Minute), authority.Cert)
	if err != nil {
		t.Fatal(err)
	}
	a := start(t, loopback, "a", 1, with(own.TLS()))
	b := start(t, loopback, "b", 1, with(certified(t, ca, "b", time.Hour)))
	a.send(b.peer, 1)
	a.loses(b.peer, membership.Unreachable, tcptransport.ErrTLS)
	b.send(a.peer, 2)
	b.loses(a.peer, membership.Unreachable, identity.ErrChain)
	if err := own.Replace(issue(time.Hour), authority.Cert); err != nil {
		t.Fatal(err)
	}
	a.send(b.peer, 3)
	b.gets(a.peer, 3)
}

// Settings that would let anybody in are refused.
func TestUselessTLS(t *testing.T) {
	good := certified(t, newAuthority(t), "a", time.Hour)
	for name, settings := range map[string]*tls.Config{
		"nothing":            {},
		"no client":          {GetConfigForClient: good.GetConfigForClient, InsecureSkipVerify: true, VerifyConnection: good.VerifyConnection},
		"anybody":            {GetConfigForClient: good.GetConfigForClient, GetClientCertificate: good.GetClientCertificate, InsecureSkipVerify: true},
		"any client":         {Certificates: make([]tls.Certificate, 1)},
		"nothing since 2018": {MaxVersion: tls.VersionTLS12, Certificates: make([]tls.Certificate, 1), ClientCAs: x509.NewCertPool()},
	} {
		cfg := tcptransport.DefaultConfig()
		cfg.Cluster, cfg.TLS = "test", settings
		var fault *tcptransport.ConfigError
		if err := cfg.Validate(); !errors.As(err, &fault) || fault.Field != "TLS" {
			t.Errorf("%s: %v, want a fault of TLS", name, err)
		}
	}
}
