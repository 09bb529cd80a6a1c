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

// The characters of IDs, each a bit: every message has some.
const (
	idBelow64 uint64 = 1<<'-' | (1<<10-1)<<'0'
	idAbove63 uint64 = (1<<26-1)<<('A'-64) | 1<<('_'-64) | (1<<26-1)<<('a'-64)
)

// validLife reports whether b is a life: an incarnation above zero and an ID, as
// [views.ValidToken] has it.
func validLife(b []byte) bool {
	if len(b) <= incarnationLen || len(b) > incarnationLen+views.MaxID || binary.BigEndian.Uint64(b) == 0 {
		return false
	}
	inID := [2]uint64{idBelow64, idAbove63}
	for _, c := range b[incarnationLen:] {
		if c > 127 || inID[c/64]>>(c%64)&1 == 0 {
			return false
		}
	}
	return true
}
