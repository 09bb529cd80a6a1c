// What a message looks like on its way from one server to another.

package natsbridge

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/kithmesh/kith/natsbridge/leafnode"
	"github.com/kithmesh/kith/views"
)

// ErrMessage is matched by the errors for messages of other bridges that are not well formed.
var ErrMessage = errors.New("natsbridge: malformed message")

// The first byte of a message says what it has. Bits without a meaning are of a later version.
const (
	withReply = 1 << iota
	withQueues
	withoutOthers // nobody but the queue group gets it
	knownBits     = withReply | withQueues | withoutOthers
)

// mostQueues is the most groups that one message may be for.
const mostQueues = 64

// served says which node serves a queue group.
type served struct{ queue, node []byte }

// message is a message on its way. Its slices belong to whoever made it.
type message struct {
	subject, reply []byte
	queues         []served
	alone          bool   // nobody but the queue group gets it, there is one
	header         int    // how much of data is the header
	data           []byte // header and payload
}

// appendMessage appends the bytes of m.
func appendMessage(dst []byte, m *message) []byte {
	var bits byte
	if len(m.reply) > 0 {
		bits |= withReply
	}
	if len(m.queues) > 0 {
		bits |= withQueues
	}
	if m.alone {
		bits |= withoutOthers
	}
	dst = appendText(append(dst, bits), m.subject)
	if len(m.reply) > 0 {
		dst = appendText(dst, m.reply)
	}
	if len(m.queues) > 0 {
		dst = append(dst, byte(len(m.queues)))
		for _, q := range m.queues {
			dst = appendText(appendText(dst, q.queue), q.node)
		}
	}
	dst = binary.AppendUvarint(dst, uint64(m.header))
	return append(dst, m.data...)
}

func appendText(dst, text []byte) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(text))), text...)
}

// parse takes a message apart, and keeps the room for queues that m has. What it finds may
// be given to a server as it is.
func (m *message) parse(b []byte) (err error) {
	queues := m.queues[:0]
	*m = message{}
	if len(b) == 0 || b[0]&^knownBits != 0 {
		return malformed("kind", b[:min(len(b), 1)], "a known one")
	}
	bits, rest := b[0], b[1:]
	if m.subject, rest, err = cut("subject", rest, leafnode.ValidSubject[[]byte]); err != nil {
		return err
	}
	if bits&withReply != 0 {
		if m.reply, rest, err = cut("reply", rest, leafnode.ValidSubject[[]byte]); err != nil {
			return err
		}
	}
	if bits&withQueues != 0 {
		if m.queues, rest, err = cutQueues(queues, rest); err != nil {
			return err
		}
	}
	header, n := binary.Uvarint(rest)
	if n <= 0 || header > uint64(len(rest)-n) {
		return malformed("header", rest[:min(len(rest), binary.MaxVarintLen64)], "a length within the message")
	}
	m.header, m.data, m.alone = int(header), rest[n:], bits&withoutOthers != 0
	return nil
}

func cutQueues(queues []served, b []byte) ([]served, []byte, error) {
	if len(b) == 0 || b[0] == 0 || b[0] > mostQueues {
		return nil, nil, malformed("queues", b[:min(len(b), 1)], fmt.Sprintf("1 to %d", mostQueues))
	}
	count, rest := b[0], b[1:]
	for range count {
		var q served
		var err error
		if q.queue, rest, err = cut("queue", rest, leafnode.ValidQueue[[]byte]); err != nil {
			return nil, nil, err
		}
		if q.node, rest, err = cut("node", rest, func(b []byte) bool { return views.ValidToken(string(b)) }); err != nil {
			return nil, nil, err
		}
		queues = append(queues, q)
	}
	return queues, rest, nil
}

// cut returns a text that follows its length.
func cut(what string, b []byte, valid func([]byte) bool) (text, rest []byte, err error) {
	size, n := binary.Uvarint(b)
	if n <= 0 || size > uint64(len(b)-n) {
		return nil, nil, malformed(what, b[:min(len(b), binary.MaxVarintLen64)], "a length within the message")
	}
	end := n + int(size)
	if text = b[n:end:end]; !valid(text) {
		return nil, nil, malformed(what, text, "a valid one")
	}
	return text, b[end:], nil
}

func malformed(what string, found []byte, want string) error {
	const most = 80
	return fmt.Errorf("%w: %s is %q, want %s", ErrMessage, what, found[:min(len(found), most)], want)
}
