// Why this node ends a connection: what the other side did wrong.

package tcptransport

import (
	"errors"
	"io"
	"net"
	"strconv"

	"github.com/rs/zerolog"
)

// Fault is what the other side of a connection did wrong, as this node sees it.
type Fault uint8

// The faults.
const (
	FaultOverflow    Fault = iota + 1 // one connection too many without a hello: MaxUnidentified
	FaultRate                         // one too many in a second: AcceptRate
	FaultGivenUp                      // it was closed before its first byte
	FaultLate                         // no hello within HelloTimeout
	FaultTLS                          // no TLS 1.3, or a certificate that is not to be trusted
	FaultHello                        // something else than a proper hello
	FaultBroken                       // the connection broke before there was a hello
	FaultCertificate                  // the certificate is not that of the peer in the hello
	FaultDenied                       // Admit does not want the peer
	FaultReady                        // a hello was accepted, and no Ready came
	FaultJoin                         // a JOIN that is malformed, late, or of somebody else
	FaultFrames                       // too many malformed frames on a link: BadFrames
	FaultFlood                        // too many messages on a link: MessageRate
)

// MarshalText implements encoding.TextMarshaler: JSON shows the word.
func (f Fault) MarshalText() ([]byte, error) { return []byte(f.String()), nil }

// String returns the word for logs and metrics.
func (f Fault) String() string {
	words := [...]string{
		"overflow", "rate", "given_up", "late", "tls", "no_hello", "broken", "certificate", "denied",
		"not_ready", "bad_join", "bad_frames", "flood",
	}
	if f == 0 || int(f) > len(words) {
		return "fault " + strconv.Itoa(int(f))
	}
	return words[f-1]
}

// blame returns what was wrong with a connection that brought no hello, and how loudly to
// complain. One that was closed before its first byte is a dial that was given up.
func blame(err error) (Fault, zerolog.Level) {
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, net.ErrClosed):
		return FaultGivenUp, zerolog.DebugLevel
	case timedOut(err):
		return FaultLate, zerolog.WarnLevel
	case errors.Is(err, ErrTLS):
		return FaultTLS, zerolog.WarnLevel
	case errors.Is(err, ErrHello):
		return FaultHello, zerolog.WarnLevel
	default:
		return FaultBroken, zerolog.WarnLevel
	}
}
