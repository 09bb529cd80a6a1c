// An identity: a certificate, its key, and the authorities that others are checked by.

package identity

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"sync/atomic"
	"time"
)

// ErrMaterial is matched by the error for a certificate, a key or authorities that cannot be
// used.
var ErrMaterial = errors.New("identity: unusable certificates")

// Identity is who a node is, and whom it believes. It may be used by many goroutines at once.
type Identity struct {
	current atomic.Pointer[material]
	files   *watch // nil unless it is from files
}

// material is what an identity consists of at one time.
type material struct {
	cert  tls.Certificate
	roots *x509.CertPool
}

// Pair is a certificate and its key, as PEM. The node's own certificate comes first, and
// those between it and an authority follow.
type Pair struct{ Cert, Key []byte }

// New makes an identity of a certificate and the authorities of the cluster, as PEM: more than
// one while they are being replaced. The error matches [ErrMaterial].
func New(pair Pair, authorities []byte) (*Identity, error) {
	i := new(Identity)
	if err := i.Replace(pair, authorities); err != nil {
		return nil, err
	}
	return i, nil
}

// Replace changes an identity: new connections have the new certificate and are checked by the
// new authorities, those that exist go on. When it fails, nothing has changed; the error
// matches [ErrMaterial].
func (i *Identity) Replace(pair Pair, authorities []byte) error {
	cert, err := tls.X509KeyPair(pair.Cert, pair.Key)
	if err != nil {
		return fmt.Errorf("%w: certificate and key: %w", ErrMaterial, err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(authorities) {
		return fmt.Errorf("%w: authorities: want certificates in PEM", ErrMaterial)
	}
	i.current.Store(&material{cert, roots})
	return nil
}

// Names returns the names of nodes in the certificate, as [Name] makes them.
func (i *Identity) Names() []string { return namesOf(i.current.Load().cert.Leaf) }

// NotAfter returns when the certificate expires.
func (i *Identity) NotAfter() time.Time { return i.current.Load().cert.Leaf.NotAfter }

// latest returns what holds now, after a look at the files.
func (i *Identity) latest() *material {
	if i.files != nil {
		i.files.look(i)
	}
	return i.current.Load()
}
