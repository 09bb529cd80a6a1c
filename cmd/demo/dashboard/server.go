// Package dashboard serves a page that shows a mesh as it lives: its events over HTTP, and
// controls where there is a mesh that obeys.
//
// The page and what is behind it are for this machine by default. On any other address
// whoever wants to read or to give orders needs a token, which the address that is shown at
// the start carries after its #, where browsers keep it to themselves.
package dashboard

import (
	"context"
	"errors"
	stdlog "log"
	"net"
	"net/http"
	"time"

	"github.com/rs/zerolog"
)

// The bounds of a request, but for the events, which have no end, and orders, which take longer.
const (
	requestTimeout = 5 * time.Second
	idleTimeout    = 2 * time.Minute
	maxHeaderBytes = 16 << 10
)

// Server serves a page at an address.
type Server struct {
	url    string
	server *http.Server
	done   chan struct{}
}

// Start serves on a listener, which is the server's from then on. Token and Local of the
// configuration are filled in.
func Start(l net.Listener, c Config, log zerolog.Logger) *Server {
	c.Token, c.Local = NewToken(), isLocal(l.Addr())
	s := &Server{url: pageURL(l.Addr(), c.Token), done: make(chan struct{})}
	s.server = &http.Server{
		Handler:           NewHandler(c),
		ReadHeaderTimeout: requestTimeout,
		ReadTimeout:       requestTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          stdlog.New(log, "", 0),
	}
	log.Info().Str("url", s.url).Msg("dashboard")
	go func() {
		defer close(s.done)
		if err := s.server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			log.Error().Err(err).Msg("dashboard_ended")
		}
	}()
	return s
}

// URL is where the page is, with the token.
func (s *Server) URL() string { return s.url }

// Close ends it. Those who follow a stream that has ended get its end, until ctx ends.
func (s *Server) Close(ctx context.Context) error {
	err := s.server.Shutdown(ctx)
	if err != nil {
		_ = s.server.Close() // the error that counts is the other one
	}
	<-s.done
	return err
}

func isLocal(addr net.Addr) bool {
	tcp, ok := addr.(*net.TCPAddr)
	return ok && tcp.IP.IsLoopback()
}

// pageURL names an address that a browser can be given. One that stands for all of this machine's is
// shown as the local one.
func pageURL(addr net.Addr, token string) string {
	host, port, err := net.SplitHostPort(addr.String())
	if err != nil {
		return "http://" + addr.String() + "/#token=" + token
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return "http://" + net.JoinHostPort(host, port) + "/#token=" + token
}
