// TLS and credentials.

package leafnode_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nkeys"

	"github.com/kithmesh/kith/embedded"
	"github.com/kithmesh/kith/natsbridge/leafnode"
)

// certificate makes a certificate for 127.0.0.1, and the pool that trusts it.
func certificate(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(parsed)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}

func TestTLS(t *testing.T) {
	cert, pool := certificate(t)
	ns := serve(t, func(o *server.Options) {
		o.LeafNode.TLSConfig = &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}
		o.LeafNode.TLSTimeout = 10
	})
	nc := client(t, ns)
	for _, scheme := range []string{"tls://", "nats-leaf://"} {
		r := newRecorder()
		c := attach(t, r, leafnode.Config{URL: scheme + leafAddr(t, ns), TLS: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}})
		r.await(t, 0, "synced")
		settled(t, c, nc)
		c.Close()
	}
	r := newRecorder()
	attach(t, r, leafnode.Config{URL: "nats-leaf://" + leafAddr(t, ns)})
	r.await(t, 0, "down")
	var unknown *tls.CertificateVerificationError
	if err := r.reasons()[0]; !errors.As(err, &unknown) {
		t.Errorf("reason is %v, want a certificate that is not trusted", err)
	}
}

// file writes text to a file of the test's.
func file(t *testing.T, text []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// pair makes a key pair, and returns its public key and its seed too.
func pair(t *testing.T, create func() (nkeys.KeyPair, error)) (_ nkeys.KeyPair, public string, seed []byte) {
	t.Helper()
	kp, err := create()
	if err != nil {
		t.Fatal(err)
	}
	if public, err = kp.PublicKey(); err != nil {
		t.Fatal(err)
	}
	if seed, err = kp.Seed(); err != nil {
		t.Fatal(err)
	}
	return kp, public, seed
}

func TestNkey(t *testing.T) {
	_, public, seed := pair(t, nkeys.CreateUser)
	_, _, stranger := pair(t, nkeys.CreateUser)
	ns := serve(t, func(o *server.Options) { o.Nkeys = []*server.NkeyUser{{Nkey: public}} })
	r := newRecorder()
	attach(t, r, leafnode.Config{URL: "nats-leaf://" + leafAddr(t, ns), NkeySeed: file(t, seed)})
	r.await(t, 0, "synced")
	r = newRecorder()
	attach(t, r, leafnode.Config{URL: "nats-leaf://" + leafAddr(t, ns), NkeySeed: file(t, stranger)})
	r.await(t, 0, "down")
	if err := r.reasons()[0]; !errors.Is(err, leafnode.ErrServer) {
		t.Errorf("reason is %v, want the server's", err)
	}
}

func TestCredentials(t *testing.T) {
	operator, operatorPublic, _ := pair(t, nkeys.CreateOperator)
	account, accountPublic, _ := pair(t, nkeys.CreateAccount)
	_, userPublic, userSeed := pair(t, nkeys.CreateUser)
	accountJWT, err := jwt.NewAccountClaims(accountPublic).Encode(operator)
	if err != nil {
		t.Fatal(err)
	}
	userJWT, err := jwt.NewUserClaims(userPublic).Encode(account)
	if err != nil {
		t.Fatal(err)
	}
	creds, err := jwt.FormatUserConfig(userJWT, userSeed)
	if err != nil {
		t.Fatal(err)
	}
	ns := serve(t, func(o *server.Options) {
		resolver := new(server.MemAccResolver)
		if err := resolver.Store(accountPublic, accountJWT); err != nil {
			t.Error(err)
		}
		o.AccountResolver, o.TrustedKeys = resolver, []string{operatorPublic}
	})
	r := newRecorder()
	attach(t, r, leafnode.Config{URL: "nats-leaf://" + leafAddr(t, ns), Credentials: file(t, creds)})
	r.await(t, 0, "synced")
	if got := r.server(t).Account; got != accountPublic {
		t.Errorf("account is %s, want %s", got, accountPublic)
	}
	for _, path := range []string{file(t, []byte("nothing of the kind")), filepath.Join(t.TempDir(), "missing")} {
		for _, cfg := range []leafnode.Config{{Credentials: path}, {NkeySeed: path}} {
			cfg.URL = "nats-leaf://" + leafAddr(t, ns)
			r := newRecorder()
			attach(t, r, cfg)
			r.await(t, 0, "down")
			if err := r.reasons()[0]; !errors.Is(err, leafnode.ErrCredentials) {
				t.Errorf("reason is %v, want ErrCredentials", err)
			}
		}
	}
}

// The server that package embedded runs, by its URL.
func TestEmbedded(t *testing.T) {
	ns, err := embedded.Start(t.Context(), embedded.Config{Name: "hub", LeafNodes: true, DontListen: true})
	if err != nil {
		t.Fatal(err)
	}
	defer ns.Shutdown()
	nc, err := ns.Connect()
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	r := newRecorder()
	c := attach(t, r, leafnode.Config{URL: ns.LeafURL()})
	defer c.Close()
	r.await(t, 0, "synced")
	settled(t, c, nc)
}
