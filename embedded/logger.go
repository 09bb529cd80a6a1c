// Carries the server's log to zerolog, and its fatal errors to Start.

package embedded

import (
	"errors"
	"fmt"
	"net"
	"sync/atomic"

	"github.com/rs/zerolog"
)

// natsLogger implements nats-server's Logger. The server calls it from any
// goroutine, at times with its own lock held, so no method calls the server back.
type natsLogger struct {
	log   zerolog.Logger
	fatal atomic.Pointer[fatalError]
}

// A fatalError is what made the server give up.
type fatalError struct {
	text  string
	cause error // the error among what was logged, nil when there is none
}

// Error implements error.
func (e *fatalError) Error() string { return "embedded: nats-server: " + e.text }

// Unwrap returns the cause.
func (e *fatalError) Unwrap() error { return e.cause }

// Noticef implements server.Logger.
func (l *natsLogger) Noticef(format string, v ...any) { l.log.Info().Msgf(format, v...) }

// Warnf implements server.Logger.
func (l *natsLogger) Warnf(format string, v ...any) { l.log.Warn().Msgf(format, v...) }

// Errorf implements server.Logger.
func (l *natsLogger) Errorf(format string, v ...any) { l.log.Error().Msgf(format, v...) }

// Debugf implements server.Logger.
func (l *natsLogger) Debugf(format string, v ...any) { l.log.Debug().Msgf(format, v...) }

// Tracef implements server.Logger.
func (l *natsLogger) Tracef(format string, v ...any) { l.log.Trace().Msgf(format, v...) }

// Fatalf implements server.Logger. The server expects its process to end here;
// an embedded one must not take the service with it, so the first fatal error is
// kept for Start and the server returns from what it was doing.
func (l *natsLogger) Fatalf(format string, v ...any) {
	e := &fatalError{text: fmt.Sprintf(format, v...)}
	for _, arg := range v {
		if err, ok := arg.(error); ok {
			e.cause = err
		}
	}
	l.fatal.CompareAndSwap(nil, e)
	l.log.Error().Bool("fatal", true).Msg(e.text)
}

// failure returns what made the server give up, nil when nothing did.
func (l *natsLogger) failure() error {
	e := l.fatal.Load()
	if e == nil {
		return nil
	}
	var op *net.OpError
	if errors.As(e.cause, &op) && op.Op == "listen" && op.Addr != nil {
		return &ListenError{Addr: op.Addr.String(), Err: op.Err}
	}
	return e
}

// A ListenError says that the server could not listen on Addr (host:port): the
// port is in use, or the host is not one of this machine. A port in use matches
// syscall.EADDRINUSE.
type ListenError struct {
	Addr string
	Err  error
}

// Error implements error.
func (e *ListenError) Error() string {
	return fmt.Sprintf("embedded: cannot listen on %s: %v", e.Addr, e.Err)
}

// Unwrap returns the error of the operating system.
func (e *ListenError) Unwrap() error { return e.Err }
