// The messages between directories, and their bytes.

package presence

import (
	"strconv"
	"time"

	"github.com/kithmesh/kith/views"
	"github.com/kithmesh/kith/wire"
)

// Kind says what a [Message] is for. It is the first byte of one.
type Kind uint8

// The messages. The first two go to everybody, the others to one node.
const (
	// Announce: Peer, the sender, lives for TTL.
	Announce Kind = iota + 1
	// Leave: the sender does not; hearsay about it counts no more for TTL.
	Leave
	// Ask: which nodes are there, of those with IDs above After?
	Ask
	// Page answers: Told are, in the order of their IDs. More are to be asked for,
	// unless it is the last one. Partial says that the sender is itself still learning.
	Page
)

// Limits of a message: what is longer is not looked at.
const (
	MaxTold    = 512
	MaxMessage = 32 << 10
)

// Message is one message. The comment of each kind says which fields it uses.
type Message struct {
	Kind    Kind
	TTL     time.Duration // at least MinTTL
	Peer    *views.Peer
	After   string // empty to begin
	Told    []Told // at most MaxTold
	More    bool
	Partial bool
}

// Told is what a node says of another.
type Told struct {
	Peer *views.Peer
	// Left is how long it lives, unless it is heard of again.
	Left time.Duration
}

// The tags of fields, and those within Told.
const (
	tagTTL     = 1
	tagPeer    = 2
	tagAfter   = 3
	tagMore    = 4
	tagPartial = 5
	tagTold    = 6

	toldPeer = 1
	toldLeft = 2
)

// AppendMessage appends m, which should be within the limits: nobody would accept
// another.
func AppendMessage(dst []byte, m *Message) []byte {
	dst = append(dst, byte(m.Kind))
	if m.Kind == Announce || m.Kind == Leave {
		dst = wire.AppendDuration(dst, tagTTL, m.TTL)
	}
	dst = wire.AppendPeer(dst, tagPeer, m.Peer)
	if m.After != "" {
		dst = wire.AppendString(dst, tagAfter, m.After)
	}
	if m.More {
		dst = wire.AppendBool(dst, tagMore)
	}
	if m.Partial {
		dst = wire.AppendBool(dst, tagPartial)
	}
	for i := range m.Told {
		dst = appendTold(dst, &m.Told[i])
	}
	return dst
}

func appendTold(dst []byte, t *Told) []byte {
	value := wire.AppendPeer(make([]byte, 0, 256), toldPeer, t.Peer)
	return wire.AppendBytes(dst, tagTold, wire.AppendDuration(value, toldLeft, t.Left))
}

// pageOverhead is what a page has besides Told, at most, in bytes, and toldSize what each
// adds, at most.
const pageOverhead = 1 + (2 + views.MaxID) + 3 + 3

func toldSize(t *Told) int {
	const mostHeads, mostNumbers = 3 + 3 + 5*3 + 2 + 2, 10 + 10
	return mostHeads + mostNumbers + len(t.Peer.ID) + len(t.Peer.Addr) + len(t.Peer.NATS) + len(t.Peer.Zone) + len(t.Peer.Meta)
}

// ParseMessage reads a message, which shares no memory with data. Errors match
// [wire.ErrMalformed].
func ParseMessage(data []byte) (Message, error) {
	if len(data) == 0 || len(data) > MaxMessage {
		return Message{}, wire.TooLarge("presence message", strconv.Itoa(len(data))+" bytes", "1 to "+strconv.Itoa(MaxMessage))
	}
	m := Message{Kind: Kind(data[0])}
	if m.Kind < Announce || m.Kind > Page {
		return Message{}, malformed("kind", strconv.Itoa(int(m.Kind)), "1 to 4")
	}
	var seen wire.Seen
	fields := wire.Parse(data[1:])
	for tag, value, ok := fields.Next(); ok; tag, value, ok = fields.Next() {
		if tag != tagTold && !seen.First(tag) {
			continue
		}
		if err := m.read(tag, value); err != nil {
			return Message{}, err
		}
	}
	if err := fields.Err(); err != nil {
		return Message{}, err
	}
	if err := m.validate(); err != nil {
		return Message{}, err
	}
	return m, nil
}

// uses are the tags of the fields that messages of each kind have. Others are unknown
// in them, and skipped.
func (k Kind) uses(tag byte) bool {
	switch tag {
	case tagTTL:
		return k == Announce || k == Leave
	case tagPeer:
		return k == Announce
	case tagAfter:
		return k == Ask || k == Page
	case tagMore, tagPartial, tagTold:
		return k == Page
	}
	return false
}

// read takes in one field.
func (m *Message) read(tag byte, value []byte) (err error) {
	if !m.Kind.uses(tag) {
		return nil
	}
	switch tag {
	case tagTTL:
		m.TTL, err = wire.Duration(value)
	case tagPeer:
		m.Peer, err = wire.Peer(value)
	case tagAfter:
		if m.After = string(value[:min(len(value), views.MaxID+1)]); !views.ValidToken(m.After) {
			return malformed("after", strconv.Quote(m.After), "the ID of a node")
		}
	case tagMore:
		m.More, err = wire.Bool(value)
	case tagPartial:
		m.Partial, err = wire.Bool(value)
	case tagTold:
		if len(m.Told) == MaxTold {
			return wire.TooLarge("entries of a page", "more", "at most "+strconv.Itoa(MaxTold))
		}
		var t Told
		if t, err = parseTold(value); err == nil {
			m.Told = append(m.Told, t)
		}
	}
	return err
}

func parseTold(value []byte) (t Told, err error) {
	var seen wire.Seen
	fields := wire.Parse(value)
	for tag, v, ok := fields.Next(); ok; tag, v, ok = fields.Next() {
		if !seen.First(tag) {
			continue
		}
		switch tag {
		case toldPeer:
			t.Peer, err = wire.Peer(v)
		case toldLeft:
			t.Left, err = wire.Duration(v)
		}
		if err != nil {
			return Told{}, err
		}
	}
	if err := fields.Err(); err != nil {
		return Told{}, err
	}
	if t.Peer == nil || t.Left == 0 {
		return Told{}, malformed("entry of a page", "incomplete", "a peer and the time it has left")
	}
	return t, nil
}

// validate checks that what is mandatory is there, and that a page is in order.
func (m *Message) validate() error {
	if m.Kind.uses(tagTTL) && m.TTL < MinTTL {
		return malformed("TTL", m.TTL.String(), "at least "+MinTTL.String())
	}
	if m.Kind.uses(tagPeer) && m.Peer == nil {
		return malformed("peer", "missing", "the sender")
	}
	last := m.After
	for i := range m.Told {
		if id := m.Told[i].Peer.ID; id <= last {
			return malformed("page", strconv.Quote(id)+" after "+strconv.Quote(last), "ascending IDs")
		}
		last = m.Told[i].Peer.ID
	}
	return nil
}

func malformed(what, got, want string) *wire.Error {
	return &wire.Error{What: "presence " + what, Got: got, Want: want}
}
