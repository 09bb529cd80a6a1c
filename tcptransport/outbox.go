// What waits to be written on one link.

package tcptransport

import (
	"slices"
	"sync"

	"github.com/kithmesh/kith/membership"
)

// keepBuffer is the largest buffer that an empty outbox keeps, in bytes, so that
// a burst does not cost memory for ever, and keepPieces the most pieces.
const (
	keepBuffer = 64 << 10
	keepPieces = 256
)

// outbox queues the encoded frames of one link: those of the membership protocol,
// which always go first, and those of its [Channel]. While it is held, because the
// link is still being dialed, its queue begins with the Ready frame, which goes
// out in one write with the first messages.
//
// There is a writer only while there is something to write: whoever queues the first, for
// as long as that can be written without waiting, or else a goroutine, which takes all
// that is queued, again and again, until nothing is left.
type outbox struct {
	limit int    // of the membership's, in bytes, what is being written included
	marks marks  // of the channel
	claim func() // called, with the mutex held, when there is a writer again
	begin func() // called after that by who has queued, without the mutex: writes
	start func() // the same in a goroutine, by who must not write

	mu        sync.Mutex
	queue     []byte // frames, in order
	out       []byte // what is being written
	free      []byte // a buffer to use next, empty
	held      bool   // nothing is written yet
	writing   bool   // there is a writer
	finishing bool   // takes no more; the connection is half-closed after the last write
	dead      bool   // takes no more and writes no more

	channel outflow
}

// marks are the high-water mark of a channel and the low one, in bytes.
type marks struct{ high, low int }

// hold makes an outbox that waits for a dial.
func (o *outbox) hold() {
	o.queue = appendReady(o.queue)
	o.held = true
}

// add queues m. It returns errFinished when the link ends, and ErrSlow when the
// queue is full; m is then not queued.
func (o *outbox) add(m *membership.Message) error {
	return o.append(func(queue []byte) []byte { return membership.AppendMessage(queue, m) })
}

// urge queues a frame as add does.
func (o *outbox) urge(frame []byte) error {
	return o.append(func(queue []byte) []byte { return append(queue, frame...) })
}

func (o *outbox) append(to func(queue []byte) []byte) error {
	o.mu.Lock()
	if o.finishing || o.dead {
		o.mu.Unlock()
		return errFinished
	}
	before := len(o.queue)
	o.queue = to(o.queue)
	if o.size() > o.limit {
		o.queue = o.queue[:before]
		o.mu.Unlock()
		return ErrSlow
	}
	o.unlock()
	return nil
}

// unlock gives the mutex back after something was queued, and writes it if nobody does.
func (o *outbox) unlock() {
	begins := o.engage()
	o.mu.Unlock()
	if begins {
		o.begin()
	}
}

// release lets a held outbox write. The Ready frame is taken out when it was the
// other side that dialed in the end.
func (o *outbox) release(ready bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !ready {
		o.queue = slices.Delete(o.queue, 0, len(appendReady(nil)))
	}
	o.held = false
	if (len(o.queue) > 0 || len(o.channel.pieces) > 0 || o.finishing) && o.engage() {
		o.start()
	}
}

// finish takes no more. A goroutine half-closes the connection after what is
// queued.
func (o *outbox) finish() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.finishing || o.dead {
		return
	}
	o.finishing = true
	if o.engage() {
		o.start()
	}
}

// kill drops what is queued, and reports whether there was something.
func (o *outbox) kill() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	lost := o.size() > 0 || o.channel.bytes > 0
	o.dead = true
	o.queue = nil
	o.channel.pieces = nil
	o.channel.open()
	for _, w := range o.channel.waits {
		close(w.written)
	}
	o.channel.waits = nil
	return lost
}

// engage reports whether the caller is the writer from now on, or has to start one.
func (o *outbox) engage() bool {
	if o.held || o.writing || o.dead {
		return false
	}
	o.writing = true
	o.claim()
	return true
}

// take returns what is to be written before the next call: all that is queued of
// the membership's, or a piece of the channel.
func (o *outbox) take() (b batch) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.out != nil {
		o.free, o.out = o.out[:0], nil
	}
	if len(o.channel.spent) > 0 {
		b.drained = o.wrote()
	}
	switch {
	case o.dead:
		o.writing = false
	case len(o.queue) > 0:
		o.out, o.queue, o.free = o.queue, o.free, nil
		b.frames = o.out
	case len(o.channel.pieces) > 0:
		b.carried = o.channel.take()
	default:
		o.writing = false
		o.trim()
		b.last = o.finishing
	}
	return b
}

// wrote takes back what was taken of the channel, and reports whether it has
// fallen to the low-water mark by that.
func (o *outbox) wrote() (drained bool) {
	o.channel.written()
	if !o.channel.above || o.channel.bytes > o.marks.low {
		return false
	}
	o.channel.open()
	return true
}

// carry queues frames for the channel, and returns how many bytes wait there.
func (o *outbox) carry(frames [][]byte, most int) (int, error) {
	o.mu.Lock()
	if o.finishing || o.dead {
		o.mu.Unlock()
		return 0, ErrNoLink
	}
	size := o.channel.bytes
	for _, frame := range frames {
		size += len(frame)
	}
	if size > most {
		size = o.channel.bytes
		o.mu.Unlock()
		return size, ErrSlow
	}
	for _, frame := range frames {
		o.channel.add(frame)
	}
	if o.channel.bytes > o.marks.high {
		o.channel.above = true
	}
	o.unlock()
	return size, nil
}

// low returns what is closed when the channel can take more, nil when it can.
func (o *outbox) low() <-chan struct{} {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.channel.above || o.dead {
		return nil
	}
	if o.channel.low == nil {
		o.channel.low = make(chan struct{})
	}
	return o.channel.low
}

// flushed returns what is closed when the channel has written all that waits now,
// nil when nothing does.
func (o *outbox) flushed() <-chan struct{} {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.channel.bytes == 0 || o.dead {
		return nil
	}
	return o.channel.await()
}

// drain returns when the channel has written all that waits, or nothing is written any more.
func (o *outbox) drain() {
	if written := o.flushed(); written != nil {
		<-written
	}
}

// trim gives back what a burst has allocated.
func (o *outbox) trim() {
	if cap(o.queue) > keepBuffer {
		o.queue = nil
	}
	if cap(o.free) > keepBuffer {
		o.free = nil
	}
	if cap(o.channel.pieces) > keepPieces {
		o.channel.pieces = nil
	}
	if cap(o.channel.out) > keepPieces {
		o.channel.out, o.channel.spent = nil, nil
	}
}

// pending returns how many bytes are not written yet.
func (o *outbox) pending() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.size() + o.channel.bytes
}

// size counts a dial's Ready frame with the rest: what is held is not sent.
func (o *outbox) size() int { return len(o.queue) + len(o.out) }
