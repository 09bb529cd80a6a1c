// Which fields each kind of message has, and the bounds that depend on the kind.

package membership

import (
	"strconv"
	"time"

	"github.com/kithmesh/kith/wire"
)

// A layout says which fields a kind of message has: one bit a tag.
type layout struct{ used, mandatory uint16 }

// layoutOf returns the layout of k, the zero layout for a kind that does not exist.
func layoutOf(k Kind) layout {
	const (
		ttl         = 1 << tagTTL
		priority    = 1 << tagPriority
		verdict     = 1 << tagVerdict
		reason      = 1 << tagReason
		active      = 1 << tagActive
		degree      = 1 << tagDegree
		request     = 1 << tagRequest
		incarnation = 1 << tagIncarnation
		peer        = 1 << tagPeer
		sample      = 1 << tagSighting
		times       = 1<<tagSent | 1<<tagEcho | 1<<tagHeld
	)
	fields := func(mandatory, optional uint16) layout {
		return layout{used: mandatory | optional, mandatory: mandatory}
	}
	switch k {
	case Join:
		return fields(priority|peer, degree|sample)
	case JoinReply:
		return fields(verdict|peer, incarnation|sample)
	case ForwardJoin:
		return fields(ttl|priority|peer, 0)
	case Neighbor:
		return fields(request|priority, degree|peer)
	case NeighborReply:
		return fields(request|verdict, degree|peer|sample)
	case Disconnect:
		return fields(reason, peer|sample)
	case Shuffle:
		return fields(request|ttl|peer, sample)
	case ShuffleReply:
		return fields(request, sample)
	case Heartbeat:
		return fields(0, active|degree|times)
	}
	return layout{}
}

// uses reports whether messages of the kind may have the field.
func (l layout) uses(tag byte) bool { return tag <= lastTag && l.used&(1<<tag) != 0 }

// needs reports whether messages of the kind must have the field.
func (l layout) needs(tag byte) bool { return l.mandatory&(1<<tag) != 0 }

// appendUint appends the integer if the kind has it; zero is left out where it
// may be.
func (l layout) appendUint(dst []byte, tag byte, v uint64) []byte {
	if l.needs(tag) || l.uses(tag) && v != 0 {
		return wire.AppendUint(dst, tag, v)
	}
	return dst
}

// appendDuration appends the duration if the kind has it and it is not zero when
// written.
func (l layout) appendDuration(dst []byte, tag byte, d time.Duration) []byte {
	if l.uses(tag) && d >= time.Microsecond {
		return wire.AppendDuration(dst, tag, d)
	}
	return dst
}

// lastPriority returns the largest priority that a message of kind k may have.
func lastPriority(k Kind) Priority {
	if k == Neighbor {
		return Swap
	}
	return High
}

// lastVerdict returns the largest verdict that a message of kind k may have.
func lastVerdict(k Kind) Verdict {
	if k == NeighborReply {
		return Refused
	}
	return Undialable
}

// fieldName returns the name of a field for an error.
func fieldName(tag byte) string {
	switch tag {
	case tagTTL:
		return "TTL"
	case tagPriority:
		return "priority"
	case tagVerdict:
		return "verdict"
	case tagReason:
		return "reason"
	case tagActive:
		return "active"
	case tagDegree:
		return "degree"
	case tagRequest:
		return "request"
	case tagIncarnation:
		return "incarnation"
	case tagPeer:
		return "peer"
	case tagSighting:
		return "sample"
	case tagSent:
		return "sent"
	case tagEcho:
		return "echo"
	case tagHeld:
		return "held"
	default:
		return "field " + strconv.Itoa(int(tag))
	}
}
