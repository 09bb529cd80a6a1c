// The name in a certificate, and whether it is that of a peer.

package identity

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/kithmesh/kith/views"
)

// scheme begins every name.
const scheme = "kith"

// ErrName is matched by every [NameError].
var ErrName = errors.New("identity: certificate of somebody else")

// NameError says that a certificate is not that of a peer.
type NameError struct {
	// Want is the name of the peer.
	Want string
	// Got are the names of the certificate, none if it has none or if there is no
	// certificate.
	Got []string
}

// Error implements error.
func (e *NameError) Error() string {
	got := "nobody"
	if len(e.Got) > 0 {
		got = strings.Join(e.Got, ", ")
	}
	return fmt.Sprintf("identity: the certificate names %s, want %s", got, e.Want)
}

// Is makes every NameError match [ErrName].
func (e *NameError) Is(target error) bool { return target == ErrName }

// Name returns the name of a node as it is in its certificate.
func Name(cluster, id string) string { return scheme + "://" + cluster + "/" + id }

// Check reports, by a [NameError], whether the certificate of a connection is that of
// peer in that cluster. The chain of the certificate has to be verified before.
func Check(state tls.ConnectionState, cluster string, peer *views.Peer) error {
	want := Name(cluster, peer.ID)
	if len(state.PeerCertificates) == 0 {
		return &NameError{Want: want}
	}
	names := namesOf(state.PeerCertificates[0])
	if slices.Contains(names, want) {
		return nil
	}
	return &NameError{Want: want, Got: names}
}

// namesOf returns the names of nodes in a certificate.
func namesOf(cert *x509.Certificate) (names []string) {
	for _, u := range cert.URIs {
		if u.Scheme == scheme {
			names = append(names, u.String())
		}
	}
	return names
}
