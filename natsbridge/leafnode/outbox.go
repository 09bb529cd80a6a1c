// What waits to be written, and the goroutine that writes it.

package leafnode

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"
)

const (
	// writeChunk is the most that is written at once, in bytes, so that room is
	// made and progress seen.
	writeChunk = 256 << 10
	// keepBuffer is the largest buffer that outlasts a ping when nothing waits, in bytes.
	keepBuffer = 1 << 20
	// lastWords is how long, after a write has failed, the server may still say why.
	lastWords = time.Second
	// maxUnanswered is how many pings may go unanswered.
	maxUnanswered = 2
)

// outbox holds the messages that wait. It is guarded by the mutex of its Conn.
type outbox struct {
	queue    []byte // encoded messages, in order
	queued   int    // messages in queue
	writing  int    // bytes taken from queue and not written yet
	taken    int    // messages among them
	spare    []byte // a buffer to use next, empty
	low      chan struct{}
	lost     uint64 // messages that waited when the connection ended
	messages uint64 // written
}

// pending returns how many bytes are not written yet.
func (o *outbox) pending() int { return len(o.queue) + o.writing }

// reset drops what waits.
func (o *outbox) reset() {
	o.lost += uint64(o.queued + o.taken)
	o.queue, o.spare = nil, nil
	o.queued, o.writing, o.taken = 0, 0, 0
	o.open()
}

// open lets those go on who wait for room.
func (o *outbox) open() {
	if o.low != nil {
		close(o.low)
		o.low = nil
	}
}

// Publish sends m, which is copied, behind what waits already. It does not block. It
// returns a [NameError], a [HeaderError], a [PayloadError] or a [PermissionError]
// for what this server cannot be sent, [ErrPending] when too much waits, and
// [ErrDown] without a connection. nil says that the message was queued: it is lost
// if the connection ends before it is written. To a server that takes no headers a message goes without.
func (c *Conn) Publish(m *Message) error { return c.publish(m, 0) }

// Queue is Publish for one of several messages: it is written with [Conn.Push], or when
// much waits.
func (c *Conn) Queue(m *Message) error { return c.publish(m, queueBytes) }

// queueBytes is how much Queue lets wait, in bytes.
const queueBytes = 64 << 10

// publish queues m, and has it written when so much waits.
func (c *Conn) publish(m *Message, enough int) error {
	if err := m.Validate(); err != nil {
		c.count.invalid.Add(1)
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.live
	if s == nil {
		c.count.down.Add(1)
		return ErrDown
	}
	plain := *m
	if plain.Header > 0 && !s.limits.Headers {
		plain.Data, plain.Header = plain.Data[plain.Header:], 0
	}
	if len(plain.Data) > s.limits.MaxPayload {
		c.count.payload.Add(1)
		return &PayloadError{Size: len(plain.Data), Max: s.limits.MaxPayload}
	}
	if !s.limits.maySend(m.Subject) {
		c.count.permission.Add(1)
		return &PermissionError{Subject: string(m.Subject)}
	}
	if c.out.pending()+plain.size() > c.cfg.PendingBytes {
		c.count.pending.Add(1)
		return ErrPending
	}
	if free := cap(c.out.queue) - len(c.out.queue); free < plain.size() {
		c.out.queue = slices.Grow(c.out.queue, max(plain.size(), len(c.out.queue)))
	}
	c.out.queue = appendMessage(c.out.queue, &plain)
	c.out.queued++
	if len(c.out.queue) >= enough {
		s.nudge()
	}
	return nil
}

// Push writes what waits, unless that is being done: it returns when it is written, and leaves the
// rest to whoever writes.
func (c *Conn) Push() {
	c.mu.Lock()
	s := c.live
	c.mu.Unlock()
	if s == nil {
		return
	}
	if s.turn.TryLock() {
		defer s.turn.Unlock()
		s.writeAll()
		return
	}
	c.mu.Lock()
	s.nudge() // it may have seen nothing just before
	c.mu.Unlock()
}

// Room returns when no more than half of Config.PendingBytes waits to be written. It
// returns [ErrDown] without a connection, [ErrClosed] after Close, and the
// error of the context.
func (c *Conn) Room(ctx context.Context) error {
	for {
		low, err := c.room()
		if err != nil || low == nil {
			return err
		}
		select {
		case <-low:
		case <-ctx.Done():
			return fmt.Errorf("leafnode: no room: %w", ctx.Err())
		}
	}
}

// room returns what is closed when there is room, nil when there is.
func (c *Conn) room() (<-chan struct{}, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.closed:
		return nil, ErrClosed
	case c.live == nil:
		return nil, ErrDown
	case c.out.pending() <= c.cfg.PendingBytes/2:
		return nil, nil
	}
	if c.out.low == nil {
		c.out.low = make(chan struct{})
	}
	return c.out.low, nil
}

