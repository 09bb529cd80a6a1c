// A small world: nodes, a broadcast that loses messages, sends that overtake each other,
// crashes, partitions. In the end all must agree.

package interest_test

import (
	"container/heap"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/kithmesh/kith/natsbridge/interest"
)

// world is the mesh. Everything in it is decided by its seed.
type world struct {
	tb     testing.TB
	rng    *rand.Rand
	now    time.Duration
	events queue
	count  int
	nodes  []*member // all that ever were
	links  map[[2]*member]bool
	loss   float64
	late   bool // some messages come late
	seen   func()
	half   map[string]bool // one side of a partition
	lives  uint64
	epochs uint64
}

// member is one life of a node.
type member struct {
	*tester
	id          string
	incarnation uint64
	gone        bool
	group       string
	attached    bool
	ordered     map[*member]time.Duration // when its last broadcast message arrives
	born        time.Duration
}

type event struct {
	at     time.Duration
	number int
	do     func()
}

type queue []event

func (q queue) Len() int { return len(q) }

func (q queue) Less(i, j int) bool {
	return q[i].at < q[j].at || q[i].at == q[j].at && q[i].number < q[j].number
}
func (q queue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }

func (q *queue) Push(x any) {
	e, _ := x.(event)
	*q = append(*q, e)
}

func (q *queue) Pop() any {
	last := (*q)[len(*q)-1]
	*q = (*q)[:len(*q)-1]
	return last
}

func newWorld(tb testing.TB, seed uint64) *world {
	return &world{tb: tb, rng: rand.New(rand.NewPCG(seed, 7)), links: map[[2]*member]bool{}, late: true}
}

func (w *world) after(d time.Duration, do func()) {
	w.count++
	heap.Push(&w.events, event{w.now + d, w.count, do})
}

func (w *world) run(d time.Duration) {
	w.tb.Helper()
	end := w.now + d
	for len(w.events) > 0 && w.events[0].at <= end {
		e, _ := heap.Pop(&w.events).(event)
		w.now = e.at
		e.do()
		if w.seen != nil {
			w.seen()
		}
	}
	w.now = end
}

// step takes an input at a member and carries out the effects.
func (w *world) step(m *member, in interest.Input) {
	w.tb.Helper()
	if m.gone {
		return
	}
	m.now = w.now - m.born
	m.since = nil
	m.tester.step(in) //nolint:staticcheck // not that of the world
	for _, e := range slices.Clone(m.effects) {
		switch e.Kind {
		case interest.Publish:
			w.publish(m, e.Data)
		case interest.Send:
			for _, to := range w.nodes {
				if to.id == e.To && !to.gone && w.rng.Float64() >= w.loss {
					w.deliver(m, to, w.delay(50*time.Millisecond), interest.Input{Kind: interest.Heard, Direct: true, Data: e.Data})
				}
			}
		case interest.Wake:
			if e.At > 1000*time.Hour {
				continue // never
			}
			w.after(e.At+m.born-w.now, func() {
				if m.wake == e.At {
					w.step(m, interest.Input{Kind: interest.Tick})
				}
			})
		case interest.Want, interest.Elected:
		}
	}
}

func (w *world) delay(most time.Duration) time.Duration {
	return time.Millisecond + time.Duration(w.rng.Int64N(int64(most)))
}

func (w *world) publish(from *member, data []byte) {
	for _, to := range w.nodes {
		if to == from || to.gone || w.rng.Float64() < w.loss {
			continue
		}
		d := w.delay(20 * time.Millisecond)
		if w.late && w.rng.IntN(50) == 0 {
			d += w.delay(2 * time.Second) // out of a store
		}
		at := max(w.now+d, from.ordered[to])
		from.ordered[to] = at
		w.deliver(from, to, at-w.now, interest.Input{Kind: interest.Heard, Hops: 1 + w.rng.IntN(4), Data: data})
	}
}

