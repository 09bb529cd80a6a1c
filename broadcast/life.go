// Who sends: one life of an origin.

package broadcast

import (
	"encoding/binary"
	"fmt"

	"github.com/kithmesh/kith/views"
)

// Life names one life of an origin, in the form in which it stands in frames and
// is looked up: the incarnation in eight bytes, big-endian, and the ID.
type Life string

const incarnationLen = 8

// NewLife returns the life of the node with that ID and incarnation.
func NewLife(id string, incarnation uint64) Life {
	b := make([]byte, incarnationLen, incarnationLen+len(id))
	binary.BigEndian.PutUint64(b, incarnation)
	return Life(append(b, id...))
}

// ID returns the ID of the node.
func (l Life) ID() string { return string(l[incarnationLen:]) }

// Incarnation returns which of the node's lives it is.
func (l Life) Incarnation() uint64 { return binary.BigEndian.Uint64([]byte(l[:incarnationLen])) }

// String returns ID and incarnation, for logs.
func (l Life) String() string { return fmt.Sprintf("%s/%d", l.ID(), l.Incarnation()) }

// validLife reports whether b is a life: an incarnation above zero and an ID, as
// [views.ValidToken] has it.
func validLife(b []byte) bool {
	if len(b) <= incarnationLen || len(b) > incarnationLen+views.MaxID || binary.BigEndian.Uint64(b) == 0 {
		return false
	}
	for _, c := range b[incarnationLen:] {
		switch {
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9', 'A' <= c && c <= 'Z', c == '-', c == '_':
		default:
			return false
		}
	}
	return true
}
