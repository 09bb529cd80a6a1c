// The errors of the package.

package membership

import "errors"

var (
	// ErrNobody is returned by a meeting place at which no other node is
	// present: whoever asked is the first.
	ErrNobody = errors.New("membership: nobody else is there")
	// ErrUnknownType is returned for a frame of a type this version does not
	// know; a newer peer may well send one, so it is counted and dropped.
	ErrUnknownType = errors.New("membership: unknown message type")
)
