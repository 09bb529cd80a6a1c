// The channel of a link for broadcast: what is sent on it, beside the messages of
// the membership protocol and after them.

package tcptransport

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync"

	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/views"
	"github.com/kithmesh/kith/wire"
)

// The types of the frames that a channel carries, and of the slices of those that
// are too long to go in one piece.
const (
	firstCarried byte = 32
	lastCarried  byte = 62
	typePart     byte = 63
)

// Carrier is a [Handler] that wants the frames of the channels too. Without it they
// count as frames of an unknown type.
type Carrier interface {
	// Carried hands over frames from the channel of a link, in order, of types 32 to
	// 62: all that had arrived, at most 128 at a time. Like Received it is called by
	// the reader of the link, and may block. The bytes of the frames belong to the
	// receiver, which may modify them, but not the slice; keeping one may keep 64 KiB.
	Carried(from *views.Peer, link uint64, frames []Frame)
	// Drained reports that a channel has ChannelLow bytes or less to write, after it
	// had more than ChannelHigh. It must not block.
	Drained(link uint64)
}

// Frame is a whole frame, header included.
type Frame struct {
	Type  byte
	Bytes []byte
}

// Body returns what follows the header.
func (f Frame) Body() []byte { return f.Bytes[wire.HeaderLen:] }

// mostCarried is the most frames that are handed over at a time.
const mostCarried = 128

// Channel sends frames on one link. All methods may be called concurrently.
type Channel struct{ link *link }

// Channel returns the channel of a link that is up, nil when there is none.
func (t *Transport) Channel(link uint64) *Channel {
	t.mu.Lock()
	defer t.mu.Unlock()
	if l := t.links[link]; l != nil && l.state == Up {
		return &Channel{l}
	}
	return nil
}

// Send queues frames, all of them or none, and never blocks. They are shared: nobody
// may modify them any more. It returns how many bytes wait now. Above ChannelHigh
// the caller should send no more before [Channel.Wait] or Drained; at four times
// that, and one longest frame, the error matches [ErrSlow]. When the link has ended
// it matches [ErrNoLink], and one longer than MaxCarried is [ErrFrame].
func (c *Channel) Send(frames ...[]byte) (queued int, err error) {
	cfg := &c.link.t.cfg
	for _, frame := range frames {
		if len(frame) > cfg.MaxCarried {
			return 0, fmt.Errorf("%w: %d bytes, want at most %d", ErrFrame, len(frame), cfg.MaxCarried)
		}
	}
	queued, err = c.link.out.carry(frames, 4*cfg.ChannelHigh+cfg.MaxCarried)
	if err == nil {
		c.link.t.counters.carriedOut.Add(uint64(len(frames)))
	}
	return queued, err
}

// Urge queues a short frame before all that waits on the channel, with the messages
// of the membership protocol, and never blocks. Errors are as those of
// [Transport.Send] on a link.
func (c *Channel) Urge(frame []byte) error {
	err := c.link.out.urge(frame)
	if err == nil {
		c.link.t.counters.carriedOut.Add(1)
	}
	return err
}

// Queued returns how many bytes wait to be written.
func (c *Channel) Queued() int {
	o := &c.link.out
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.channel.bytes
}

