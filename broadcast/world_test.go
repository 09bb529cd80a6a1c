// A small deterministic world of broadcast nodes: links with latency, failures,
// and what every node was given.

package broadcast_test

import (
	"cmp"
	"container/heap"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/kithmesh/kith/broadcast"
)

// event is something that happens at a node at a time.
type event struct {
	at       time.Duration
	sequence int
	do       func()
}

type queue []event

func (q queue) Len() int { return len(q) }
func (q queue) Less(i, j int) bool {
	return cmp.Or(cmp.Compare(q[i].at, q[j].at), cmp.Compare(q[i].sequence, q[j].sequence)) < 0
}
func (q queue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *queue) Push(x any)   { *q = append(*q, x.(event)) } //nolint:errcheck // the queue's only kind
func (q *queue) Pop() any {
	last := (*q)[len(*q)-1]
	*q = (*q)[:len(*q)-1]
	return last
}

// world runs nodes.
type world struct {
	t     *testing.T
	cfg   broadcast.Config
	rng   *rand.Rand
	now   time.Duration
	seq   int
	queue queue
	nodes []*host
	links uint64
	delay func() time.Duration
}

// host is one node with what it was given.
type host struct {
	w    *world
	name int
	life broadcast.Life
	core *broadcast.Node
	born time.Duration
	dead bool
	ends map[uint64]*end // its side of each link
	wake int             // the number of the latest Wake

	got     map[broadcast.Life][]uint64 // ordered deliveries
	fresh   map[broadcast.Life]map[uint64]bool
	missed  map[broadcast.Life]uint64
	hops    map[string]uint8
	arrived []string
}

// end is one side of a link.
type end struct {
	link uint64
	far  *host
	last time.Duration // when the latest frame arrives there
	gone bool
	cut  bool // what is sent is lost
	peer *end
}

func newWorld(t *testing.T, seed uint64, cfg broadcast.Config) *world {
	w := &world{t: t, cfg: cfg, rng: rand.New(rand.NewPCG(seed, 1))}
	w.delay = func() time.Duration {
		return 500*time.Microsecond + time.Duration(w.rng.Int64N(int64(time.Millisecond)))
	}
	return w
}

func (w *world) at(d time.Duration, do func()) {
	w.seq++
	heap.Push(&w.queue, event{w.now + d, w.seq, do})
}

// run lets time pass.
func (w *world) run(d time.Duration) {
	until := w.now + d
	for len(w.queue) > 0 && w.queue[0].at <= until {
		e := heap.Pop(&w.queue).(event) //nolint:errcheck // the queue's only kind
		w.now = e.at
		e.do()
	}
	w.now = until
}

func (w *world) start() *host {
	h := &host{
		w: w, name: len(w.nodes), born: w.now,
		life: broadcast.NewLife(fmt.Sprintf("n%d", len(w.nodes)), 1), ends: make(map[uint64]*end),
		got: make(map[broadcast.Life][]uint64), fresh: make(map[broadcast.Life]map[uint64]bool),
		missed: make(map[broadcast.Life]uint64), hops: make(map[string]uint8),
	}
	core, err := broadcast.New(h.life, w.cfg)
	if err != nil {
		w.t.Fatal(err)
	}
	h.core = core
	w.nodes = append(w.nodes, h)
	return h
}

// link makes neighbors of two nodes.
func (w *world) link(a, b *host) {
	w.links++
	x, y := &end{link: w.links, far: b}, &end{link: w.links, far: a}
	x.peer, y.peer = y, x
	a.ends[w.links], b.ends[w.links] = x, y
	a.step(broadcast.Input{Kind: broadcast.LinkUp, Link: x.link})
	b.step(broadcast.Input{Kind: broadcast.LinkUp, Link: x.link})
}

// unlink ends a link on both sides; what is on its way is lost.
func (w *world) unlink(e *end) {
	for _, side := range []*end{e, e.peer} {
		side.gone = true
		owner := side.peer.far
		if _, ok := owner.ends[side.link]; ok && !owner.dead {
			delete(owner.ends, side.link)
			owner.step(broadcast.Input{Kind: broadcast.LinkDown, Link: side.link})
		}
	}
}

func (h *host) neighbors() []*end {
	var all []*end
	for _, e := range h.ends {
		all = append(all, e)
	}
	slices.SortFunc(all, func(a, b *end) int { return cmp.Compare(a.link, b.link) })
	return all
}

func (h *host) linkedTo(o *host) bool {
	for _, e := range h.ends {
		if e.far == o {
			return true
		}
	}
	return false
}

// kill ends a node; its neighbors notice after a while.
func (w *world) kill(h *host) {
	h.dead = true
	for _, e := range h.neighbors() {
		e.gone, e.peer.gone = true, true
		w.at(w.delay(), func() {
			if !e.far.dead && e.far.ends[e.link] != nil {
				delete(e.far.ends, e.link)
				e.far.step(broadcast.Input{Kind: broadcast.LinkDown, Link: e.link})
			}
		})
	}
}

