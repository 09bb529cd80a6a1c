// The errors of the package.

package leafnode

import (
	"errors"
	"fmt"
)

var (
	// ErrConfig is matched by every [ConfigError].
	ErrConfig = errors.New("leafnode: invalid config")
	// ErrProtocol is matched by every [ProtocolError].
	ErrProtocol = errors.New("leafnode: not the leafnode protocol")
	// ErrInvalid is matched by [NameError], by [HeaderError], and where the names of
	// one message are too long together or a weight is negative: it cannot be written.
	ErrInvalid = errors.New("leafnode: cannot be sent")
	// ErrStarted is returned by a second Start.
	ErrStarted = errors.New("leafnode: already started")
	// ErrClosed is returned after Close.
	ErrClosed = errors.New("leafnode: closed")
	// ErrDown is returned while there is no connection.
	ErrDown = errors.New("leafnode: not connected")
	// ErrPending is returned when too much waits to be written.
	ErrPending = errors.New("leafnode: too much waits to be written")
	// ErrPayload is matched by every [PayloadError].
	ErrPayload = errors.New("leafnode: message larger than the server takes")
	// ErrPermission is matched by every [PermissionError].
	ErrPermission = errors.New("leafnode: not permitted")
	// ErrServer is matched by every [ServerError].
	ErrServer = errors.New("leafnode: server refused")
	// ErrSilent ends a connection on which two pings went unanswered.
	ErrSilent = errors.New("leafnode: server does not answer")
	// ErrInterest ends a connection whose server has more subscriptions than
	// Config.MaxInterest.
	ErrInterest = errors.New("leafnode: too much interest")
	// ErrNoTLS ends a connection to a server that offers no TLS, when the URL asks
	// for it.
	ErrNoTLS = errors.New("leafnode: server offers no TLS")
	// ErrCredentials is matched when the credentials or the seed cannot be read, or
	// the server gave no nonce to sign.
	ErrCredentials = errors.New("leafnode: unusable credentials")
)

// ConfigError names a setting that is wrong, its value and what was wanted. A value
// that may hold a secret is left out.
type ConfigError struct {
	Field string
	Value string
	Want  string
}

// Error implements error.
func (e *ConfigError) Error() string {
	return fmt.Sprintf("leafnode: config %s is %q, want %s", e.Field, e.Value, e.Want)
}

// Is makes every ConfigError match [ErrConfig].
func (e *ConfigError) Is(target error) bool { return target == ErrConfig }

// ProtocolError says what came from the server, shortened, and what was wanted.
type ProtocolError struct {
	Found string
	Want  string
}

// Error implements error.
func (e *ProtocolError) Error() string {
	return fmt.Sprintf("leafnode: server sent %q, want %s", e.Found, e.Want)
}

// Is makes every ProtocolError match [ErrProtocol].
func (e *ProtocolError) Is(target error) bool { return target == ErrProtocol }

// snippet is how much of what was found an error shows, in bytes.
const snippet = 64

// unexpected makes a ProtocolError of what was found.
func unexpected(found []byte, want string) error {
	return &ProtocolError{Found: string(found[:min(len(found), snippet)]), Want: want}
}

// NameError says that a subject, a reply, a pattern or the name of a queue group
// cannot be written.
type NameError struct {
	Kind string
	Name string
}

// Error implements error.
func (e *NameError) Error() string {
	return fmt.Sprintf("leafnode: %s is %q, want at most %d bytes without white space, control characters and empty tokens, and no misplaced wildcard",
		e.Kind, e.Name[:min(len(e.Name), snippet)], MaxName)
}

// Is makes every NameError match [ErrInvalid].
func (e *NameError) Is(target error) bool { return target == ErrInvalid }

// HeaderError says that a message's header block would be longer than the message.
type HeaderError struct{ Header, Data int }

// Error implements error.
func (e *HeaderError) Error() string {
	return fmt.Sprintf("leafnode: header block is %d bytes, want 0 to the %d of the data", e.Header, e.Data)
}

// Is makes every HeaderError match [ErrInvalid].
func (e *HeaderError) Is(target error) bool { return target == ErrInvalid }

// PayloadError says that a message of Size bytes, headers included, is larger than
// the server's Max.
type PayloadError struct{ Size, Max int }

// Error implements error.
func (e *PayloadError) Error() string {
	return fmt.Sprintf("leafnode: message is %d bytes, want at most the server's %d", e.Size, e.Max)
}

// Is makes every PayloadError match [ErrPayload].
func (e *PayloadError) Is(target error) bool { return target == ErrPayload }

// PermissionError says that the server would not take a message on Subject.
type PermissionError struct{ Subject string }

// Error implements error.
func (e *PermissionError) Error() string {
	return fmt.Sprintf("leafnode: subject is %q, want one that the server permits to publish", e.Subject)
}

// Is makes every PermissionError match [ErrPermission].
func (e *PermissionError) Is(target error) bool { return target == ErrPermission }

// ServerError is the server's own text, with which it ended the connection.
type ServerError struct{ Text string }

// Error implements error.
func (e *ServerError) Error() string { return fmt.Sprintf("leafnode: server says %q", e.Text) }

// Is makes every ServerError match [ErrServer].
func (e *ServerError) Is(target error) bool { return target == ErrServer }
