// The binary form of the messages, which docs/wire.md describes.

package membership

import (
	"fmt"
	"math"
	"strconv"

	"github.com/kithmesh/kith/views"
	"github.com/kithmesh/kith/wire"
)

// The tags of a message's fields. All kinds share them; a tag that a kind does
// not use is unknown in it.
const (
	tagTTL         = 1
	tagPriority    = 2
	tagVerdict     = 3
	tagReason      = 4
	tagActive      = 5
	tagDegree      = 6
	tagRequest     = 7
	tagIncarnation = 8
	tagPeer        = 9
	tagSighting    = 10 // repeated
	tagSent        = 11
	tagEcho        = 12
	tagHeld        = 13
	lastTag        = tagHeld
)

// AppendMessage appends m as one whole frame to dst, as append does, and without
// allocating when dst has room.
//
// Fields that m's kind does not use are ignored. A frame is never larger than
// [wire.MaxFrame] allows: of the sample, the first sightings that fit are written,
// and [wire.MaxPeers] at most.
func AppendMessage(dst []byte, m *Message) []byte {
	start := len(dst)
	dst = wire.AppendHeader(dst, byte(m.Kind))
	l := layoutOf(m.Kind)
	dst = l.appendUint(dst, tagTTL, uint64(m.TTL))
	dst = l.appendUint(dst, tagPriority, uint64(m.Priority))
	dst = l.appendUint(dst, tagVerdict, uint64(m.Verdict))
	dst = l.appendUint(dst, tagReason, uint64(m.Reason))
	if l.uses(tagActive) && m.Active {
		dst = wire.AppendBool(dst, tagActive)
	}
	dst = l.appendUint(dst, tagDegree, uint64(m.Degree))
	dst = l.appendUint(dst, tagRequest, uint64(m.Request))
	dst = l.appendUint(dst, tagIncarnation, m.Incarnation)
	dst = l.appendDuration(dst, tagSent, m.Sent)
	dst = l.appendDuration(dst, tagEcho, m.Echo)
	dst = l.appendDuration(dst, tagHeld, m.Held)
	if l.uses(tagPeer) {
		dst = wire.AppendPeer(dst, tagPeer, m.Peer)
	}
	if l.uses(tagSighting) {
		dst = appendSample(dst, start+wire.HeaderLen+wire.MaxBody, m.Sample)
	}
	return wire.FinishFrame(dst, start)
}

// appendSample appends what fits of the sample into dst[:limit].
func appendSample(dst []byte, limit int, sample []views.Sighting) []byte {
	for i := range min(len(sample), wire.MaxPeers) {
		if len(dst)+wire.SightingLen(sample[i]) > limit {
			break
		}
		dst = wire.AppendSightings(dst, tagSighting, sample[i:i+1])
	}
	return dst
}

// DecodeMessage reads the message in a frame of the given type; body is what
// follows the header. The message shares no memory with body.
//
// A type that is not known is an error that matches [ErrUnknownType]; every other
// error matches [wire.ErrMalformed]. Sightings that are not well formed are left
// out of the sample, one by one, and so is a peer that the message can do without:
// they are hearsay, and the fault need not be the sender's.
func DecodeMessage(typ byte, body []byte) (Message, error) {
	m := Message{Kind: Kind(typ)}
	l := layoutOf(m.Kind)
	if l == (layout{}) {
		return Message{}, fmt.Errorf("%w: %d", ErrUnknownType, typ)
	}
	if len(body) > wire.MaxBody {
		return Message{}, inMessage(m.Kind, "body", wire.TooLarge(
			"length", strconv.Itoa(len(body)), "at most "+strconv.Itoa(wire.MaxBody)))
	}
	var seen wire.Seen
	fields := wire.Parse(body)
	for tag, value, ok := fields.Next(); ok; tag, value, ok = fields.Next() {
		first := seen.First(tag)
		switch {
		case !l.uses(tag):
		case tag == tagSighting:
			if first {
				var err error
				if m.Sample, err = newSample(fields); err != nil {
					return Message{}, inMessage(m.Kind, fieldName(tag), err)
				}
			}
			if s, err := wire.Sighting(value); err == nil {
				m.Sample = append(m.Sample, s)
			}
		case first && tag == tagPeer && !l.needs(tagPeer):
			if p, err := wire.Peer(value); err == nil {
				m.Peer = p
			}
		case first:
			if err := readField(&m, tag, value); err != nil {
				return Message{}, inMessage(m.Kind, fieldName(tag), err)
			}
		}
	}
	if err := fields.Err(); err != nil {
		return Message{}, inMessage(m.Kind, "body", err)
	}
	if err := checkMandatory(&m, l, &seen); err != nil {
		return Message{}, err
	}
	if len(m.Sample) == 0 {
		m.Sample = nil
	}
	return m, nil
}

