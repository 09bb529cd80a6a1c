// The messages between bridges, and what each has to have.

package interest

import (
	"strconv"
	"time"

	"github.com/kithmesh/kith/views"
	"github.com/kithmesh/kith/wire"
)

// Kind says what a [Message] is for. It is the first byte of one.
type Kind uint8

// The messages. The first four go to everybody, the others to one node. Kinds that are not
// among them are of later versions, and ignored.
const (
	// Delta: with Keys the sender's interest, which was at version From, is at Version. A weight
	// of 0 takes a key out. It counts as an Alive.
	Delta Kind = iota + 1
	// Alive: the sender lives, and has Count keys at Version.
	Alive
	// Doubt: the sender has lost its neighbor Node, in its life Incarnation and Epoch.
	Doubt
	// Farewell: the sender leaves.
	Farewell
	// Ask asks for the tables of the nodes in Known, at these versions or later ones.
	Ask
	// Table answers: at Version the whole interest of Node, in its life Incarnation and Epoch, is
	// Keys and those of the other pages. This is page Index, and Last is the last one. Nothing is
	// heard of Node for so long that it has Left to live.
	Table
	// Digest says which tables the sender has: Known are all with IDs above After, up to the
	// last of them, or up to the end if there are not More. With Reply they are
	// those only that are newer than what a digest said.
	Digest
)

// Limits of a message.
const (
	MaxGroup = 128  // bytes
	MaxKnown = 8192 // entries
	MaxPages = 1 << 16
)

// Message is one message. The comment of each kind says which fields it uses; besides, all but Ask
// and Digest have an Epoch, and Delta, Alive and Table a Group. Beat counts the Deltas and Alives of an
// epoch; in a Doubt it is that of the first that ends it.
type Message struct {
	Kind           Kind
	Epoch, Version uint64
	From           uint64
	Count, Beat    uint64
	Group          string
	Node           string
	Incarnation    uint64
	Left           time.Duration
	Index, Last    uint64
	Keys           []Change // ascending
	Known          []Known  // ascending
	After          string
	More, Reply    bool
}

// Change is a key and its new weight: 1 for plain ones, 1 to MaxWeight for queue groups, 0
// when it is gone.
type Change struct {
	Key    Key
	Weight uint32
}

// Known is a table that a node has, or wants.
type Known struct {
	Node               string
	Incarnation, Epoch uint64
	Version            uint64
	// Left is how long its node lives, unless it is heard of again. In an Ask it means nothing.
	Left time.Duration
}

// The tags of fields.
const (
	tagEpoch       = 1
	tagVersion     = 2
	tagFrom        = 3
	tagCount       = 4
	tagGroup       = 5
	tagNode        = 6
	tagIncarnation = 7
	tagLeft        = 8
	tagIndex       = 9
	tagLast        = 10
	tagAfter       = 11
	tagMore        = 12
	tagReply       = 13
	tagKeys        = 14
	tagKnown       = 15
	tagBeat        = 16
)

// uses are the tags of the fields that messages of each kind have. Others are unknown in them,
// and skipped.
func (k Kind) uses(tag byte) bool {
	switch tag {
	case tagEpoch:
		return k <= Farewell || k == Table
	case tagVersion, tagGroup:
		return k == Delta || k == Alive || k == Table
	case tagFrom:
		return k == Delta
	case tagBeat:
		return k == Delta || k == Alive || k == Doubt
	case tagCount:
		return k == Alive
	case tagNode, tagIncarnation:
		return k == Doubt || k == Table
	case tagLeft, tagIndex, tagLast:
		return k == Table
	case tagAfter, tagMore, tagReply:
		return k == Digest
	case tagKeys:
		return k == Delta || k == Table
	case tagKnown:
		return k == Ask || k == Digest
	}
	return false
}

// toAll reports whether messages of the kind go to everybody.
func (k Kind) toAll() bool { return k >= Delta && k <= Farewell }

// AppendMessage appends m, which should be within the limits: nobody would accept
// another.
func AppendMessage(dst []byte, m *Message) []byte {
	dst = append(dst, byte(m.Kind))
	number := func(tag byte, v uint64) {
		if v != 0 && m.Kind.uses(tag) {
			dst = wire.AppendUint(dst, tag, v)
		}
	}
	text := func(tag byte, s string) {
		if s != "" && m.Kind.uses(tag) {
			dst = wire.AppendString(dst, tag, s)
		}
	}
	yes := func(tag byte, b bool) {
		if b && m.Kind.uses(tag) {
			dst = wire.AppendBool(dst, tag)
		}
	}
	number(tagEpoch, m.Epoch)
	number(tagVersion, m.Version)
	number(tagFrom, m.From)
	number(tagCount, m.Count)
	number(tagBeat, m.Beat)
	text(tagGroup, m.Group)
	text(tagNode, m.Node)
	number(tagIncarnation, m.Incarnation)
	if m.Kind.uses(tagLeft) {
		dst = wire.AppendDuration(dst, tagLeft, m.Left)
	}
	number(tagIndex, m.Index)
	number(tagLast, m.Last)
	text(tagAfter, m.After)
	yes(tagMore, m.More)
	yes(tagReply, m.Reply)
	if len(m.Keys) > 0 && m.Kind.uses(tagKeys) {
		dst = wire.AppendBytes(dst, tagKeys, appendKeys(nil, m.Keys))
	}
	if len(m.Known) > 0 && m.Kind.uses(tagKnown) {
		dst = wire.AppendBytes(dst, tagKnown, appendKnown(nil, m.Known))
	}
	return dst
}

