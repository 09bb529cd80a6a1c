// The errors of the package.

package linker

import (
	"errors"
	"fmt"
)

var (
	// ErrConfig is matched by every [ConfigError].
	ErrConfig = errors.New("linker: invalid configuration")
	// ErrClosed is returned by the methods of a Linker that has been closed.
	ErrClosed = errors.New("linker: closed")
	// ErrSubject is matched by every [SubjectError].
	ErrSubject = errors.New("linker: invalid subject")
	// ErrHandler is returned by Subscribe without a handler.
	ErrHandler = errors.New("linker: no handler")
	// ErrHandlerRuns is matched by the error of a Close whose context has ended
	// while a handler had not returned.
	ErrHandlerRuns = errors.New("linker: a handler has not returned")
	// ErrReply is returned for a message to publish that has a reply subject:
	// answers come to a Request only, which knows the connection they arrive on.
	ErrReply = errors.New("linker: a published message takes no reply subject")
	// ErrNotLinked is matched by the [LinkError] for a peer that is no neighbor,
	// or to which the link is not up just now.
	ErrNotLinked = errors.New("linker: not linked")
	// ErrNoServer is the fault of a link whose two sides both name no NATS
	// server, so that there is nothing to connect to.
	ErrNoServer = errors.New("linker: neither side names a NATS server")
	// ErrSilent is the fault of a link on which hellos stay unanswered although
	// somebody is subscribed to them.
	ErrSilent = errors.New("linker: no answer to the hello")
	// ErrAbsent is the fault of a link on which nobody is subscribed to hellos:
	// the neighbor has not connected yet, is gone, or runs no Linker.
	ErrAbsent = errors.New("linker: the neighbor is not there")
	// ErrUnwanted is the fault of a link that the other side does not want: this
	// node is not in its view, or not yet.
	ErrUnwanted = errors.New("linker: the neighbor has no link to this node")
	// ErrIncarnation is the fault of a link to a node that is not the same life
	// of the peer as in the view, or that looks for another life of this node.
	ErrIncarnation = errors.New("linker: another incarnation")
)

// ConfigError names a field of [Config], its value and what was wanted instead.
type ConfigError struct {
	Field string
	Value string
	Want  string
}

// Error implements error.
func (e *ConfigError) Error() string {
	return fmt.Sprintf("linker: %s is %q, want %s", e.Field, e.Value, e.Want)
}

// Is makes every ConfigError match [ErrConfig].
func (e *ConfigError) Is(target error) bool { return target == ErrConfig }

// SubjectError says what is wrong with a subject.
type SubjectError struct {
	Subject string
	Want    string
}

// Error implements error.
func (e *SubjectError) Error() string {
	return fmt.Sprintf("linker: subject %q, want %s", e.Subject, e.Want)
}

// Is makes every SubjectError match [ErrSubject].
func (e *SubjectError) Is(target error) bool { return target == ErrSubject }

// LinkError says to which peer a message could not be sent, and why.
type LinkError struct {
	Peer string
	// State of the link; zero when the peer is no neighbor.
	State State
	Err   error
}

// Error implements error.
func (e *LinkError) Error() string {
	if e.State == 0 {
		return fmt.Sprintf("linker: %s is no neighbor", e.Peer)
	}
	return fmt.Sprintf("linker: %s (%s): %v", e.Peer, e.State, e.Err)
}

// Unwrap returns the cause.
func (e *LinkError) Unwrap() error { return e.Err }