// regular links the living nodes until each has about that many neighbors.
func (w *world) regular(degree int) {
	alive := slices.DeleteFunc(slices.Clone(w.nodes), func(h *host) bool { return h.dead })
	for range 50 * len(alive) {
		a, b := alive[w.rng.IntN(len(alive))], alive[w.rng.IntN(len(alive))]
		if a != b && len(a.ends) < degree && len(b.ends) < degree && !a.linkedTo(b) {
			w.link(a, b)
		}
	}
	for _, a := range alive { // whoever was left over
		for range 100 {
			if len(a.ends) >= min(3, len(alive)-1) {
				break
			}
			if b := alive[w.rng.IntN(len(alive))]; a != b && !a.linkedTo(b) {
				w.link(a, b)
			}
		}
	}
}

func (h *host) publish() {
	sequence, first := h.core.Next()
	h.step(broadcast.Input{Kind: broadcast.Published, Gossip: broadcast.Gossip{
		Life: []byte(h.life), Sequence: sequence, First: first, Frame: fmt.Appendf(nil, "%s/%d", h.life.ID(), sequence),
	}})
}

func (h *host) send(target, text string) {
	h.step(broadcast.Input{Kind: broadcast.Routed, Target: target, Gossip: broadcast.Gossip{
		Life: []byte(h.life), Frame: []byte(target + " " + text),
	}})
}

// step steps the node and carries out what it says.
func (h *host) step(in broadcast.Input) {
	if h.dead {
		return
	}
	in.Now = h.w.now - h.born
	var again []broadcast.Input
	for _, e := range h.core.Step(in) {
		switch e.Kind {
		case broadcast.Push:
			m := *e.Message
			h.each(e.To, func(to *end) {
				to.far.step(broadcast.Input{Kind: broadcast.Received, Link: to.link, Gossip: broadcast.Gossip{
					Life: []byte(m.Life), Sequence: m.Sequence, First: 1, Hop: m.Hop + 1, Frame: m.Frame,
				}})
			})
		case broadcast.Tell:
			c := *e.Control
			h.each(e.To, func(to *end) {
				to.far.step(broadcast.Input{Kind: broadcast.Told, Link: to.link, Control: &c})
			})
		case broadcast.Deliver:
			h.deliver(&e)
		case broadcast.Miss:
			h.missed[e.Life] += e.Until - e.From + 1
		case broadcast.Pass:
			frame, hop := e.Frame, in.Gossip.Hop+1
			life, target := slices.Clone(in.Gossip.Life), in.Target
			h.each(e.To, func(to *end) {
				to.far.step(broadcast.Input{Kind: broadcast.Routed, Link: to.link, Target: target, Gossip: broadcast.Gossip{
					Life: life, Hop: hop, Frame: frame,
				}})
			})
		case broadcast.Arrive:
			h.arrived = append(h.arrived, string(e.Frame))
		case broadcast.Spread:
			sequence, first := h.core.Next()
			again = append(again, broadcast.Input{Kind: broadcast.Published, Gossip: broadcast.Gossip{
				Life: []byte(h.life), Sequence: sequence, First: first, Frame: append([]byte("spread "), e.Frame...),
			}})
		case broadcast.Expel:
			h.each(e.To, func(to *end) { h.w.unlink(to) })
		case broadcast.Wake:
			h.wake++
			number := h.wake
			h.w.at(max(0, e.At-in.Now), func() {
				if number == h.wake {
					h.step(broadcast.Input{Kind: broadcast.Tick})
				}
			})
		}
	}
	for _, in := range again {
		h.step(in)
	}
}

// each sends something on links, in order and later.
func (h *host) each(to broadcast.Slots, arrive func(*end)) {
	for _, e := range h.neighbors() {
		if to&(1<<h.core.Slot(e.link)) == 0 {
			continue
		}
		e.last = max(e.last, h.w.now+h.w.delay())
		h.w.at(e.last-h.w.now, func() {
			if !e.gone && !e.cut && !e.far.dead {
				arrive(e)
			}
		})
	}
}

func (h *host) deliver(e *broadcast.Effect) {
	m := e.Message
	if e.Fresh {
		if h.fresh[m.Life] == nil {
			h.fresh[m.Life] = make(map[uint64]bool)
		}
		if h.fresh[m.Life][m.Sequence] {
			h.w.t.Errorf("n%d: %s/%d came twice", h.name, m.Life, m.Sequence)
		}
		h.fresh[m.Life][m.Sequence] = true
		h.hops[string(m.Frame)] = m.Hop
	}
	if e.Ordered {
		got := h.got[m.Life]
		if len(got) > 0 && got[len(got)-1] >= m.Sequence {
			h.w.t.Errorf("n%d: %s/%d after %d", h.name, m.Life, m.Sequence, got[len(got)-1])
		}
		h.got[m.Life] = append(got, m.Sequence)
	}
}

// totals sums the counts of all living nodes.
func (w *world) totals() (s broadcast.Stats) {
	for _, h := range w.nodes {
		if h.dead {
			continue
		}
		x := h.core.Stats()
		s.Received += x.Received
		s.Payloads += x.Payloads
		s.Duplicates += x.Duplicates
		s.IHaves += x.IHaves
		s.Grafts += x.Grafts
		s.Prunes += x.Prunes
		s.Asks += x.Asks
		s.Gaps += x.Gaps
		s.Moves += x.Moves
		s.Orphans += x.Orphans
		s.Missed += x.Missed
	}
	return s
}

// rmr is the relative message redundancy between two sums (Plumtree, section 4.1).
func rmr(before, after broadcast.Stats) float64 {
	return float64(after.Payloads-before.Payloads)/float64(after.Received-before.Received) - 1
}