func (w *world) deliver(from, to *member, after time.Duration, in interest.Input) {
	in.From, in.Incarnation = from.id, from.incarnation
	w.after(after, func() {
		if w.half[from.id] == w.half[to.id] {
			w.step(to, in)
		}
	})
}

// join starts a node, linked to some others.
func (w *world) join(id, group string) *member {
	w.tb.Helper()
	w.lives++
	others := w.alive()
	m := w.bear(id, w.lives, group, map[*member]time.Duration{})
	w.rng.Shuffle(len(others), func(i, j int) { others[i], others[j] = others[j], others[i] })
	for _, o := range others[:min(len(others), 3)] {
		w.link(m, o)
	}
	return m
}

// bear starts a bridge of a node.
func (w *world) bear(id string, incarnation uint64, group string, ordered map[*member]time.Duration) *member {
	w.tb.Helper()
	w.epochs++
	cfg := interest.Config{Epoch: w.epochs, RollUp: 6, MaxMessage: interest.MinMessage}
	core, err := interest.New(cfg, id, incarnation, rand.New(rand.NewPCG(w.epochs, 1)))
	if err != nil {
		w.tb.Fatal(err)
	}
	m := &member{
		tester: &tester{tb: w.tb, core: core, wanted: map[interest.Key]int{}, most: interest.MinMessage},
		id:     id, incarnation: incarnation, group: group, ordered: ordered, born: w.now,
	}
	w.nodes = append(w.nodes, m)
	w.step(m, interest.Input{Kind: interest.Start})
	w.attach(m, group)
	return m
}

// restart starts the bridge of a node anew. Its neighbors do not notice.
func (w *world) restart(m *member) {
	m.gone = true
	fresh := w.bear(m.id, m.incarnation, m.group, m.ordered)
	for _, o := range w.alive() {
		if !w.links[[2]*member{m, o}] {
			continue
		}
		delete(w.links, [2]*member{m, o})
		delete(w.links, [2]*member{o, m})
		w.links[[2]*member{fresh, o}], w.links[[2]*member{o, fresh}] = true, true
		w.step(fresh, interest.Input{Kind: interest.NeighborUp, From: o.id, Incarnation: o.incarnation})
	}
}

func (w *world) attach(m *member, group string) {
	m.group, m.attached = group, true
	w.step(m, interest.Input{Kind: interest.Attached, Group: group})
	for range w.rng.IntN(6) {
		w.change(m)
	}
	w.step(m, interest.Input{Kind: interest.Synced})
}

// change changes the interest of one server.
func (w *world) change(m *member) {
	keys := []string{"a", "b", "c.*", "d.>", "w q", "v q", "v r"}
	k := key(keys[w.rng.IntN(len(keys))])
	if w.rng.IntN(2) == 0 {
		k = key(fmt.Sprintf("many.%d", w.rng.IntN(12)))
	}
	w.step(m, interest.Input{Kind: interest.Local, Key: k, Weight: w.rng.IntN(4)})
}

func (w *world) alive() (all []*member) {
	for _, m := range w.nodes {
		if !m.gone {
			all = append(all, m)
		}
	}
	return all
}

// link makes two nodes neighbors.
func (w *world) link(a, b *member) {
	if a == b || w.links[[2]*member{a, b}] || w.half[a.id] != w.half[b.id] {
		return
	}
	w.links[[2]*member{a, b}], w.links[[2]*member{b, a}] = true, true
	w.step(a, interest.Input{Kind: interest.NeighborUp, From: b.id, Incarnation: b.incarnation})
	w.step(b, interest.Input{Kind: interest.NeighborUp, From: a.id, Incarnation: a.incarnation})
}

