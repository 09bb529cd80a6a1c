// What waits to be written on one link.

package tcptransport

import (
	"slices"
	"sync"

	"github.com/kithmesh/kith/membership"
)

// keepBuffer is the largest buffer that an empty outbox keeps, in bytes, so that
// a burst does not cost memory for ever.
const keepBuffer = 64 << 10

// outbox queues the encoded frames of one link. While it is held, because the
// link is still being dialed, its queue begins with the Ready frame, which goes
// out in one write with the first messages.
//
// A goroutine that writes exists only while there is something to write: the
// outbox starts it, and it takes all that is queued at once, again and again,
// until nothing is left.
type outbox struct {
	limit int    // in bytes, what is being written included
	start func() // starts the writing goroutine

	mu        sync.Mutex
	queue     []byte // frames, in order
	out       []byte // what is being written
	free      []byte // a buffer to use next, empty
	held      bool   // nothing is written yet
	writing   bool   // the goroutine exists
	finishing bool   // takes no more; the connection is half-closed after the last write
	dead      bool   // takes no more and writes no more
}

// hold makes an outbox that waits for a dial.
func (o *outbox) hold() {
	o.queue = appendReady(o.queue)
	o.held = true
}

// add queues m. It returns errFinished when the link ends, and ErrSlow when the
// queue is full; m is then not queued.
func (o *outbox) add(m *membership.Message) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.finishing || o.dead {
		return errFinished
	}
	before := len(o.queue)
	o.queue = membership.AppendMessage(o.queue, m)
	if o.size() > o.limit {
		o.queue = o.queue[:before]
		return ErrSlow
	}
	o.run()
	return nil
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
	if len(o.queue) > 0 || o.finishing {
		o.run()
	}
}

// finish takes no more. The goroutine half-closes the connection after what is
// queued.
func (o *outbox) finish() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.finishing || o.dead {
		return
	}
	o.finishing = true
	o.run()
}

// kill drops what is queued, and reports whether there was something.
func (o *outbox) kill() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	lost := o.size() > 0
	o.dead = true
	o.queue = nil
	return lost
}

func (o *outbox) run() {
	if o.held || o.writing || o.dead {
		return
	}
	o.writing = true
	o.start()
}

// take returns all that is queued, to be written before the next call. At the
// end, when it returns nothing, the goroutine ends, having half-closed the
// connection if last says so.
func (o *outbox) take() (frames []byte, last bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.out != nil {
		o.free, o.out = o.out[:0], nil
	}
	if o.dead || len(o.queue) == 0 {
		o.writing = false
		o.trim()
		return nil, o.finishing && !o.dead
	}
	o.out, o.queue, o.free = o.queue, o.free, nil
	return o.out, false
}

// trim gives back what a burst has allocated.
func (o *outbox) trim() {
	if cap(o.queue) > keepBuffer {
		o.queue = nil
	}
	if cap(o.free) > keepBuffer {
		o.free = nil
	}
}

// pending returns how many bytes are not written yet.
func (o *outbox) pending() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.size()
}

// size counts a dial's Ready frame with the rest: what is held is not sent.
func (o *outbox) size() int { return len(o.queue) + len(o.out) }
