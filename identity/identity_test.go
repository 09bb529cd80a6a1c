// Names, chains, and certificates that are replaced.

package identity_test

import (
	"crypto/tls"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kithmesh/kith/identity"
	"github.com/kithmesh/kith/views"
)

func newAuthority(t *testing.T) *identity.Authority {
	t.Helper()
	a, err := identity.NewAuthority(time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// shake lets two sides meet, and returns what each made of it, and what the one that was
// dialed knows of the other.
func shake(t *testing.T, dialer, dialed *tls.Config) (tls.ConnectionState, error, error) {
	t.Helper()
	near, far := net.Pipe()
	client, server := tls.Client(near, dialer), tls.Server(far, dialed)
	done := make(chan error, 1)
	go func() {
		err := server.HandshakeContext(t.Context())
		if err != nil {
			_ = far.Close()
		}
		done <- err
	}()
	err := client.HandshakeContext(t.Context())
	if err != nil {
		_ = near.Close()
	}
	go func() { _, _ = client.Read(make([]byte, 1)) }() // an alert has to be read
	refused := <-done
	_ = near.Close()
	return server.ConnectionState(), err, refused
}

func TestCheck(t *testing.T) {
	a := newAuthority(t)
	for _, name := range []string{"a", "A-b_9", strings.Repeat("x", views.MaxID)} {
		own, err := a.Identity("c_-1", name, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		state, err, refused := shake(t, own.TLS(), own.TLS())
		if err := errors.Join(err, refused); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if state.Version != tls.VersionTLS13 {
			t.Errorf("version is %s", tls.VersionName(state.Version))
		}
		if err := identity.Check(state, "c_-1", &views.Peer{ID: name}); err != nil {
			t.Error(err)
		}
		for _, other := range []struct{ cluster, id string }{{"c", name}, {"c_-1", name + "x"}, {"c_-1", ""}} {
			err := identity.Check(state, other.cluster, &views.Peer{ID: other.id})
			var wrong *identity.NameError
			if !errors.Is(err, identity.ErrName) || !errors.As(err, &wrong) || wrong.Got[0] != identity.Name("c_-1", name) {
				t.Errorf("%+v: %v, want a NameError that tells of %s", other, err, name)
			}
		}
	}
	if err := identity.Check(tls.ConnectionState{}, "c", &views.Peer{ID: "a"}); !errors.Is(err, identity.ErrName) {
		t.Errorf("without a certificate: %v", err)
	}
}

// Of two authorities neither side believes the other's, and an expired certificate nobody.
func TestChain(t *testing.T) {
	ca, other := newAuthority(t), newAuthority(t)
	settings := func(a *identity.Authority, lifetime time.Duration) *tls.Config {
		own, err := a.Identity("c", "a", lifetime)
		if err != nil {
			t.Fatal(err)
		}
		return own.TLS()
	}
	good := settings(ca, time.Hour)
	for name, bad := range map[string]*tls.Config{
		"another authority": settings(other, time.Hour), "expired": settings(ca, -time.Second),
	} {
		if _, err, _ := shake(t, good, bad); !errors.Is(err, identity.ErrChain) {
			t.Errorf("%s was dialed: %v, want ErrChain", name, err)
		}
		careless := bad.Clone()
		careless.VerifyConnection = nil
		if _, _, refused := shake(t, careless, good); refused == nil {
			t.Errorf("%s has dialed, and was accepted", name)
		}
	}
}

// files writes an identity to a directory.
func files(t *testing.T, dir string, a *identity.Authority, lifetime time.Duration) identity.Files {
	t.Helper()
	own, err := a.Issue("c", "a", lifetime)
	if err != nil {
		t.Fatal(err)
	}
	authority, err := a.Pair()
	if err != nil {
		t.Fatal(err)
	}
	f := identity.Files{
		Cert: filepath.Join(dir, "a.pem"), Key: filepath.Join(dir, "a-key.pem"), CA: filepath.Join(dir, "ca.pem"),
	}
	for path, pem := range map[string][]byte{f.Cert: own.Cert, f.Key: own.Key, f.CA: authority.Cert} {
		if err := os.WriteFile(path, pem, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return f
}

// What is replaced on disk holds for the next connection; what is broken there changes nothing.
func TestReload(t *testing.T) {
	dir, a := t.TempDir(), newAuthority(t)
	own, err := identity.Load(files(t, dir, a, time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	other, err := a.Identity("c", "b", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	serial := func() string {
		t.Helper()
		state, err, refused := shake(t, own.TLS(), other.TLS())
		if err := errors.Join(err, refused); err != nil {
			t.Fatal(err)
		}
		return state.PeerCertificates[0].SerialNumber.String()
	}
	first := serial()
	f := files(t, dir, a, 2*time.Hour)
	own.LookAgain()
	second := serial()
	if second == first || own.NotAfter().Before(time.Now().Add(time.Hour)) {
		t.Error("the new certificate was not taken")
	}
	key, err := os.ReadFile(f.Key)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(f.Key, []byte("nothing"), 0o600); err != nil {
		t.Fatal(err)
	}
	own.LookAgain()
	if serial() != second {
		t.Error("a broken key has replaced a good one")
	}
	if err := os.WriteFile(f.Key, key, 0o600); err != nil {
		t.Fatal(err)
	}
	files(t, dir, a, 3*time.Hour)
	own.LookAgain()
	if serial() == second {
		t.Error("after a broken key a good one was not taken")
	}
}

func TestUnusableMaterial(t *testing.T) {
	dir, a := t.TempDir(), newAuthority(t)
	good := files(t, dir, a, time.Hour)
	empty := filepath.Join(dir, "empty")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	elsewhere := files(t, t.TempDir(), a, time.Hour)
	for name, f := range map[string]identity.Files{
		"no certificate":    {Cert: "none", Key: good.Key, CA: good.CA},
		"no key":            {Cert: good.Cert, Key: empty, CA: good.CA},
		"no authority":      {Cert: good.Cert, Key: good.Key, CA: empty},
		"another's key":     {Cert: good.Cert, Key: elsewhere.Key, CA: good.CA},
		"a folder as a key": {Cert: good.Cert, Key: dir, CA: good.CA},
	} {
		if _, err := identity.Load(f); !errors.Is(err, identity.ErrMaterial) {
			t.Errorf("%s: %v, want ErrMaterial", name, err)
		}
	}
}

// An authority that was written down goes on, and what cannot be one is refused.
func TestLoadAuthority(t *testing.T) {
	a := newAuthority(t)
	pair, err := a.Pair()
	if err != nil {
		t.Fatal(err)
	}
	again, err := identity.LoadAuthority(pair)
	if err != nil {
		t.Fatal(err)
	}
	x, err := a.Identity("c", "x", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	y, err := again.Identity("c", "y", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	if _, err, refused := shake(t, x.TLS(), y.TLS()); err != nil || refused != nil {
		t.Errorf("they do not trust each other: %v, %v", err, refused)
	}
	node, err := a.Issue("c", "x", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	for name, bad := range map[string]identity.Pair{"nothing": {}, "a node": node} {
		if _, err := identity.LoadAuthority(bad); !errors.Is(err, identity.ErrAuthority) {
			t.Errorf("%s: %v, want ErrAuthority", name, err)
		}
	}
}
