// The binary form of what nodes send each other; see docs/wire.md.

package broadcast

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/kithmesh/kith/views"
	"github.com/kithmesh/kith/wire"
)

// The frame types of this package.
const (
	TypeGossip byte = 32 + iota
	TypeIHave
	TypeGraft
	TypePrune
	TypeGone
	TypeDirect
)

// ErrUnknownType is matched by the error for a frame of another type.
var ErrUnknownType = errors.New("broadcast: unknown frame type")

// After the header of a Gossip or a Direct: the hop, in one byte, so that it can be
// counted up in place; the length of the life, in one byte, and the life.
const (
	hopAt  = wire.HeaderLen
	lifeAt = hopAt + 2
)

// BeginGossip begins the frame of a message at the end of dst. The caller appends
// the content, and then [wire.FinishFrame] fills in the length.
func BeginGossip(dst []byte, life Life, sequence, first uint64) []byte {
	dst = beginFrame(dst, TypeGossip, life)
	dst = binary.AppendUvarint(dst, sequence)
	return binary.AppendUvarint(dst, sequence-first)
}

// BeginDirect begins the frame of a message for the node target, like
// [BeginGossip].
func BeginDirect(dst []byte, sender Life, target string) []byte {
	dst = beginFrame(dst, TypeDirect, sender)
	dst = append(dst, byte(len(target)))
	return append(dst, target...)
}

func beginFrame(dst []byte, typ byte, life Life) []byte {
	dst = wire.AppendHeader(dst, typ)
	dst = append(dst, 1, byte(len(life)))
	return append(dst, life...)
}

// ParseGossip reads a whole frame that has come from a link, and counts up the hop
// in it, so that it can be sent on as it is. An error matches [wire.ErrMalformed].
func ParseGossip(frame []byte) (Gossip, error) {
	g, rest, err := parseFrame(frame)
	if err != nil {
		return Gossip{}, err
	}
	var back uint64
	if g.Sequence, rest, err = uvarint(rest, "sequence"); err != nil {
		return Gossip{}, err
	}
	if back, _, err = uvarint(rest, "distance to the first"); err != nil {
		return Gossip{}, err
	}
	if g.Sequence == 0 || back >= g.Sequence || g.Sequence > maxSequence {
		return Gossip{}, malformed("sequence", strconv.FormatUint(g.Sequence, 10)+" with "+strconv.FormatUint(back, 10)+" before it",
			"1 to 2^62, and fewer before it")
	}
	g.First = g.Sequence - back
	return g, nil
}

// maxSequence leaves room for sums, and so does maxAge, in milliseconds.
const (
	maxSequence = 1 << 62
	maxAge      = 1 << 40
)

// ParseDirect reads a whole frame for a single node, and counts up the hop in it.
// An error matches [wire.ErrMalformed].
func ParseDirect(frame []byte) (g Gossip, target string, err error) {
	g, rest, err := parseFrame(frame)
	if err != nil {
		return Gossip{}, "", err
	}
	if len(rest) == 0 || len(rest) < 1+int(rest[0]) {
		return Gossip{}, "", malformed("target", strconv.Itoa(len(rest))+" bytes", "a node ID")
	}
	target = string(rest[1 : 1+int(rest[0])])
	if !views.ValidToken(target) {
		return Gossip{}, "", malformed("target", strconv.Quote(target), "a node ID")
	}
	return g, target, nil
}

// parseFrame reads what Gossip and Direct have in common.
func parseFrame(frame []byte) (g Gossip, rest []byte, err error) {
	if len(frame) < lifeAt {
		return Gossip{}, nil, malformed("message", strconv.Itoa(len(frame))+" bytes", "at least "+strconv.Itoa(lifeAt))
	}
	end := lifeAt + int(frame[lifeAt-1])
	if len(frame) < end {
		return Gossip{}, nil, malformed("origin", strconv.Itoa(len(frame)-lifeAt)+" bytes", strconv.Itoa(end-lifeAt))
	}
	if !validLife(frame[lifeAt:end]) {
		return Gossip{}, nil, malformed("origin", strconv.Quote(string(frame[lifeAt:end])), "an incarnation and an ID")
	}
	hop := frame[hopAt]
	if hop < 255 {
		frame[hopAt]++
	}
	return Gossip{Life: frame[lifeAt:end], Hop: hop, Frame: frame}, frame[end:], nil
}

// Content returns the content of the frame of a message that was made or parsed
// here.
func Content(frame []byte) []byte {
	rest := frame[lifeAt+int(frame[lifeAt-1]):]
	for range 2 {
		_, n := binary.Uvarint(rest)
		rest = rest[max(n, 0):]
	}
	return rest
}

// IsDirect reports whether a whole frame is a message for a single node.
func IsDirect(frame []byte) bool { return frame[wire.HeaderLen-1] == TypeDirect }