// Wait returns when the channel can take more: at once, unless more than
// ChannelHigh bytes were waiting; then when no more than ChannelLow are. It also
// returns when the link has ended. When ctx ends before, it returns its error.
func (c *Channel) Wait(ctx context.Context) error {
	low := c.link.out.low()
	if low == nil {
		return nil
	}
	select {
	case <-low:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Flush returns when all that was queued before has been written, or the link has
// ended. When ctx ends before, it returns its error.
func (c *Channel) Flush(ctx context.Context) error {
	written := c.link.out.flushed()
	if written == nil {
		return nil
	}
	select {
	case <-written:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Fail ends the link, which is reported as lost for that reason.
func (c *Channel) Fail(reason membership.Reason, err error) { c.link.t.fail(c.link, reason, err) }

const (
	// copied is the size up to which frames are copied, to be written together.
	copied = 2 << 10
	// partSize is the most bytes of a longer frame that are written at a time.
	partSize = 32 << 10
	// partHead is what a part has before them: its header, and whether more follow.
	partHead = wire.HeaderLen + 1
	partMore = 1
	// lengthLen is the size of the length at the beginning of a frame, which does
	// not count it.
	lengthLen = 4
)

// outflow is the queue of a channel: pieces, of which those that are copies are
// the queue's own.
type outflow struct {
	pieces []piece
	out    net.Buffers // what is being written
	spent  []piece     // the same, to be recycled
	bytes  int         // of both
	above  bool        // more than the high-water mark, and not below the low one since
	low    chan struct{}
	done   int // bytes written since somebody waits for that
	waits  []wait
}

// wait is for so many bytes to have been written.
type wait struct {
	until   int
	written chan struct{}
}

type piece struct {
	bytes []byte
	own   *[writeChunk]byte // the buffer that bytes are in, nil for those of a frame
}

// add queues a frame, in parts if it is long.
func (q *outflow) add(frame []byte) {
	if len(frame) <= partSize {
		q.append(frame, len(frame) <= copied)
		return
	}
	var head [partHead]byte
	for len(frame) > 0 {
		part := frame[:min(len(frame), partSize)]
		frame = frame[len(part):]
		h := append(wire.AppendHeader(head[:0], typePart), 0)
		if len(frame) > 0 {
			h[wire.HeaderLen] = partMore
		}
		binary.BigEndian.PutUint32(h, uint32(partHead-lengthLen+len(part)))
		q.append(h, true)
		q.append(part, false)
	}
}

func (q *outflow) append(b []byte, copied bool) {
	q.bytes += len(b)
	if !copied {
		q.pieces = append(q.pieces, piece{bytes: b})
		return
	}
	if n := len(q.pieces); n > 0 && q.pieces[n-1].own != nil {
		if last := &q.pieces[n-1]; cap(last.bytes)-len(last.bytes) >= len(b) {
			last.bytes = append(last.bytes, b...)
			return
		}
	}
	own := buffers.Get().(*[writeChunk]byte) //nolint:errcheck // the pool's only kind
	q.pieces = append(q.pieces, piece{append(own[:0], b...), own})
}

// buffers are empty ones of a write's size, for the links of all nodes of the process:
// a link needs one or two, and only while it writes.
var buffers = sync.Pool{New: func() any { return new([writeChunk]byte) }} //nolint:gochecknoglobals // what is shared cannot belong to one

// take returns about as much as is written in one go.
func (q *outflow) take() net.Buffers {
	size, n := 0, 0
	for n < len(q.pieces) && size < writeChunk {
		size += len(q.pieces[n].bytes)
		n++
	}
	q.spent = append(q.spent[:0], q.pieces[:n]...)
	q.pieces = q.pieces[:copy(q.pieces, q.pieces[n:])]
	q.out = q.out[:0]
	for _, p := range q.spent {
		q.out = append(q.out, p.bytes)
	}
	return q.out
}

// written takes back what was taken.
func (q *outflow) written() {
	for i, p := range q.spent {
		q.bytes -= len(p.bytes)
		q.done += len(p.bytes)
		if p.own != nil {
			buffers.Put(p.own)
		}
		q.spent[i] = piece{}
	}
	q.spent = q.spent[:0]
	clear(q.out[:cap(q.out)])
	q.out = q.out[:0]
	for len(q.waits) > 0 && q.waits[0].until <= q.done {
		close(q.waits[0].written)
		q.waits = q.waits[1:]
	}
	if len(q.waits) == 0 {
		q.done, q.waits = 0, nil
	}
}

// await returns what is closed when all that is queued has been written.
func (q *outflow) await() <-chan struct{} {
	w := wait{q.done + q.bytes, make(chan struct{})}
	q.waits = append(q.waits, w)
	return w.written
}

// open lets everybody go on who waits for the low-water mark.
func (q *outflow) open() {
	q.above = false
	if q.low != nil {
		close(q.low)
		q.low = nil
	}
}

// parts puts a long frame together.
type parts struct {
	frame []byte // what has come of it
	size  int    // of all of it
}

// errParts says what is wrong with a sequence of parts.
var errParts = errors.New("tcptransport: parts that are no frame")

// add takes one part, and returns the frame when it was the last.
func (p *parts) add(body []byte, limit int) ([]byte, error) {
	if len(body) < 2 {
		return nil, fmt.Errorf("%w: empty", errParts)
	}
	more, data := body[0]&partMore != 0, body[1:]
	if p.frame == nil {
		h, err := wire.ParseHeader(data, limit)
		switch {
		case err != nil:
			return nil, fmt.Errorf("%w: %w", errParts, err)
		case h.Type < firstCarried || h.Type > lastCarried:
			return nil, fmt.Errorf("%w: type %d", errParts, h.Type)
		}
		p.size = wire.HeaderLen + h.Body()
		p.frame = make([]byte, 0, min(p.size, 2*partSize)) // more when it really comes
	}
	if len(p.frame)+len(data) > p.size || more != (len(p.frame)+len(data) < p.size) {
		have := strconv.Itoa(len(p.frame) + len(data))
		p.frame = nil
		return nil, fmt.Errorf("%w: %s of %d bytes, more: %t", errParts, have, p.size, more)
	}
	p.frame = append(p.frame, data...)
	if more {
		return nil, nil
	}
	frame := p.frame
	p.frame = nil
	return frame, nil
}