// messageOverhead is what a message has besides keys and known tables, at most, in bytes.
const messageOverhead = 1 + 9*(2+10) + (3 + MaxGroup) + 2*(2+views.MaxID) + 2*3 + 2*4

// ParseMessage reads a message, which shares no memory with data. Of an unknown kind nothing
// but the kind is read. Errors match [wire.ErrMalformed].
func ParseMessage(data []byte) (Message, error) {
	if len(data) == 0 || len(data) > MaxMessage {
		return Message{}, wire.TooLarge("interest message", strconv.Itoa(len(data))+" bytes", "1 to "+strconv.Itoa(MaxMessage))
	}
	m := Message{Kind: Kind(data[0])}
	if m.Kind == 0 {
		return Message{}, malformed("kind", "0", "1 or more")
	}
	if m.Kind > Digest {
		return m, nil
	}
	var seen wire.Seen
	fields := wire.Parse(data[1:])
	for tag, value, ok := fields.Next(); ok; tag, value, ok = fields.Next() {
		if !m.Kind.uses(tag) || !seen.First(tag) {
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

// read takes in one field.
func (m *Message) read(tag byte, value []byte) (err error) {
	switch tag {
	case tagEpoch:
		m.Epoch, err = wire.Uint(value)
	case tagVersion:
		m.Version, err = wire.Uint(value)
	case tagFrom:
		m.From, err = wire.Uint(value)
	case tagCount:
		m.Count, err = wire.Uint(value)
	case tagBeat:
		m.Beat, err = wire.Uint(value)
	case tagGroup:
		if m.Group = string(value[:min(len(value), MaxGroup+1)]); len(value) > MaxGroup || !printable(m.Group) {
			return malformed("group", strconv.Quote(m.Group), "up to "+strconv.Itoa(MaxGroup)+" printable bytes")
		}
	case tagNode:
		m.Node, err = nodeID("node", value)
	case tagIncarnation:
		m.Incarnation, err = wire.Uint(value)
	case tagLeft:
		m.Left, err = wire.Duration(value)
	case tagIndex:
		m.Index, err = wire.Uint(value)
	case tagLast:
		m.Last, err = wire.Uint(value)
	case tagAfter:
		m.After, err = nodeID("after", value)
	case tagMore:
		m.More, err = wire.Bool(value)
	case tagReply:
		m.Reply, err = wire.Bool(value)
	case tagKeys:
		m.Keys, err = readKeys(value)
	case tagKnown:
		m.Known, err = readKnown(value)
	}
	return err
}

func nodeID(what string, value []byte) (string, error) {
	id := string(value[:min(len(value), views.MaxID+1)])
	if !views.ValidToken(id) {
		return "", malformed(what, strconv.Quote(id), "the ID of a node")
	}
	return id, nil
}

// validate checks that what is mandatory is there, and in order.
func (m *Message) validate() error {
	switch m.Kind {
	case Delta:
		if m.From >= m.Version {
			return malformed("version", strconv.FormatUint(m.Version, 10), "above "+strconv.FormatUint(m.From, 10))
		}
	case Doubt, Table:
		if m.Node == "" {
			return malformed("node", "missing", "an ID")
		}
	case Ask, Digest:
		if m.Kind == Ask && len(m.Known) == 0 || m.More && len(m.Known) == 0 {
			return malformed("list of tables", "empty", "at least one")
		}
		if len(m.Known) > 0 && m.Known[0].Node <= m.After {
			return malformed("list of tables", strconv.Quote(m.Known[0].Node), "IDs after "+strconv.Quote(m.After))
		}
	case Alive, Farewell:
	}
	if m.Kind == Table {
		if m.Index > m.Last || m.Last >= MaxPages {
			return malformed("page", strconv.FormatUint(m.Index, 10)+" of "+strconv.FormatUint(m.Last, 10), "at most the last, and that below "+strconv.Itoa(MaxPages))
		}
		for i := range m.Keys {
			if m.Keys[i].Weight == 0 {
				return malformed("weight", "0", "at least 1 in a table")
			}
		}
	}
	return nil
}

func malformed(what, got, want string) *wire.Error {
	return &wire.Error{What: "interest " + what, Got: got, Want: want}
}
