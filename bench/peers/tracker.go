// Numbered messages: which have come where, and when.

package main

import (
	"crypto/rand"
	"encoding/binary"
	"slices"
	"sync/atomic"
	"time"
)

// payloadSize is the bytes of a message. Its first eight are a number.
const payloadSize = 128

// tracker knows of each message which nodes have it. Its origin has it from the beginning.
type tracker struct {
	nodes int
	wave  atomic.Pointer[wave]
	begin time.Time
}

// wave is a number of messages that are counted together. Those of an earlier one are not counted any more.
type wave struct {
	number   uint32
	due      []atomic.Int64  // when it was to be published, since the beginning
	seen     []atomic.Uint64 // a bit for each message and node
	missing  []atomic.Int32  // nodes that do not have it yet
	last     []atomic.Int64  // how long it took to the latest node
	times    []atomic.Int64  // of single deliveries, if they are kept
	open     atomic.Int64    // messages that are not everywhere
	came     atomic.Int64    // deliveries
	expected int64
}

func newTracker(nodes int) *tracker { return &tracker{nodes: nodes, begin: time.Now()} }

// next begins a new wave.
func (t *tracker) next(messages int, keepTimes bool) *wave {
	w := &wave{
		due: make([]atomic.Int64, messages), seen: make([]atomic.Uint64, (messages*t.nodes+63)/64),
		missing: make([]atomic.Int32, messages), last: make([]atomic.Int64, messages),
		expected: int64(messages) * int64(t.nodes-1),
	}
	if keepTimes {
		w.times = make([]atomic.Int64, messages*t.nodes)
	}
	for i := range w.missing {
		w.missing[i].Store(int32(t.nodes - 1))
	}
	w.open.Store(int64(messages))
	if before := t.wave.Load(); before != nil {
		w.number = before.number + 1
	}
	t.wave.Store(w)
	return w
}

// mark writes the number of a message that is to be published at a moment into its payload.
func (t *tracker) mark(payload []byte, w *wave, message, origin int, due time.Time) {
	binary.BigEndian.PutUint32(payload, w.number)
	binary.BigEndian.PutUint32(payload[4:], uint32(message))
	w.due[message].Store(int64(due.Sub(t.begin)))
	w.see(message*t.nodes + origin)
}

// see reports whether the bit is new.
func (w *wave) see(bit int) bool {
	mask := uint64(1) << (bit % 64)
	return w.seen[bit/64].Or(mask)&mask == 0
}

// receive counts a message that has come to a node, and reports whether it was new to it.
func (t *tracker) receive(node int, payload []byte) bool {
	w := t.wave.Load()
	if w == nil || len(payload) != payloadSize || binary.BigEndian.Uint32(payload) != w.number {
		return false
	}
	message := int(binary.BigEndian.Uint32(payload[4:]))
	if message >= len(w.due) || !w.see(message*t.nodes+node) {
		return false
	}
	took := int64(time.Since(t.begin)) - w.due[message].Load()
	if w.times != nil {
		w.times[message*t.nodes+node].Store(took)
	}
	for before := w.last[message].Load(); took > before && !w.last[message].CompareAndSwap(before, took); before = w.last[message].Load() {
	}
	w.came.Add(1)
	if w.missing[message].Add(-1) == 0 {
		w.open.Add(-1)
	}
	return true
}

// everywhere reports whether all messages are.
func (w *wave) everywhere() bool { return w.open.Load() == 0 }

// late is how many messages took longer to the last node, or are not everywhere.
func (w *wave) late(limit time.Duration) int {
	n := 0
	for i := range w.last {
		if w.missing[i].Load() > 0 || time.Duration(w.last[i].Load()) > limit {
			n++
		}
	}
	return n
}

// percentiles are the median of all deliveries, and that of the latest of each message.
func (w *wave) percentiles() (p50, last time.Duration) {
	var all []time.Duration
	latest := make([]time.Duration, 0, len(w.last))
	for i := range w.times {
		if took := w.times[i].Load(); took > 0 {
			all = append(all, time.Duration(took))
		}
	}
	for i := range w.last {
		latest = append(latest, time.Duration(w.last[i].Load()))
	}
	return middle(all), middle(latest)
}

// middle is the median, of an even number the higher of the two in the middle.
func middle(times []time.Duration) time.Duration {
	if len(times) == 0 {
		return 0
	}
	slices.Sort(times)
	return times[len(times)/2]
}

// newPayload is random, so that nobody gains by compressing it.
func newPayload() []byte {
	payload := make([]byte, payloadSize)
	_, _ = rand.Read(payload) // never fails
	return payload
}
