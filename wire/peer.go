// Peers and sightings, the two nested values.

package wire

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/kithmesh/kith/views"
)

// Tags of a Peer. Those of empty fields are left out.
const (
	peerID          = 1
	peerIncarnation = 2
	peerAddr        = 3
	peerNATS        = 4
	peerZone        = 5
	peerMeta        = 6
)

// Tags of a Sighting.
const (
	sightingPeer = 1
	sightingAge  = 2 // in seconds, left out when zero
)

// MaxPeer is the largest size of a valid peer's value: each text with its tag
// and length, and an incarnation of 64 bits.
const MaxPeer = (2 + views.MaxID) + (2 + 10) + (3 + views.MaxAddr) + (3 + views.MaxNATS) + (2 + views.MaxZone) + (3 + views.MaxMeta)

// AppendPeer appends a field with p, which should be valid: nobody would accept
// another. Nil, and what is too large to be valid, is not written at all.
func AppendPeer(dst []byte, tag byte, p *views.Peer) []byte {
	size := peerLen(p)
	if size == 0 {
		return dst
	}
	return appendPeerValue(appendFieldHead(dst, tag, size), p)
}

// AppendSightings appends one field for each sighting. Ages are rounded up to
// seconds, so that a sighting does not grow younger by being passed on. What
// [AppendPeer] would not write is left out here too.
func AppendSightings(dst []byte, tag byte, sightings []views.Sighting) []byte {
	for i := range sightings {
		peer, age := peerLen(sightings[i].Peer), ageSeconds(sightings[i].Age)
		if peer == 0 {
			continue
		}
		dst = appendFieldHead(dst, tag, sightingLen(peer, age))
		dst = appendFieldHead(dst, sightingPeer, peer)
		dst = appendPeerValue(dst, sightings[i].Peer)
		if age != 0 {
			dst = AppendUint(dst, sightingAge, age)
		}
	}
	return dst
}

// SightingLen returns how many bytes [AppendSightings] appends for s.
func SightingLen(s views.Sighting) int {
	peer := peerLen(s.Peer)
	if peer == 0 {
		return 0
	}
	return fieldLen(sightingLen(peer, ageSeconds(s.Age)))
}

// Peer reads a peer and validates it. The result shares no memory with value:
// all its texts are one allocation, the Peer itself is another.
func Peer(value []byte) (*views.Peer, error) {
	var (
		texts       [peerMeta + 1][]byte
		incarnation uint64
		seen        Seen
	)
	fields := Parse(value)
	for tag, v, ok := fields.Next(); ok; tag, v, ok = fields.Next() {
		if !seen.First(tag) {
			continue
		}
		switch tag {
		case peerIncarnation:
			var err error
			if incarnation, err = readUint("peer incarnation", v); err != nil {
				return nil, err
			}
		case peerID, peerAddr, peerNATS, peerZone, peerMeta:
			name, limit := peerText(tag)
			if len(v) > limit {
				return nil, TooLarge("peer "+name, strconv.Itoa(len(v))+" bytes", "at most "+strconv.Itoa(limit))
			}
			texts[tag] = v
		}
	}
	if err := fields.Err(); err != nil {
		return nil, err
	}
	return newPeer(&texts, incarnation)
}

// newPeer makes a valid peer of texts, by tag, whose lengths were checked.
func newPeer(texts *[peerMeta + 1][]byte, incarnation uint64) (*views.Peer, error) {
	size := 0
	for _, text := range texts {
		size += len(text)
	}
	var all strings.Builder
	all.Grow(size)
	for _, text := range texts {
		all.Write(text)
	}
	rest := all.String()
	cut := func(tag byte) string {
		text := rest[:len(texts[tag])]
		rest = rest[len(text):]
		return text
	}
	p := &views.Peer{
		ID:          cut(peerID),
		Incarnation: incarnation,
		Addr:        cut(peerAddr),
		NATS:        cut(peerNATS),
		Zone:        cut(peerZone),
		Meta:        cut(peerMeta),
	}
	if err := p.Validate(); err != nil {
		return nil, invalidPeer(err)
	}
	return p, nil
}

// Sighting reads a sighting, and validates its peer.
func Sighting(value []byte) (views.Sighting, error) {
	var (
		s    views.Sighting
		seen Seen
		err  error
	)
	fields := Parse(value)
	for tag, v, ok := fields.Next(); ok; tag, v, ok = fields.Next() {
		if !seen.First(tag) {
			continue
		}
		switch tag {
		case sightingPeer:
			s.Peer, err = Peer(v)
		case sightingAge:
			s.Age, err = readDuration("sighting age", v, time.Second)
		}
		if err != nil {
			return views.Sighting{}, err
		}
	}
	if err := fields.Err(); err != nil {
		return views.Sighting{}, err
	}
	if s.Peer == nil {
		return views.Sighting{}, &Error{What: "peer of a sighting", Got: "missing", Want: "a peer"}
	}
	return s, nil
}

// peerText returns the name and the limit of one of a peer's texts.
func peerText(tag byte) (name string, limit int) {
	switch tag {
	case peerID:
		return "ID", views.MaxID
	case peerAddr:
		return "Addr", views.MaxAddr
	case peerNATS:
		return "NATS", views.MaxNATS
	case peerZone:
		return "Zone", views.MaxZone
	default:
		return "Meta", views.MaxMeta
	}
}

// invalidPeer wraps what Validate reported, naming the first fault.
func invalidPeer(err error) error {
	e := &Error{What: "peer", Got: "not valid", Want: "a valid one", cause: err}
	if fault, ok := errors.AsType[*views.PeerError](err); ok {
		e.What, e.Got, e.Want = "peer "+fault.Field, strconv.Quote(fault.Value), fault.Want
	}
	return e
}

// peerLen returns the size of p's value, 0 for a peer that is not written.
func peerLen(p *views.Peer) int {
	if p == nil {
		return 0
	}
	size := uintFieldLen(p.Incarnation)
	for _, text := range [...]string{p.ID, p.Addr, p.NATS, p.Zone, p.Meta} {
		if text != "" {
			size += fieldLen(len(text))
		}
	}
	if size > MaxPeer {
		return 0
	}
	return size
}

// sightingLen returns the size of a sighting's value, of which its peer's value
// has size peer.
func sightingLen(peer int, age uint64) int {
	size := fieldLen(peer)
	if age != 0 {
		size += uintFieldLen(age)
	}
	return size
}

func appendPeerValue(dst []byte, p *views.Peer) []byte {
	dst = appendText(dst, peerID, p.ID)
	dst = AppendUint(dst, peerIncarnation, p.Incarnation)
	dst = appendText(dst, peerAddr, p.Addr)
	dst = appendText(dst, peerNATS, p.NATS)
	dst = appendText(dst, peerZone, p.Zone)
	return appendText(dst, peerMeta, p.Meta)
}

func appendText(dst []byte, tag byte, s string) []byte {
	if s == "" {
		return dst
	}
	return AppendString(dst, tag, s)
}

// ageSeconds returns the age in whole seconds, rounded up.
func ageSeconds(age time.Duration) uint64 {
	return uint64((clamp(age) + time.Second - 1) / time.Second)
}