// unlink ends the link of two nodes.
func (w *world) unlink(a, b *member, lost bool) {
	if !w.links[[2]*member{a, b}] {
		return
	}
	delete(w.links, [2]*member{a, b})
	delete(w.links, [2]*member{b, a})
	w.step(a, interest.Input{Kind: interest.NeighborDown, From: b.id, Lost: lost})
	w.step(b, interest.Input{Kind: interest.NeighborDown, From: a.id, Lost: lost})
}

// end ends a node, with a farewell or without.
func (w *world) end(m *member, farewell bool) {
	if farewell {
		w.step(m, interest.Input{Kind: interest.Leave})
	}
	m.gone = true
	for _, o := range w.alive() {
		w.unlink(o, m, !farewell)
	}
	w.mend()
}

// mend links who has few neighbors, as the membership does.
func (w *world) mend() {
	all := w.alive()
	for _, m := range all {
		degree := 0
		for _, o := range all {
			if w.links[[2]*member{m, o}] {
				degree++
			}
		}
		for ; degree < 2 && len(all) > 1; degree++ {
			w.link(m, all[w.rng.IntN(len(all))])
		}
	}
}

func (w *world) split(half map[string]bool) {
	w.half = half
	all := w.alive()
	for _, a := range all {
		for _, b := range all {
			if half[a.id] != half[b.id] {
				w.unlink(a, b, true)
			}
		}
	}
	w.mend()
}

// heal ends a partition: some who had forgotten each other meet.
func (w *world) heal() {
	w.half = nil
	all := w.alive()
	for i := range all {
		w.link(all[i], all[(i+1)%len(all)])
	}
}

// party is whom a node shares its server with.
func (m *member) party() string {
	if m.group == "" {
		return "alone " + m.id
	}
	return m.group
}

// agree checks that everybody knows what everybody tells, and wants it.
func (w *world) agree() {
	w.tb.Helper()
	all := w.alive()
	exporters := map[string]int{}
	for _, m := range all {
		if m.core.Exporter() {
			exporters[m.party()]++
		}
		told, _ := m.core.Told()
		if len(told) > 0 && !m.core.Exporter() {
			w.tb.Fatalf("%s tells %s, and is not the exporter", m.id, show(told))
		}
	}
	for _, m := range all {
		if m.attached && exporters[m.party()] != 1 {
			w.tb.Fatalf("group %q has %d exporters", m.party(), exporters[m.party()])
		}
		want := map[interest.Key]int{}
		for _, o := range all {
			told, version := o.core.Told()
			if o == m {
				continue
			}
			for k, weight := range told {
				if want[k] += int(weight); k.Queue == "" {
					want[k] = 1
				}
			}
			got, counts, has := m.core.TableOf(o.id)
			if show(got) != show(told) || has != version || !counts {
				w.tb.Fatalf("at %v %s has of %s version %d: %q, counts %v; want %d: %q", w.now, m.id, o.id, has, show(got), counts, version, show(told))
			}
		}
		if !m.core.Exporter() {
			clear(want)
		}
		if show(m.wanted) != show(want) {
			w.tb.Fatalf("at %v %s wants %q, want %q", w.now, m.id, show(m.wanted), show(want))
		}
		if s := m.core.Stats(); s.Nodes != len(all)-1 {
			w.tb.Fatalf("%s knows %d nodes, want %d", m.id, s.Nodes, len(all)-1)
		}
	}
}