// newSample returns an empty sample with room for the sighting just read and for
// those still to be read from rest.
func newSample(rest wire.Fields) ([]views.Sighting, error) {
	count := 1
	for tag, _, ok := rest.Next(); ok; tag, _, ok = rest.Next() {
		if tag == tagSighting {
			count++
		}
	}
	if count > wire.MaxPeers {
		return nil, wire.TooLarge("number of sightings", strconv.Itoa(count), "at most "+strconv.Itoa(wire.MaxPeers))
	}
	return make([]views.Sighting, 0, count), nil
}

// readField reads the value of one field, other than a sighting, into m.
func readField(m *Message, tag byte, value []byte) error {
	var (
		v   uint64
		err error
	)
	switch tag {
	case tagTTL:
		v, err = readUint(value, 0, math.MaxUint8)
		m.TTL = TTL(v)
	case tagPriority:
		v, err = readUint(value, uint64(Low), uint64(lastPriority(m.Kind)))
		m.Priority = Priority(v)
	case tagVerdict:
		v, err = readUint(value, uint64(Accepted), uint64(lastVerdict(m.Kind)))
		m.Verdict = Verdict(v)
	case tagReason:
		v, err = readUint(value, uint64(Evicted), uint64(Superseded))
		m.Reason = Reason(v)
	case tagActive:
		m.Active, err = wire.Bool(value)
	case tagDegree:
		v, err = readUint(value, 0, math.MaxUint8)
		m.Degree = uint8(v)
	case tagRequest:
		v, err = readUint(value, 1, math.MaxUint32)
		m.Request = uint32(v)
	case tagIncarnation:
		m.Incarnation, err = wire.Uint(value)
	case tagPeer:
		m.Peer, err = wire.Peer(value)
	case tagSent:
		m.Sent, err = wire.Duration(value)
	case tagEcho:
		m.Echo, err = wire.Duration(value)
	case tagHeld:
		m.Held, err = wire.Duration(value)
	}
	return err
}

// readUint reads an integer of a range.
func readUint(value []byte, least, most uint64) (uint64, error) {
	v, err := wire.Uint(value)
	if err != nil {
		return 0, err
	}
	if v < least || v > most {
		return 0, &wire.Error{
			What: "integer",
			Got:  strconv.FormatUint(v, 10),
			Want: strconv.FormatUint(least, 10) + " to " + strconv.FormatUint(most, 10),
		}
	}
	return v, nil
}

// checkMandatory reports a field that m must have and has not.
func checkMandatory(m *Message, l layout, seen *wire.Seen) error {
	for tag := byte(1); tag <= lastTag; tag++ {
		if l.needs(tag) && !seen.Has(tag) {
			return missing(m.Kind, tag)
		}
	}
	if m.Verdict == Stale && m.Incarnation == 0 {
		return missing(m.Kind, tagIncarnation)
	}
	return nil
}

func missing(k Kind, tag byte) error {
	return inMessage(k, fieldName(tag), &wire.Error{
		What: "field " + strconv.Itoa(int(tag)), Got: "missing", Want: "a value",
	})
}

// inMessage says where in a message err was found.
func inMessage(k Kind, where string, err error) error {
	return fmt.Errorf("membership: %v %s: %w", k, where, err)
}
