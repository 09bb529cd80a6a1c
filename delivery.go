// Delivery: the queue of one subscription, and the goroutine that empties it.

package kith

import (
	"context"
	"runtime/debug"
	"sync"
	"sync/atomic"

	"github.com/nats-io/nats.go"

	"github.com/kithmesh/kith/broadcast"
)

// Subscription is one subscription of a node.
type Subscription struct {
	node      *Node
	pattern   string
	kind      byte
	handler   func(*Message)
	asItComes bool
	borrowed  bool
	onGap     func(Gap)
	onPause   func()
	limit     pendingLimit

	blank []Message // to be handed out, by the goroutine

	// incoming collects what one batch of frames brings; guarded by the carriage.
	incoming []delivery

	mu      sync.Mutex
	queue   []delivery
	spare   []delivery // the queue's other half, empty
	waiting int        // messages in the queue
	size    int        // of the queue, in bytes
	working bool       // the goroutine exists
	ended   atomic.Bool
	losing  bool                    // full for so long that what comes is dropped
	notes   map[broadcast.Life]*Gap // of what has been dropped since something was queued
	room    chan struct{}           // closed when there is room again; nil when nobody waits
	idle    chan struct{}           // closed while the goroutine does not exist
	dropped uint64
}

type pendingLimit struct{ messages, bytes int }

// delivery is messages for one subscription that follow each other in a frame and have
// the same subject, or a gap.
type delivery struct {
	frame  []byte // nil for a gap
	life   broadcast.Life
	to     *seats
	gap    *Gap
	number uint64 // of the first of them
	// from and until are where they are in the frame, count is how many.
	from, until uint32
	count       uint32
	skip        uint16 // the length of kind and subject in each
	hop         uint8
	direct      bool
}

func (d *delivery) size() int { return int(d.until-d.from) + int(d.count)*deliveryOverhead }

// deliveryOverhead is what a message that waits costs besides, in bytes.
const deliveryOverhead = 64

// flush queues what a batch has brought. The carriage's mutex is held.
func (s *Subscription) flush() (full bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.incoming {
		s.add(&s.incoming[i])
	}
	clear(s.incoming)
	s.incoming = s.incoming[:0]
	if len(s.queue) > 0 && !s.working {
		s.working = true
		s.idle = make(chan struct{})
		go s.work()
	}
	return s.full() && !s.losing && !s.ended.Load()
}

func (s *Subscription) full() bool {
	return s.waiting >= s.limit.messages || s.size >= s.limit.bytes
}

// add queues one delivery, unless it must be dropped. One batch goes beyond the limit,
// for which its reader then waits.
func (s *Subscription) add(d *delivery) {
	switch {
	case s.ended.Load():
		return
	case !s.losing || d.gap != nil:
	case s.full():
		s.drop(d)
		return
	default:
		s.losing = false
		s.notes = nil
	}
	s.waiting += int(d.count)
	s.size += d.size()
	s.queue = append(s.queue, *d)
}

// drop loses messages, and leaves a note of it: one for each origin, until something is
// queued behind them.
func (s *Subscription) drop(d *delivery) {
	s.dropped += uint64(d.count)
	if s.onGap == nil || d.direct {
		return
	}
	last := d.number + uint64(d.count) - 1
	if g := s.notes[d.life]; g != nil {
		g.Until = last
		g.Count += uint64(d.count)
		return
	}
	g := newGap(d.life, d.number, last, SlowHandler)
	if s.notes == nil {
		s.notes = make(map[broadcast.Life]*Gap)
	}
	s.notes[d.life] = g
	s.queue = append(s.queue, delivery{gap: g})
}

// await waits until there is room. When ctx ends before, what comes is dropped until
// half of the queue is free.
func (s *Subscription) await(ctx context.Context) {
	s.mu.Lock()
	if !s.full() || s.ended.Load() || s.losing {
		s.mu.Unlock()
		return
	}
	if s.room == nil {
		s.room = make(chan struct{})
	}
	room := s.room
	s.mu.Unlock()
	select {
	case <-room:
	case <-ctx.Done():
		s.mu.Lock()
		defer s.mu.Unlock()
		s.losing = s.full()
	}
}

