// The event queue: a timing wheel behind a small heap.

package sim

import (
	"math/bits"
	"time"
)

// event is something that will happen. It is one cache line: at a million nodes
// millions of them wait.
type event struct {
	at     time.Duration
	seq    uint64 // of events at the same time, the one scheduled first is first
	link   uint64 // of what arrives on a link
	id     string // of a timer
	node   NodeID
	life   uint32 // of the node, when the event was scheduled
	next   uint32 // the next one in the same slot of the wheel
	number uint32 // the parcel, the letter, the call, or a timer's sequence
	kind   eventKind
	side   uint8 // of the link
	detail uint8 // a timer's kind, a reason, or a broadcast's number
}

type eventKind uint8

const (
	timerEvent   eventKind = iota + 1 // a node's own timer
	frameEvent                        // a frame arrives
	lostEvent                         // a link ends, for the reason in detail
	silentEvent                       // a link may have been silent for too long
	idleEvent                         // a link may have been idle for too long
	breakEvent                        // a link may break for no reason
	askedEvent                        // a Join arrives at its contact
	answerEvent                       // the answer arrives, or the lack of one
	callEvent                         // whoever runs the world wanted to be called
	carriedEvent                      // a frame of the broadcast in detail arrives
	wakeEvent                         // a timer of the broadcast in detail
)

// The wheel has two levels. A slot of the lower one spans 2^14 ns = 16 µs, so that
// its 2^18 slots span 4 s: what travels on the network goes there at once. A slot of
// the upper one spans all of the lower one, and its 2^14 slots 19 hours.
const (
	finest    = 14
	lowerBits = 18
	upperBits = 14
)

// key is what the heap compares, beside the position of its event.
type key struct {
	at       time.Duration
	seq      uint64
	position uint32
}

func (k *key) before(o *key) bool { return k.at < o.at || k.at == o.at && k.seq < o.seq }

// wheel is a queue of events, ordered by time and then by the order in which they
// were added. A plain heap of a million events costs more than the protocol does;
// here only the few that are due within 16 µs are in one, in front. Behind it each
// event waits in the slot of its time; timers are moved once on the way.
type wheel struct {
	events []event // by position; position 0 is not used
	free   uint32  // the first free position, chained by next
	count  int
	seq    uint64

	due    []key // heap: every event up to the end of the current slot
	slot   int64 // the current slot of the lower level
	levels [2]ring
	far    uint32 // chain of events beyond the upper level
}

// ring is one level: chains of events by slot, and which slots have any.
type ring struct {
	chain []uint32
	used  []uint64
	mask  int64
	shift int // from a slot of the lowest level to one of this
}

func newRing(bits, shift int) ring {
	return ring{
		chain: make([]uint32, 1<<bits), used: make([]uint64, 1<<bits/64),
		mask: 1<<bits - 1, shift: shift,
	}
}

func newWheel() wheel {
	var q wheel
	q.levels[0] = newRing(lowerBits, 0)
	q.levels[1] = newRing(upperBits, lowerBits)
	q.events = make([]event, 1)
	return q
}

// add queues an event and returns a pointer to it, to be filled in before the next
// call. Its time and position are set.
func (q *wheel) add(at time.Duration) *event {
	position := q.free
	if position == 0 {
		position = uint32(len(q.events))
		q.events = append(q.events, event{})
	} else {
		q.free = q.events[position].next
	}
	q.seq++
	q.count++
	e := &q.events[position]
	e.at, e.seq = at, q.seq
	q.place(position, e)
	return e
}

// place puts an event where its time belongs, as seen from the current slot.
func (q *wheel) place(position uint32, e *event) {
	slot := int64(e.at) >> finest
	if slot <= q.slot {
		q.push(key{e.at, e.seq, position})
		return
	}
	for l := range q.levels {
		r := &q.levels[l]
		if (slot^q.slot)>>r.shift <= r.mask {
			r.add(slot>>r.shift&r.mask, position, e)
			return
		}
	}
	e.next, q.far = q.far, position
}

func (r *ring) add(slot int64, position uint32, e *event) {
	e.next = r.chain[slot]
	r.chain[slot] = position
	r.used[slot/64] |= 1 << (slot % 64)
}

// take empties a slot and returns its chain.
func (r *ring) take(slot int64) uint32 {
	chain := r.chain[slot]
	r.chain[slot] = 0
	r.used[slot/64] &^= 1 << (slot % 64)
	return chain
}

// after returns the first used slot after the given one, or -1.
func (r *ring) after(slot int64) int64 {
	for word := (slot + 1) / 64; word < int64(len(r.used)); word++ {
		set := r.used[word]
		if word == (slot+1)/64 {
			set &= ^uint64(0) << ((slot + 1) % 64)
		}
		if set != 0 {
			return word*64 + int64(bits.TrailingZeros64(set))
		}
	}
	return -1
}

// next takes the first event out, if it is due by the given time. The copy is the
// caller's; what the event refers to by number stays.
func (q *wheel) next(until time.Duration) (event, bool) {
	for len(q.due) == 0 {
		if !q.advance(int64(until) >> finest) {
			return event{}, false
		}
	}
	first := q.due[0]
	if first.at > until {
		return event{}, false
	}
	q.pop()
	e := q.events[first.position]
	q.events[first.position].next = q.free
	q.events[first.position].id = ""
	q.free = first.position
	q.count--
	return e, true
}

// advance moves on to the next slot with an event, at most to the last. It reports
// whether it moved.
func (q *wheel) advance(last int64) bool {
	for l := range q.levels {
		r := &q.levels[l]
		current := q.slot >> r.shift
		found := r.after(current & r.mask)
		if found < 0 {
			continue
		}
		slot := (current&^r.mask | found) << r.shift
		if slot > last {
			return false
		}
		q.slot = slot
		q.replace(r.take(found))
		return true
	}
	return q.far != 0 && q.advanceFar(last)
}

// advanceFar begins the next turn of the upper level.
func (q *wheel) advanceFar(last int64) bool {
	upper := &q.levels[len(q.levels)-1]
	slot := (q.slot>>upper.shift&^upper.mask + upper.mask + 1) << upper.shift
	if slot > last {
		return false
	}
	q.slot = slot
	chain := q.far
	q.far = 0
	q.replace(chain)
	return true
}

// replace places a chain of events anew.
func (q *wheel) replace(chain uint32) {
	for chain != 0 {
		e := &q.events[chain]
		position := chain
		chain = e.next
		q.place(position, e)
	}
}

// push and pop keep the heap.

func (q *wheel) push(k key) {
	q.due = append(q.due, k)
	h := q.due
	i := len(h) - 1
	for i > 0 {
		parent := (i - 1) / 2
		if h[parent].before(&k) {
			break
		}
		h[i] = h[parent]
		i = parent
	}
	h[i] = k
}

func (q *wheel) pop() {
	last := len(q.due) - 1
	k := q.due[last]
	q.due = q.due[:last]
	if last == 0 {
		return
	}
	h := q.due
	i := 0
	for {
		child := 2*i + 1
		if child >= last {
			break
		}
		if child+1 < last && h[child+1].before(&h[child]) {
			child++
		}
		if k.before(&h[child]) {
			break
		}
		h[i] = h[child]
		i = child
	}
	h[i] = k
}