func TestWorld(t *testing.T) {
	for seed := range uint64(12) {
		t.Run(fmt.Sprint("seed", seed), func(t *testing.T) {
			w := newWorld(t, seed)
			w.loss = 0.1
			groups := []string{"", "g", "h"}
			for i := range 8 {
				w.join(fmt.Sprintf("n%02d", i), groups[w.rng.IntN(3)])
			}
			for round := range 40 {
				w.run(w.delay(3 * time.Second))
				all := w.alive()
				m := all[w.rng.IntN(len(all))]
				switch what := w.rng.IntN(12); {
				case what == 0 && len(all) > 4:
					w.end(m, false)
				case what == 1 && len(all) > 4:
					w.end(m, true)
				case what == 2 && len(all) > 4: // it starts again at once
					w.end(m, false)
					w.join(m.id, m.group)
				case what == 3:
					w.join(fmt.Sprintf("n%02d", 8+round), groups[w.rng.IntN(3)])
				case what == 4 && w.half == nil:
					half := map[string]bool{}
					for _, o := range all {
						half[o.id] = w.rng.IntN(2) == 0
					}
					w.split(half)
				case what == 5:
					w.heal()
				case what == 6:
					m.attached = false
					w.step(m, interest.Input{Kind: interest.Detached})
				case what == 7 && !m.attached:
					w.attach(m, groups[w.rng.IntN(3)])
				case what == 8:
					w.unlink(m, all[w.rng.IntN(len(all))], true)
					w.mend()
				case what == 9:
					w.restart(m)
				default:
					w.change(m)
				}
			}
			w.heal()
			w.loss = 0
			w.run(ttl + 20*time.Second)
			w.agree()
			s := w.alive()[0].core.Stats()
			if s.Malformed+s.Unknown+s.Forged+s.RefusedTables > 0 {
				t.Errorf("%+v", s)
			}
		})
	}
}

// A newcomer costs its neighbors one table for each node, and the others nothing.
func TestNewcomer(t *testing.T) {
	w := newWorld(t, 1)
	for i := range 20 {
		m := w.join(fmt.Sprintf("n%02d", i), "")
		w.step(m, interest.Input{Kind: interest.Local, Key: key("all"), Weight: 1})
	}
	w.run(time.Minute)
	w.agree()
	var before uint64
	for _, m := range w.alive() {
		before += m.core.Stats().TablesSent
	}
	fresh := w.join("fresh", "")
	w.run(3 * time.Second)
	w.agree()
	var after uint64
	for _, m := range w.alive() {
		after += m.core.Stats().TablesSent
	}
	if tables := after - before; tables > 25 || fresh.core.Stats().TablesHeard != 20 {
		t.Errorf("%d tables were sent, %d heard", tables, fresh.core.Stats().TablesHeard)
	}
}

// A node that crashes is out of the union after the grace, and one that restarts is back at once.
func TestCrashAndRestart(t *testing.T) {
	w := newWorld(t, 2)
	for i := range 12 {
		w.join(fmt.Sprintf("n%02d", i), "g")
	}
	w.run(time.Minute)
	w.agree()
	first := w.alive()[0]
	if !first.core.Exporter() {
		t.Fatal("the first is not the exporter")
	}
	w.end(first, false)
	w.run(2500 * time.Millisecond)
	second := w.alive()[0]
	if !second.core.Exporter() {
		t.Fatal("nobody has taken its place")
	}
	w.join("n00", "g")
	w.run(3 * time.Second)
	if second.core.Exporter() {
		t.Fatal("two exporters")
	}
	w.agree()
}

// A node with a lower ID takes over without a moment in which there are two exporters, and with
// a short one in which there is none.
func TestHandover(t *testing.T) {
	for seed := range uint64(20) {
		w := newWorld(t, seed)
		w.late = false
		for i := range 10 {
			w.join(fmt.Sprintf("n%02d", 10+i), "g")
		}
		w.run(10 * time.Second)
		none, last := time.Duration(0), w.now
		w.seen = func() {
			exporters := 0
			for _, m := range w.alive() {
				if m.core.Exporter() {
					exporters++
				}
			}
			if exporters > 1 {
				t.Fatalf("seed %d: %d exporters at %v", seed, exporters, w.now)
			}
			if exporters == 0 {
				none += w.now - last
			}
			last = w.now
		}
		w.join("n00", "g")
		w.run(5 * time.Second)
		w.seen = nil
		w.agree()
		if none > 200*time.Millisecond {
			t.Errorf("seed %d: for %v there was no exporter", seed, none)
		}
	}
}
