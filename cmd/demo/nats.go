// The NATS that a command is told to use: its flags, the connection, and what to
// check when there is none.

package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/rs/zerolog"
	"github.com/spf13/pflag"
)

// localNATS is where a node without any flag looks for others.
const localNATS = "nats://127.0.0.1:4222"

// connectTimeout bounds the dial and the handshake with a NATS server.
const connectTimeout = 2 * time.Second

// natsOptions are the flags of a NATS connection, spelled as those of the nats CLI.
type natsOptions struct {
	server                 string
	creds, nkey            string
	user, password         string
	tlscert, tlskey, tlsca string
}

func (o *natsOptions) bind(flags *pflag.FlagSet, serverUsage string) {
	define(flags, &o.server, "server", "s", natsURL(), serverUsage)
	define(flags, &o.creds, "creds", "", anyText("file"), "credentials for NATS")
	define(flags, &o.nkey, "nkey", "", anyText("file"), "nkey seed for NATS")
	define(flags, &o.user, "user", "", anyText("name"), "user for NATS, or a token when there is no password")
	define(flags, &o.password, "password", "", anyText("text"), "password for NATS")
	define(flags, &o.tlscert, "tlscert", "", anyText("file"), "client certificate for NATS")
	define(flags, &o.tlskey, "tlskey", "", anyText("file"), "its private key")
	define(flags, &o.tlsca, "tlsca", "", anyText("file"), "certificate authority of the NATS server")
}

// connect returns a connection to one of servers that reconnects for ever. It takes one
// attempt to get it: the error says what to check.
func (o *natsOptions) connect(ctx context.Context, servers, name string, log zerolog.Logger) (*nats.Conn, error) {
	opts, err := o.options()
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	opts = append(
		opts,
		nats.Name(name),
		nats.NoEcho(),
		nats.MaxReconnects(-1),
		nats.Timeout(connectTimeout),
		nats.DisconnectErrHandler(func(nc *nats.Conn, err error) {
			if nc.IsClosed() {
				return // on purpose
			}
			log.Warn().Err(err).Str("server", redacted(servers)).Msg("nats_disconnected")
		}),
		nats.ReconnectHandler(func(nc *nats.Conn) {
			log.Info().Str("server", nc.ConnectedUrlRedacted()).Msg("nats_reconnected")
		}),
		nats.ErrorHandler(func(_ *nats.Conn, sub *nats.Subscription, err error) {
			subject := ""
			if sub != nil {
				subject = sub.Subject
			}
			log.Warn().Err(err).Str("subject", subject).Msg("nats_error")
		}),
	)
	nc, err := nats.Connect(servers, opts...)
	if err != nil {
		return nil, &serverError{servers: servers, err: err}
	}
	return nc, nil
}

// options are those of authentication and encryption.
func (o *natsOptions) options() ([]nats.Option, error) {
	for _, file := range [][2]string{
		{"creds", o.creds}, {"nkey", o.nkey}, {"tlscert", o.tlscert}, {"tlskey", o.tlskey}, {"tlsca", o.tlsca},
	} {
		if file[1] == "" {
			continue
		}
		if f, err := os.Open(file[1]); err != nil {
			return nil, refuse(file[0], file[1], "a file that can be read: "+err.Error())
		} else if err := f.Close(); err != nil {
			return nil, err
		}
	}
	var opts []nats.Option
	switch {
	case o.user == "" && o.password != "":
		return nil, refuse("user", "", "a user to go with --password")
	case o.user != "" && o.password == "":
		opts = append(opts, nats.Token(o.user))
	case o.user != "":
		opts = append(opts, nats.UserInfo(o.user, o.password))
	}
	if o.creds != "" {
		opts = append(opts, nats.UserCredentials(o.creds))
	}
	if o.nkey != "" {
		nkey, err := nats.NkeyOptionFromSeed(o.nkey)
		if err != nil {
			return nil, refuse("nkey", o.nkey, "a file with an nkey seed: "+err.Error())
		}
		opts = append(opts, nkey)
	}
	return o.tls(opts)
}

// tls adds the options of encryption.
func (o *natsOptions) tls(opts []nats.Option) ([]nats.Option, error) {
	switch {
	case o.tlscert != "" && o.tlskey == "":
		return nil, refuse("tlskey", "", "the private key of --tlscert")
	case o.tlscert == "" && o.tlskey != "":
		return nil, refuse("tlscert", "", "the certificate of --tlskey")
	case o.tlscert != "":
		if _, err := tls.LoadX509KeyPair(o.tlscert, o.tlskey); err != nil {
			return nil, refuse("tlscert", o.tlscert, "a certificate that fits --tlskey: "+err.Error())
		}
		opts = append(opts, nats.ClientCert(o.tlscert, o.tlskey))
	}
	if o.tlsca != "" {
		pem, err := os.ReadFile(o.tlsca)
		if err != nil || !x509.NewCertPool().AppendCertsFromPEM(pem) {
			return nil, refuse("tlsca", o.tlsca, "a file with PEM certificates")
		}
		opts = append(opts, nats.RootCAs(o.tlsca))
	}
	return opts, nil
}

// serverError says which NATS server could not be reached, and what to check.
type serverError struct {
	servers string
	err     error
}

// Error implements error.
func (e *serverError) Error() string {
	return fmt.Sprintf("cannot connect to NATS at %s: %v: %s", redacted(e.servers), e.err, e.advice())
}

// Unwrap returns the cause.
func (e *serverError) Unwrap() error { return e.err }

// refused reports that nothing listens there.
func (e *serverError) refused() bool { return errors.Is(e.err, nats.ErrNoServers) }

func (e *serverError) advice() string {
	timeout, slow := errors.AsType[net.Error](e.err)
	switch {
	case e.refused():
		return "is the server running, and are host and port in --server right?"
	case errors.Is(e.err, nats.ErrAuthorization), errors.Is(e.err, nats.ErrAuthExpired), errors.Is(e.err, nats.ErrAuthRevoked):
		return "check --creds, --nkey, or --user and --password"
	case errors.Is(e.err, nats.ErrSecureConnRequired), errors.Is(e.err, nats.ErrSecureConnWanted):
		return "check whether --server wants tls:// and --tlsca"
	case slow && timeout.Timeout(), errors.Is(e.err, nats.ErrTimeout):
		return "check host and port in --server, and firewalls in between"
	}
	return "check --server, and that a NATS server listens there"
}

// redacted hides the passwords in URLs.
func redacted(urls string) string {
	var shown []string
	for one := range strings.SplitSeq(urls, ",") {
		if u, err := url.Parse(strings.TrimSpace(one)); err == nil {
			one = u.Redacted()
		}
		shown = append(shown, one)
	}
	return strings.Join(shown, ",")
}
