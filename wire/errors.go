// The errors of reading.

package wire

import (
	"errors"
	"fmt"
)

var (
	// ErrMalformed is matched by every [Error]: these bytes are not what the
	// format says, and reading them again does not help.
	ErrMalformed = errors.New("wire: malformed")
	// ErrTooLarge is matched in addition when a length or a count is above its
	// limit. What follows was not read.
	ErrTooLarge = errors.New("wire: too large")
	// ErrVersion is matched in addition when a frame has a version that this
	// code does not speak. Its length is good, so the frame can be skipped.
	ErrVersion = errors.New("wire: unknown version")
)

// Error says what was wrong with something read, and what was wanted instead.
// It matches [ErrMalformed]. Its texts are bounded, whatever was read.
type Error struct {
	What string // such as "frame length"
	Got  string // such as "70000"
	Want string // such as "at most 65536"

	cause error // ErrTooLarge, ErrVersion, the peer's own error, or nil
}

// Error implements error.
func (e *Error) Error() string {
	return fmt.Sprintf("wire: %s is %s, want %s", e.What, e.Got, e.Want)
}

// Is makes every Error match [ErrMalformed].
func (e *Error) Is(target error) bool { return target == ErrMalformed }

// Unwrap returns what the Error matches besides: [ErrTooLarge], [ErrVersion], or
// for a peer that is not valid the error of [views.Peer.Validate].
func (e *Error) Unwrap() error { return e.cause }

// TooLarge returns an Error that matches [ErrTooLarge].
func TooLarge(what, got, want string) *Error {
	return &Error{What: what, Got: got, Want: want, cause: ErrTooLarge}
}
