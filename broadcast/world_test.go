// A small deterministic world of broadcast nodes: links with latency, failures,
// and what every node was given.

package broadcast_test

import (
	"cmp"
	"container/heap"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/kithmesh/kith/broadcast"
)

// event is something that happens at a node at a time.
type event struct {
	at       time.Duration
	sequence int
	do       func()
	frame    bool // something arrives, or would if its link were still there
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

// failer is a *testing.T or a *rapid.T.
type failer interface {
	Errorf(format string, args ...any)
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

// world runs nodes.
type world struct {
	t     failer
	cfg   broadcast.Config
	rng   *rand.Rand
	now   time.Duration
	seq   int
	queue queue
	nodes []*host
	links uint64
	first map[string]uint64 // what each message says was the oldest then
	delay func() time.Duration
	pace  time.Duration // that a frame takes on a link
	// checked says that every step is checked, by the state and by what came of it.
	checked bool
	// observe is told of every step.
	observe func(*host, *broadcast.Input, []broadcast.Effect)
}

func newWorld(t failer, seed uint64, cfg broadcast.Config) *world {
	w := &world{t: t, cfg: cfg, first: make(map[string]uint64), rng: rand.New(rand.NewPCG(seed, 1))}
	w.delay = func() time.Duration {
		return 500*time.Microsecond + time.Duration(w.rng.Int64N(int64(time.Millisecond)))
	}
	return w
}

func (w *world) at(d time.Duration, do func()) {
	w.seq++
	heap.Push(&w.queue, event{at: w.now + d, sequence: w.seq, do: do})
}

// settle lets time pass until no frame is under way.
func (w *world) settle() {
	for slices.ContainsFunc(w.queue, func(e event) bool { return e.frame }) {
		w.run(w.queue[0].at - w.now)
	}
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

func (w *world) start() *host { return w.startAs(fmt.Sprintf("n%d", len(w.nodes)), 1) }

// startAs starts a life of a node.
func (w *world) startAs(id string, incarnation uint64) *host {
	h := &host{
		w: w, name: id, born: w.now,
		life: broadcast.NewLife(id, incarnation), ends: make(map[uint64]*end),
		got: make(map[broadcast.Life][]uint64), fresh: make(map[broadcast.Life]map[uint64]bool),
		missed: make(map[broadcast.Life]uint64), lost: make(map[broadcast.Life]map[uint64]bool), hops: make(map[string]uint8),
	}
	core, err := broadcast.New(h.life, w.cfg)
	if err != nil {
		w.t.Fatal(err)
	}
	h.core, h.book = core, newLedger(core)
	w.nodes = append(w.nodes, h)
	return h
}

// link makes neighbors of two nodes.
func (w *world) link(a, b *host) {
	w.links++
	x, y := &end{link: w.links, far: b}, &end{link: w.links, far: a}
	x.peer, y.peer = y, x
	a.ends[w.links], b.ends[w.links] = x, y
	a.step(broadcast.Input{Kind: broadcast.LinkUp, Link: x.link, Target: b.life.ID()})
	b.step(broadcast.Input{Kind: broadcast.LinkUp, Link: x.link, Target: a.life.ID()})
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
		s.Lacks += x.Lacks
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
