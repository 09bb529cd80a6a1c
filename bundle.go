// Bundles: messages that are published in quick succession travel in one frame.

package kith

import (
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/kithmesh/kith/broadcast"
	"github.com/kithmesh/kith/wire"
)

// bundleSize is how long a frame gets by messages that are added to it, in bytes. A
// relay does with a bundle what it would do with a single message, so that it pays to
// have many in one; but it must have come as a whole before it goes on.
const bundleSize = 16 << 10

// bundle is the frame that is being filled. The core numbers frames; what subscribers see
// is the number of each message, for which a frame says how many came before it.
type bundle struct {
	frame     []byte // empty while no message is in it
	published uint64 // messages, those in the frame included
	due       bool   // somebody is about to send it
}

// fits reports whether the frame takes a message of that size, too.
func (b *bundle) fits(size int) bool { return len(b.frame) == 0 || len(b.frame)+size <= bundleSize }

// add puts a message into the bundle.
func (c *carriage) add(kind byte, subject string, header nats.Header, data []byte) {
	b := &c.bundle
	if len(b.frame) == 0 {
		sequence, first := c.core.Next()
		b.frame = binary.AppendUvarint(broadcast.BeginGossip(b.frame, c.life, sequence, first), b.published)
	}
	b.published++
	b.frame = binary.AppendUvarint(b.frame, uint64(contentSize(subject, header, data)))
	b.frame = appendContent(b.frame, kind, subject, header, data)
}

// dispatch publishes the bundle, if there is something in it.
func (c *carriage) dispatch(now time.Duration) {
	b := &c.bundle
	if len(b.frame) == 0 {
		return
	}
	frame := c.made(append(c.room(len(b.frame)), b.frame...))
	b.frame = b.frame[:0]
	if cap(b.frame) > 2*bundleSize {
		b.frame = nil
	}
	sequence, first := c.core.Next()
	c.step(broadcast.Input{Kind: broadcast.Published, Now: now, Gossip: broadcast.Gossip{
		Life: c.self, Sequence: sequence, First: first, Frame: frame,
	}})
}

// sendSoon has the bundle sent by a goroutine of its own. Until that has its turn, more
// messages may be added: none, where there is time.
func (c *carriage) sendSoon() {
	if c.bundle.due {
		return
	}
	c.bundle.due = true
	c.work.Go(func() {
		c.mu.Lock()
		c.bundle.due = false
		now := c.now()
		c.dispatch(now)
		c.settleAndWait(c.node.ctx, now)
	})
}

// messages are those in a frame.
type messages struct {
	frame  []byte
	before uint64 // how many messages of the origin came before
	rest   []byte // what has not been taken out
	bare   bool   // it is one message, without a length
}

// maxMessages leaves room for sums.
const maxMessages = 1 << 62

var errBundle = fmt.Errorf("%w: no number of messages before it", errContent)

func openBundle(frame []byte) (m messages, err error) {
	content := broadcast.Content(frame)
	before, n := binary.Uvarint(content)
	if n <= 0 || before > maxMessages {
		return m, errBundle
	}
	return messages{frame: frame, before: before, rest: content[n:]}, nil
}

// next returns the content of the next message; see [parseContent].
func (m *messages) next() (content []byte, err error) {
	if m.bare {
		content, m.rest = m.rest, nil
		return content, nil
	}
	if b := m.rest; len(b) > 2 && b[0] >= 0x80 && b[1] < 0x80 { // as most are
		if end := 2 + int(b[0]&0x7f) + int(b[1])<<7; end <= len(b) {
			content, m.rest = b[2:end:end], b[end:]
			return content, nil
		}
	}
	if content, m.rest, err = cutText(m.rest, len(m.rest)); err != nil {
		m.rest = nil
	}
	return content, err
}

// at is where the next message begins in the frame.
func (m *messages) at() int { return len(m.frame) - len(m.rest) }

func (m *messages) more() bool { return len(m.rest) > 0 }

// room returns an empty slice with room for a frame with that much in it.
func (c *carriage) room(size int) []byte {
	size += mostEnvelope
	if size > slabSize/4 {
		return make([]byte, 0, size)
	}
	if cap(c.slab)-len(c.slab) < size {
		c.slab = make([]byte, 0, min(max(2*cap(c.slab), firstSlab, 4*size), slabSize))
	}
	return c.slab[len(c.slab):]
}

// How much room for own frames is made at a time: each time twice as much, up to slabSize, so that a node
// that says little does not hold much.
const (
	firstSlab = 4 << 10
	slabSize  = 64 << 10
)

// made finishes a frame in the room that was given for it.
func (c *carriage) made(frame []byte) []byte {
	frame = wire.FinishFrame(frame, 0)
	if free := c.slab[len(c.slab):cap(c.slab)]; len(free) > 0 && &free[0] == &frame[0] {
		c.slab = c.slab[:len(c.slab)+len(frame)]
	}
	return slices.Clip(frame)
}
