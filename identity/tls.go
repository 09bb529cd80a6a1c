// Mutual TLS by an identity.

package identity

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
)

// ErrChain is matched by the error for a certificate that comes from no authority of the
// cluster, or is not valid at present.
var ErrChain = errors.New("identity: certificate not to be trusted")

// TLS returns settings for mutual TLS 1.3 in both directions: each side shows its
// certificate, and verifies the chain of the other's by the authorities as they are then. Whom
// the certificate names is not verified, see [Check].
func (i *Identity) TLS() *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS13,
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			return &i.latest().cert, nil
		},
		InsecureSkipVerify: true, // of host names, which certificates do not have
		VerifyConnection: func(state tls.ConnectionState) error {
			return VerifyChain(state, i.latest().roots)
		},
		GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) {
			now := i.latest()
			return &tls.Config{
				MinVersion:             tls.VersionTLS13,
				Certificates:           []tls.Certificate{now.cert},
				ClientAuth:             tls.RequireAndVerifyClientCert,
				ClientCAs:              now.roots,
				SessionTicketsDisabled: true, // nobody resumes
			}, nil
		},
	}
}

// VerifyChain verifies the certificate of the side that was dialed, as crypto/tls would but
// for the host name: from one of roots, for a server, valid now. Without roots those of the
// system count. The error matches [ErrChain].
func VerifyChain(state tls.ConnectionState, roots *x509.CertPool) error {
	if len(state.PeerCertificates) == 0 {
		return fmt.Errorf("%w: there is none", ErrChain)
	}
	between := x509.NewCertPool()
	for _, cert := range state.PeerCertificates[1:] {
		between.AddCert(cert)
	}
	_, err := state.PeerCertificates[0].Verify(x509.VerifyOptions{Roots: roots, Intermediates: between})
	if err != nil {
		return fmt.Errorf("%w: %w", ErrChain, err)
	}
	return nil
}