// work calls the handler until nothing waits.
func (s *Subscription) work() {
	for {
		s.mu.Lock()
		if len(s.queue) == 0 || s.ended.Load() {
			s.rid()
			s.working = false
			s.free()
			close(s.idle)
			s.mu.Unlock()
			return
		}
		batch := s.queue
		s.queue, s.spare = s.spare[:0], nil
		s.waiting, s.size, s.notes = 0, 0, nil
		s.free()
		s.mu.Unlock()
		for i := range batch {
			s.handle(&batch[i])
		}
		if s.onPause != nil && !s.ended.Load() {
			s.guard(s.onPause)
		}
		clear(batch)
		if cap(batch) <= keptDeliveries {
			s.mu.Lock()
			s.spare = batch[:0]
			s.mu.Unlock()
		}
	}
}

// keptDeliveries is the longest queue that is kept while there is much to deliver, and
// idleDeliveries the longest that is kept for later.
const (
	keptDeliveries = 4096
	idleDeliveries = 64
)

// rid empties the queue.
func (s *Subscription) rid() {
	clear(s.queue)
	s.queue, s.waiting, s.size = s.queue[:0], 0, 0
	if cap(s.queue) > idleDeliveries {
		s.queue = nil
	}
	if cap(s.spare) > idleDeliveries {
		s.spare = nil
	}
}

// free tells whoever waits that there is room.
func (s *Subscription) free() {
	if s.room != nil {
		close(s.room)
		s.room = nil
	}
}

// handle delivers messages, or a gap. A handler that panics loses the message with which
// it does.
func (s *Subscription) handle(d *delivery) {
	if d.gap != nil {
		s.guard(func() {
			if s.onGap != nil && !s.ended.Load() {
				s.onGap(*d.gap)
			}
		})
		return
	}
	m := messages{frame: d.frame, before: d.number, rest: d.frame[d.from:d.until], bare: d.direct}
	for m.more() && !s.ended.Load() {
		s.guard(func() { s.handleSome(d, &m) })
	}
	s.node.carriage.delivered.Add(uint64(d.count))
}

// guard calls what calls a handler, and returns when that panics.
func (s *Subscription) guard(call func()) {
	defer func() {
		if r := recover(); r != nil {
			s.mu.Lock()
			s.dropped++
			s.mu.Unlock()
			s.node.carriage.panics.Add(1)
			s.node.log.Error().Str("subject", s.pattern).Interface("panic", r).Bytes("stack", debug.Stack()).Msg("handler_panic")
		}
	}()
	call()
}

// handleSome delivers messages until there are none, or the subscription ends.
func (s *Subscription) handleSome(d *delivery, all *messages) {
	for all.more() && !s.ended.Load() {
		number := all.before
		all.before++
		header, data, err := d.open(all)
		if err != nil {
			s.node.carriage.bad.Add(1)
			continue
		}
		m := s.message()
		*m = Message{
			Subject: d.to.subject, Header: header, Data: data,
			Origin: d.life.ID(), Incarnation: d.life.Incarnation(),
			Sequence: number, Hops: int(d.hop), Direct: d.direct,
			node: s.node,
		}
		s.handler(m)
	}
}

// open returns header and data of the next message.
func (d *delivery) open(all *messages) (header nats.Header, data []byte, err error) {
	content, err := all.next()
	if err != nil {
		return nil, nil, err
	}
	raw, data, err := cutText(content[d.skip:], len(content))
	if err != nil || len(raw) == 0 {
		return nil, data, err
	}
	header, err = parseHeader(raw)
	return header, data, err
}

// message returns a new message. They are made several at a time; only the
// goroutine of the handler does that.
func (s *Subscription) message() *Message {
	if len(s.blank) == 0 {
		s.blank = make([]Message, 8)
	}
	if s.borrowed {
		return &s.blank[0]
	}
	m := &s.blank[0]
	s.blank = s.blank[1:]
	return m
}

// end drops what waits.
func (s *Subscription) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended.Store(true)
	s.free()
}

// resting returns what is closed while the handler has nothing to do.
func (s *Subscription) resting() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.idle
}

// rest waits until the handler has nothing to do.
func (s *Subscription) rest(ctx context.Context) error {
	select {
	case <-s.resting():
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
