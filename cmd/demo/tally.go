// Who has received what of the messages that a cluster run publishes.

package main

import (
	"encoding/binary"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/kithmesh/kith"
)

// leastSize is the smallest message: its publisher, its number and its time.
const leastSize = 24

// stamp is what each message begins with.
type stamp struct {
	publisher int
	number    uint64        // from 1, without holes
	sent      time.Duration // since the tally began
}

func (s stamp) write(data []byte) {
	binary.LittleEndian.PutUint64(data, uint64(s.publisher))
	binary.LittleEndian.PutUint64(data[8:], s.number)
	binary.LittleEndian.PutUint64(data[16:], uint64(s.sent))
}

// readStamp returns false for what is no message of a tally with so many publishers.
func readStamp(data []byte, publishers int) (stamp, bool) {
	if len(data) < leastSize {
		return stamp{}, false
	}
	publisher := binary.LittleEndian.Uint64(data)
	return stamp{
		publisher: int(publisher),
		number:    binary.LittleEndian.Uint64(data[8:]),
		sent:      time.Duration(binary.LittleEndian.Uint64(data[16:])),
	}, publisher < uint64(publishers)
}

// tally counts messages at every node.
type tally struct {
	began   time.Time
	sent    []atomic.Uint64 // by publisher
	nodes   []heard
	grown   atomic.Int64 // the time from which on hops count, 0 when all do
	waiting atomic.Bool
	changed chan struct{} // has an element when something came, while waiting
}

// heard is what one node has received. Its subscription calls one handler at a time;
// the mutex is for those who look.
type heard struct {
	mu         sync.Mutex
	by         []heardOf // by publisher
	duplicates uint64
	hops       int  // the most, of those that count
	counting   bool // hops are of messages that were sent after the trees had grown
	times      histogram
	latest     time.Duration
}

// heardOf is what a node has of one publisher. Messages come in order: what was passed
// over will not come any more.
type heardOf struct{ last, received uint64 }

func newTally(nodes, publishers int) *tally {
	t := &tally{
		began: time.Now(), sent: make([]atomic.Uint64, publishers), nodes: make([]heard, nodes),
		changed: make(chan struct{}, 1),
	}
	for i := range t.nodes {
		t.nodes[i].by = make([]heardOf, publishers)
	}
	return t
}

// next fills in the next message of a publisher, which counts once published is
// called.
func (t *tally) next(publisher int, data []byte) {
	stamp{publisher, t.sent[publisher].Load() + 1, time.Since(t.began)}.write(data)
}

func (t *tally) published(publisher int) { t.sent[publisher].Add(1) }

// receive takes a message that has come to a node.
func (t *tally) receive(node int, m *kith.Message) {
	s, ok := readStamp(m.Data, len(t.sent))
	if !ok {
		return
	}
	now := time.Since(t.began)
	h := &t.nodes[node]
	h.mu.Lock()
	of := &h.by[s.publisher]
	if s.number > of.last {
		of.last = s.number
		of.received++
		h.times.add(now - s.sent)
		h.latest = now
		if grown := t.grown.Load(); grown > 0 && !h.counting && int64(s.sent) >= grown {
			h.counting, h.hops = true, 0
		}
		h.hops = max(h.hops, m.Hops)
	} else {
		h.duplicates++
	}
	h.mu.Unlock()
	if t.waiting.Load() {
		select {
		case t.changed <- struct{}{}:
		default:
		}
	}
}

// last returns the number of the latest message of a publisher that the node has.
func (h *heard) last(publisher int) uint64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.by[publisher].last
}

// goals returns how many messages of each publisher are due at every one of the nodes.
// Those of a publisher that is not among them end with the last that any of them has:
// what was never passed on before a crash is nobody's loss but its own.
func (t *tally) goals(nodes []int) []uint64 {
	goals := make([]uint64, len(t.sent))
	for p := range goals {
		for _, i := range nodes {
			if i == p {
				goals[p] = t.sent[p].Load()
				break
			}
			goals[p] = max(goals[p], t.nodes[i].last(p))
		}
	}
	return goals
}

// complete reports whether nothing more can come to the nodes.
func (t *tally) complete(nodes []int) bool {
	for p, goal := range t.goals(nodes) {
		for _, i := range nodes {
			if t.nodes[i].last(p) < goal {
				return false
			}
		}
	}
	return true
}

// report sums up what has come to the nodes, those that lived throughout. What has not
// come counts as lost when the run is over; before that it may still be under way,
// and only what was passed over is lost.
func (t *tally) report(nodes []int, over bool) broadcastReport {
	goals := t.goals(nodes)
	r := broadcastReport{DeliveredMin: math.MaxUint64}
	for _, goal := range goals {
		r.Published += goal
	}
	var times histogram
	var latest time.Duration
	for _, i := range nodes {
		h := &t.nodes[i]
		h.mu.Lock()
		var received uint64
		for p, of := range h.by {
			received += of.received
			due := of.last
			if over {
				due = max(due, goals[p])
			}
			r.Lost += due - of.received
		}
		r.DeliveredMin, r.DeliveredMax = min(r.DeliveredMin, received), max(r.DeliveredMax, received)
		r.Duplicates += h.duplicates
		r.HopsMax = max(r.HopsMax, h.hops)
		times.merge(&h.times)
		latest = max(latest, h.latest)
		h.mu.Unlock()
	}
	if len(nodes) == 0 {
		r.DeliveredMin = 0
	}
	r.LatencyP50, r.LatencyP99 = milliseconds(times.percentile(50)), milliseconds(times.percentile(99))
	if latest > 0 {
		r.Rate = hundredths(float64(r.DeliveredMin) / latest.Seconds())
	}
	return r
}