// nudge wakes the writer. The caller holds the mutex.
func (s *session) nudge() {
	if s.idle {
		s.idle = false
		select {
		case s.wake <- struct{}{}:
		default: // it is about to wake
		}
	}
}

// write writes what waits until the session ends.
func (s *session) write() {
	ticker := time.NewTicker(s.c.cfg.PingInterval)
	defer ticker.Stop()
	unanswered := 0
	for {
		s.turn.Lock()
		fine := s.writeAll()
		s.turn.Unlock()
		if !fine {
			return
		}
		select {
		case <-s.wake:
			continue
		case <-ticker.C:
		case <-s.done:
			return
		}
		if unanswered = s.unanswered(unanswered); unanswered > maxUnanswered {
			s.fail(ErrSilent, 0)
			return
		}
		s.c.trim()
	}
}

// writeAll writes until nothing waits, and reports whether that went well. It has its turn.
func (s *session) writeAll() bool {
	for {
		var batch, ping []byte
		s.control, batch, ping = s.take(s.control[:0])
		if len(s.control)+len(batch)+len(ping) == 0 {
			return true
		}
		if !s.put(s.control, false) || !s.put(batch, true) || !s.put(ping, false) {
			return false
		}
	}
}

// unanswered has a ping sent, and counts it, after n without an answer. Whatever
// was heard is an answer, and a reader that is held up by the handler cannot hear.
func (s *session) unanswered(n int) int {
	s.c.mu.Lock()
	s.pings.due = true
	s.c.mu.Unlock()
	if s.heard.Swap(false) || !s.reading.Load() {
		n = 0
	}
	return n + 1
}

// take returns what is to be written next: first what is not a message, appended to
// control, so that a subscription is known before the message that makes use of it; at last a
// ping, whose answer shows that all before it was taken.
func (s *session) take(control []byte) (_, batch, ping []byte) {
	c := s.c
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.live != s {
		s.idle = true
		return control, nil, nil
	}
	if s.pong {
		s.pong = false
		control = AppendPong(control)
	}
	control = s.reconcile(control)
	if s.pings.send() {
		ping = AppendPing(nil)
	}
	o := &c.out
	if len(o.queue) == 0 {
		s.idle = len(control)+len(ping) == 0
		return control, nil, ping
	}
	batch = o.queue
	o.queue, o.spare = o.spare[:0], nil
	o.writing, o.taken, o.queued = len(batch), o.queued, 0
	return control, batch, ping
}

// put writes b, which holds messages or not, and reports whether that went well.
func (s *session) put(b []byte, messages bool) bool {
	for rest := b; len(rest) > 0; {
		chunk := rest[:min(len(rest), writeChunk)]
		rest = rest[len(chunk):]
		if err := s.conn.SetWriteDeadline(time.Now().Add(2 * s.c.cfg.PingInterval)); err != nil {
			s.fail(fmt.Errorf("leafnode: write: %w", err), 0)
			return false
		}
		if _, err := s.conn.Write(chunk); err != nil {
			s.fail(fmt.Errorf("leafnode: write: %w", err), lastWords)
			return false
		}
		s.c.count.bytesOut.Add(uint64(len(chunk)))
		if messages {
			s.wrote(b, len(chunk), len(rest) == 0)
		}
	}
	return true
}

// trim gives back what a burst has allocated, when nothing waits.
func (c *Conn) trim() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.out.pending() > 0 {
		return
	}
	if cap(c.out.queue) > keepBuffer {
		c.out.queue = nil
	}
	if cap(c.out.spare) > keepBuffer {
		c.out.spare = nil
	}
}

// wrote takes n bytes of the batch off the books, and at its end keeps the buffer.
func (s *session) wrote(batch []byte, n int, all bool) {
	c := s.c
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.live != s {
		return
	}
	o := &c.out
	o.writing -= n
	if all {
		o.messages += uint64(o.taken)
		o.taken = 0
		o.spare = batch[:0]
	}
	if o.pending() <= c.cfg.PendingBytes/2 {
		o.open()
	}
}

// fail ends the session from the writer's side, after a while in which the reader may
// find out more.
func (s *session) fail(err error, after time.Duration) {
	s.c.mu.Lock()
	if s.fault == nil {
		s.fault = err
	}
	s.c.mu.Unlock()
	if after == 0 || errors.Is(err, os.ErrDeadlineExceeded) || s.raw.SetReadDeadline(time.Now().Add(after)) != nil {
		_ = s.raw.Close()
	}
}
