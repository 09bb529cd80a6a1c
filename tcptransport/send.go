// Queueing messages, and writing them.

package tcptransport

import (
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/views"
)

// writeChunk is the most that is written in one go, in bytes. Each has the whole
// of WriteTimeout: a peer that reads slowly, but reads, is not lost for a big
// queue.
const writeChunk = 64 << 10

// Send queues msg for a peer, and never blocks. The message is encoded at once
// and not kept.
//
// Link 0 means the current link to this life of the peer; when there is none a
// dial begins, and msg waits for it. Any other number means that link only.
//
// An error means that msg was not queued: [ErrClosed], [ErrNotStarted],
// [ErrNoLink], [ErrEnding], [ErrSelf], [ErrStale] when a newer life of the peer is linked,
// [ErrBusy] when a dial would have to begin and too many have, an error that
// matches [views.ErrPeer], or [ErrSlow], upon which the link is also reported as
// lost. That msg was queued does not mean that it arrives.
func (t *Transport) Send(to *views.Peer, link uint64, msg *membership.Message) error {
	for {
		l, err := t.linkTo(to, link, msg)
		if err == nil && l != nil {
			err = l.out.add(msg)
		}
		switch {
		case err == nil:
			t.counters.framesOut.Add(1)
			return nil
		case l == nil:
			return err
		case errors.Is(err, ErrSlow):
			t.fail(l, membership.Slow, fmt.Errorf("%w: queue of %d bytes is full", err, t.cfg.QueueBytes))
			return err
		}
		// The link has ended since it was looked up: it is not in the table any
		// more, so that the next turn finds another or dials.
	}
}

// linkTo returns the link to send on. It returns nil when it has made a new link,
// with msg queued already: otherwise the dial could fail before that.
func (t *Transport) linkTo(to *views.Peer, number uint64, msg *membership.Message) (*link, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case t.closed:
		return nil, ErrClosed
	case t.self == nil:
		return nil, ErrNotStarted
	case number != 0:
		if l := t.links[number]; l != nil && l.to.Same(to) {
			return l, nil
		}
		if s := t.seats[lifeOf(to)]; s != nil && s.leaving != nil && s.leaving.number == number && !s.leaving.quiet {
			return nil, ErrEnding
		}
		return nil, ErrNoLink
	}
	if s := t.seats[lifeOf(to)]; s != nil && s.link != nil {
		return s.link, nil
	}
	if to.ID == t.self.ID {
		return nil, ErrSelf
	}
	if err := to.Validate(); err != nil {
		return nil, fmt.Errorf("tcptransport: %w", err)
	}
	if t.newest(to.ID) > to.Incarnation {
		return nil, ErrStale
	}
	if t.dialing >= t.cfg.MaxDialing {
		return nil, ErrBusy
	}
	return nil, t.dialLink(to, msg)
}

const (
	// atOnce is the most that is written by whoever sends it, in bytes: more is worth a
	// goroutine, beside which the next can be prepared.
	atOnce = 16 << 10
	// calm is for how long nothing has been written on a link on which something is
	// written at once. What comes faster is gathered, by a goroutine.
	calm = time.Millisecond
)

// writeAtOnce writes what was queued as far as that can be done without waiting, and leaves the
// rest to a goroutine. Without one for each heartbeat a node at rest uses a fifth less of
// the processor.
func (l *link) writeAtOnce() {
	b := l.out.take()
	if now := l.stream.instant; now != nil && !b.empty() && b.size() <= atOnce && l.patience.mayWriteAtOnce() {
		n, err := l.put(now, &b)
		l.wrote(int64(n))
		switch {
		case err != nil && !timedOut(err):
			l.unwritten(err)
			l.t.wg.Done()
			return
		case n < b.size():
			b = b.after(n)
		default:
			b = l.out.take()
		}
	}
	switch {
	case !b.empty() || b.last:
		l.first = b
		l.out.start()
	case b.drained: // whoever sends may not be told
		go func() {
			defer l.t.wg.Done()
			l.drained()
		}()
	default:
		l.t.wg.Done()
	}
}

// flush is the link's writing goroutine.
func (l *link) flush() {
	defer l.t.wg.Done()
	b := l.first
	l.first = batch{}
	if b.empty() && !b.last {
		b = l.out.take()
	}
	for ; ; b = l.out.take() {
		if b.drained {
			l.drained()
		}
		var err error
		switch {
		case len(b.frames) > 0:
			err = l.write(b.frames)
		case len(b.carried) > 0:
			err = l.writeCarried(b.carried)
		default:
			if b.last {
				l.patience.writing()
				l.stream.halfClose()
			}
			return
		}
		if err != nil {
			l.unwritten(err)
			return
		}
	}
}

// put writes what can be written of a batch without waiting.
func (l *link) put(now *instant, b *batch) (int, error) {
	if len(b.carried) <= 1 {
		return now.put(b.one())
	}
	room := buffers.Get().(*[writeChunk]byte) //nolint:errcheck // the pool's only kind
	defer buffers.Put(room)
	return now.put(b.gather(room[:0]))
}

// drained tells when the channel can take more.
func (l *link) drained() {
	if l.t.carrier != nil {
		l.t.carrier.Drained(l.number)
	}
}

func (l *link) write(frames []byte) error {
	for len(frames) > 0 {
		l.patience.writing()
		n, err := l.stream.conn.Write(frames[:min(len(frames), writeChunk)])
		l.wrote(int64(n))
		if err != nil {
			return err
		}
		frames = frames[n:]
	}
	return nil
}

// writeCarried writes pieces of the channel, by one system call if it can.
func (l *link) writeCarried(pieces net.Buffers) error {
	l.patience.writing()
	n, err := pieces.WriteTo(l.stream.conn)
	l.wrote(n)
	return err
}

func (l *link) wrote(n int64) {
	l.patience.written()
	l.bytesOut.Add(uint64(n))
	l.t.counters.bytesOut.Add(uint64(n))
}

// unwritten ends the link because of a write that failed. A peer that does not
// read is lost at once; of one that has closed, what it said before is received.
func (l *link) unwritten(err error) {
	err = fmt.Errorf("tcptransport: write: %w", err)
	if timedOut(err) && !l.patience.isClosing() {
		l.t.fail(l, membership.Slow, fmt.Errorf("%w: %w", ErrSlow, err))
		return
	}
	l.t.mu.Lock()
	defer l.t.mu.Unlock()
	l.t.end(l, membership.Closed, err)
	l.out.kill()
	l.patience.closeSoon()
}