// DirectTarget returns for whom the frame of a message for a single node is.
func DirectTarget(frame []byte) string {
	rest := frame[lifeAt+int(frame[lifeAt-1]):]
	return string(rest[1 : 1+int(rest[0])])
}

// DirectSender returns who has sent it, and the hop that is written in it.
func DirectSender(frame []byte) (Life, uint8) {
	return Life(frame[lifeAt : lifeAt+int(frame[lifeAt-1])]), frame[hopAt]
}

// DirectContent returns the content of the frame of a message for a single node
// that was made or parsed here.
func DirectContent(frame []byte) []byte {
	rest := frame[lifeAt+int(frame[lifeAt-1]):]
	return rest[1+int(rest[0]):]
}

// Bits of the first byte of a Control, and of each mark.
const (
	flagDigest = 1 << iota
	flagLast
)

const (
	flagOwn = 1 << iota
	flagAge // an age follows, in milliseconds
)

// AppendControl appends the frame of c, which has at most [MaxMarks] marks.
func AppendControl(dst []byte, c *Control) []byte {
	start := len(dst)
	dst = wire.AppendHeader(dst, TypeIHave+byte(c.Kind-IHave))
	var flags byte
	if c.Digest {
		flags |= flagDigest
	}
	if c.Last {
		flags |= flagLast
	}
	dst = append(dst, flags)
	for i := range c.Marks {
		m := &c.Marks[i]
		flags = 0
		if m.Own {
			flags |= flagOwn
		}
		if m.Age > 0 {
			flags |= flagAge
		}
		dst = append(dst, flags, m.Hop, byte(len(m.Life)))
		dst = append(dst, m.Life...)
		dst = binary.AppendUvarint(dst, m.Low)
		dst = binary.AppendUvarint(dst, m.High)
		if m.Age > 0 {
			dst = binary.AppendUvarint(dst, uint64(max(m.Age.Milliseconds(), 1)))
		}
	}
	return wire.FinishFrame(dst, start)
}

// ParseControl reads what follows the header of a control frame. An error matches
// [wire.ErrMalformed], or [ErrUnknownType] for a type that is none of them.
func ParseControl(typ byte, body []byte) (*Control, error) {
	if typ < TypeIHave || typ > TypeGone {
		return nil, fmt.Errorf("%w: %d", ErrUnknownType, typ)
	}
	if len(body) == 0 {
		return nil, malformed("control message", "nothing", "flags")
	}
	c := &Control{
		Kind:   IHave + ControlKind(typ-TypeIHave),
		Digest: body[0]&flagDigest != 0, Last: body[0]&flagLast != 0,
	}
	for body = body[1:]; len(body) > 0; {
		if len(c.Marks) == MaxMarks {
			return nil, malformed("control message", "more marks", "at most "+strconv.Itoa(MaxMarks))
		}
		m, rest, err := parseMark(body)
		if err != nil {
			return nil, err
		}
		c.Marks = append(c.Marks, m)
		body = rest
	}
	return c, nil
}

func parseMark(b []byte) (Mark, []byte, error) {
	const head = 3
	if len(b) < head || len(b) < head+int(b[head-1]) {
		return Mark{}, nil, malformed("mark", strconv.Itoa(len(b))+" bytes", "flags, hop and origin")
	}
	life, rest := b[head:head+int(b[head-1])], b[head+int(b[head-1]):]
	if !validLife(life) {
		return Mark{}, nil, malformed("origin", strconv.Quote(string(life)), "an incarnation and an ID")
	}
	m := Mark{Life: Life(life), Hop: b[1], Own: b[0]&flagOwn != 0}
	var err error
	if m.Low, rest, err = uvarint(rest, "low"); err != nil {
		return Mark{}, nil, err
	}
	if m.High, rest, err = uvarint(rest, "high"); err != nil {
		return Mark{}, nil, err
	}
	if m.Low > maxSequence || m.High > maxSequence {
		return Mark{}, nil, malformed("sequence", strconv.FormatUint(max(m.Low, m.High), 10), "at most 2^62")
	}
	if b[0]&flagAge == 0 {
		return m, rest, nil
	}
	age, rest, err := uvarint(rest, "age")
	if err != nil {
		return Mark{}, nil, err
	}
	if age == 0 || age > maxAge {
		return Mark{}, nil, malformed("age", strconv.FormatUint(age, 10)+" ms", "1 to "+strconv.Itoa(maxAge))
	}
	m.Age = time.Duration(age) * time.Millisecond
	return m, rest, nil
}

func uvarint(b []byte, what string) (uint64, []byte, error) {
	v, n := binary.Uvarint(b)
	if n <= 0 || (n > 1 && b[n-1] == 0) {
		return 0, nil, malformed(what, strconv.Itoa(len(b))+" bytes", "an unsigned varint in its shortest form")
	}
	return v, b[n:], nil
}

func malformed(what, got, want string) error {
	return fmt.Errorf("broadcast: %w", &wire.Error{What: what, Got: got, Want: want})
}
