// Making certificates, for trying it out and for tests.

package identity

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net/url"
	"time"
)

// early is how long before now a new certificate begins to be valid, for clocks that are
// behind.
const early = 5 * time.Minute

// ErrAuthority is matched by what goes wrong with an [Authority].
var ErrAuthority = errors.New("identity: unusable authority")

// Authority makes the certificates of nodes. It keeps no list of them and revokes none:
// they are meant to be short-lived, and made anew.
type Authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// NewAuthority makes an authority whose own certificate is valid for that long.
func NewAuthority(lifetime time.Duration) (*Authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrAuthority, err)
	}
	template, err := validFor(lifetime)
	if err != nil {
		return nil, err
	}
	template.Subject = pkix.Name{CommonName: "Kith authority"}
	template.IsCA, template.BasicConstraintsValid, template.MaxPathLenZero = true, true, true
	template.KeyUsage = x509.KeyUsageCertSign
	a := &Authority{template, key}
	a.cert, err = a.sign(template, key)
	return a, err
}

// LoadAuthority makes an authority of what [Authority.Pair] has returned.
func LoadAuthority(pair Pair) (*Authority, error) {
	loaded, err := tls.X509KeyPair(pair.Cert, pair.Key)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrAuthority, err)
	}
	key, ok := loaded.PrivateKey.(*ecdsa.PrivateKey)
	if !ok || !loaded.Leaf.IsCA {
		return nil, fmt.Errorf("%w: want a certificate that may sign others, and an ECDSA key", ErrAuthority)
	}
	return &Authority{loaded.Leaf, key}, nil
}

// Pair returns the certificate that everybody needs, to check others by, and the key, which
// stays with whoever makes certificates.
func (a *Authority) Pair() (Pair, error) { return pair(a.cert, a.key) }

// Identity makes the identity of one node, whose certificate comes from a.
func (a *Authority) Identity(cluster, id string, lifetime time.Duration) (*Identity, error) {
	own, err := a.Issue(cluster, id, lifetime)
	if err != nil {
		return nil, err
	}
	authority, err := a.Pair()
	if err != nil {
		return nil, err
	}
	return New(own, authority.Cert)
}

// Issue makes the certificate of one node, valid for that long from now on, or one that
// has expired when lifetime is negative.
func (a *Authority) Issue(cluster, id string, lifetime time.Duration) (Pair, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return Pair{}, fmt.Errorf("%w: %w", ErrAuthority, err)
	}
	template, err := validFor(lifetime)
	if err != nil {
		return Pair{}, err
	}
	name, err := url.Parse(Name(cluster, id))
	if err != nil {
		return Pair{}, fmt.Errorf("%w: %w", ErrAuthority, err)
	}
	template.Subject = pkix.Name{CommonName: id}
	template.URIs = []*url.URL{name}
	template.KeyUsage = x509.KeyUsageDigitalSignature
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}
	cert, err := a.sign(template, key)
	if err != nil {
		return Pair{}, err
	}
	return pair(cert, key)
}

func (a *Authority) sign(template *x509.Certificate, key *ecdsa.PrivateKey) (*x509.Certificate, error) {
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, key.Public(), a.key)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrAuthority, err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrAuthority, err)
	}
	return cert, nil
}

// validFor returns the beginning of a certificate: its number and its time.
func validFor(lifetime time.Duration) (*x509.Certificate, error) {
	const bits = 127 // at most 20 bytes, and positive
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), bits))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrAuthority, err)
	}
	now := time.Now()
	return &x509.Certificate{
		SerialNumber: serial,
		NotBefore:    now.Add(min(0, lifetime) - early), NotAfter: now.Add(lifetime),
	}, nil
}

func pair(cert *x509.Certificate, key *ecdsa.PrivateKey) (Pair, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return Pair{}, fmt.Errorf("%w: %w", ErrAuthority, err)
	}
	return Pair{
		Cert: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw}),
		Key:  pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}),
	}, nil
}
