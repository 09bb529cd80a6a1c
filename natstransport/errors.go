// The errors of the package.

package natstransport

import (
	"errors"
	"fmt"
	"strings"

	"github.com/nats-io/nats.go"
)

var (
	// ErrConfig is matched by every [ConfigError].
	ErrConfig = errors.New("natstransport: invalid config")
	// ErrClosed is returned by a Meeting after Close.
	ErrClosed = errors.New("natstransport: meeting is closed")
	// ErrServing is returned by a second call of Serve.
	ErrServing = errors.New("natstransport: meeting is served already")
	// ErrDisconnected is returned while the connection has no NATS server, at
	// once, and for a request whose server goes away before the answer.
	ErrDisconnected = errors.New("natstransport: not connected to NATS")
	// ErrMalformed is matched by every [MessageError].
	ErrMalformed = errors.New("natstransport: malformed message")
	// ErrUnknownType is matched by the MessageError for a message that is not of
	// the type that belongs on its subject, which a later version may well send.
	ErrUnknownType = errors.New("natstransport: unknown message type")
	// ErrWrongCluster is matched by the MessageError for a message that names
	// another cluster than its subject does.
	ErrWrongCluster = errors.New("natstransport: message of another cluster")
)

// A ConfigError names a parameter of Open or Inspect, or a field of [Config], its
// value and what was wanted instead.
type ConfigError struct {
	Field string
	Value string
	Want  string
}

// Error implements error.
func (e *ConfigError) Error() string {
	return fmt.Sprintf("natstransport: config %s is %q, want %s", e.Field, e.Value, e.Want)
}

// Is makes every ConfigError match [ErrConfig].
func (e *ConfigError) Is(target error) bool { return target == ErrConfig }

// checkConn refuses to do without a connection.
func checkConn(nc *nats.Conn) error {
	if nc == nil {
		return &ConfigError{Field: "nc", Value: "nil", Want: "a connection"}
	}
	return nil
}

// A MessageError says which field of a received message is wrong.
type MessageError struct {
	// Message is the type that was expected, such as "io.kith.v1.join".
	Message string
	// Field is the JSON key, "payload" for the message as a whole.
	Field string
	// Got is what was there, shortened.
	Got string
	// Want is what should have been there.
	Want string
	// Err is the cause, or the sentinel for this fault; it may be nil.
	Err error
}

// Error implements error.
func (e *MessageError) Error() string {
	return fmt.Sprintf("natstransport: %s: %s is %s, want %s", e.Message, e.Field, e.Got, e.Want)
}

// Is makes every MessageError match [ErrMalformed].
func (e *MessageError) Is(target error) bool { return target == ErrMalformed }

// Unwrap returns the cause.
func (e *MessageError) Unwrap() error { return e.Err }

// A ServiceError is a member's answer that it could not serve a request, in the
// way of NATS services: a code and a description in the headers.
type ServiceError struct {
	Code        string
	Description string
}

// The codes of a ServiceError.
const (
	// CodeBadRequest: the request was refused, and would be again.
	CodeBadRequest = "400"
	// CodeInternal: the member failed to answer.
	CodeInternal = "500"
	// CodeUnavailable: the member was too busy, or about to leave; ask another.
	CodeUnavailable = "503"
)

// Error implements error.
func (e *ServiceError) Error() string {
	return fmt.Sprintf("natstransport: a member answered error %s: %s", e.Code, e.Description)
}

// clip makes what others sent fit for an error text and a header: short, and
// without control characters.
func clip(s string) string {
	const most = 120
	cut := len(s) > most
	if cut {
		s = s[:most]
	}
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f {
			return '?'
		}
		return r
	}, s)
	if cut {
		s += "..."
	}
	return s
}
