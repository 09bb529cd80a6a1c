// A node of the test world: what goes out of it and comes into it.

package broadcast_test

import (
	"cmp"
	"container/heap"
	"fmt"
	"slices"
	"time"

	"github.com/kithmesh/kith/broadcast"
)

// host is one node with what it was given.
type host struct {
	w    *world
	name string
	life broadcast.Life
	core *broadcast.Node
	book *ledger
	born time.Duration
	dead bool
	ends map[uint64]*end // its side of each link
	wake int             // the number of the latest Wake

	got     map[broadcast.Life][]uint64 // ordered deliveries
	fresh   map[broadcast.Life]map[uint64]bool
	missed  map[broadcast.Life]uint64
	lost    map[broadcast.Life]map[uint64]bool // the same, one by one, where all is checked
	hops    map[string]uint8
	arrived []string
}

// end is one side of a link.
type end struct {
	link uint64
	far  *host
	last time.Duration // when the latest frame arrives there
	next time.Duration // when the latest urgent one does
	gone bool
	full bool     // nothing is written,
	held []func() // and this waits
	peer *end
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
	var slow []*end
	for _, e := range h.effects(in) {
		switch e.Kind {
		case broadcast.Push:
			m := e
			h.each(e.To, false, func(to *end) {
				to.far.step(broadcast.Input{Kind: broadcast.Received, Link: to.link, Gossip: broadcast.Gossip{
					Life: []byte(m.Life), Sequence: m.Sequence, First: h.w.first[nameOf(&m)], Hop: m.Hop + 1, Frame: m.Frame,
				}})
			})
		case broadcast.Tell:
			c := *e.Control
			h.each(e.To, c.Kind != broadcast.IHave, func(to *end) {
				to.far.step(broadcast.Input{Kind: broadcast.Told, Link: to.link, Control: &c})
			})
		case broadcast.Deliver:
			h.deliver(&e)
		case broadcast.Miss:
			h.miss(&e)
		case broadcast.Pass:
			frame, hop := e.Frame, in.Gossip.Hop+1
			life, target := slices.Clone(in.Gossip.Life), in.Target
			h.each(e.To, false, func(to *end) {
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
			slow = append(slow, h.at(e.To)...)
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
	for _, e := range slow {
		h.w.unlink(e)
	}
}

// effects steps the core, with all checks or without.
func (h *host) effects(in broadcast.Input) (effects []broadcast.Effect) {
	if in.Kind == broadcast.Published {
		h.w.first[fmt.Sprintf("%s/%d", lifeName(h.life), in.Gossip.Sequence)] = in.Gossip.First
	}
	if h.w.checked {
		var err error
		if effects, err = h.book.step(in); err != nil {
			h.w.t.Fatalf("%s: %v", h.life, err)
		}
	} else {
		effects = h.core.Step(in)
	}
	if h.w.observe != nil {
		h.w.observe(h, &in, effects)
	}
	return effects
}

// at are the ends of links.
func (h *host) at(to broadcast.Slots) []*end {
	return slices.DeleteFunc(h.neighbors(), func(e *end) bool { return to&(1<<h.core.Slot(e.link)) == 0 })
}

// each sends something on links, in order and later. What is urgent overtakes what
// waits.
func (h *host) each(to broadcast.Slots, urgent bool, arrive func(*end)) {
	for _, e := range h.at(to) {
		if e.full && !urgent {
			e.held = append(e.held, func() { h.carry(e, &e.last, arrive) })
			continue
		}
		last := &e.last
		if urgent {
			last = &e.next
		}
		h.carry(e, last, arrive)
	}
}

func (h *host) carry(e *end, last *time.Duration, arrive func(*end)) {
	*last = max(*last+h.w.pace, h.w.now+h.w.delay())
	h.w.seq++
	heap.Push(&h.w.queue, event{at: *last, sequence: h.w.seq, frame: true, do: func() {
		if !e.gone && !e.far.dead {
			arrive(e)
		}
	}})
}

// congest stops what is written on a link, and drain lets it go.
func (h *host) congest(e *end) {
	e.full = true
	h.step(broadcast.Input{Kind: broadcast.Congested, Link: e.link})
}

func (h *host) drain(e *end) {
	held := e.held
	e.full, e.held = false, nil
	for _, send := range held {
		send()
	}
	h.step(broadcast.Input{Kind: broadcast.Drained, Link: e.link})
}

func (h *host) miss(e *broadcast.Effect) {
	h.missed[e.Life] += e.Until - e.From + 1
	if !h.w.checked {
		return
	}
	if h.lost[e.Life] == nil {
		h.lost[e.Life] = make(map[uint64]bool)
	}
	for sequence := e.From; sequence <= e.Until; sequence++ {
		h.lost[e.Life][sequence] = true
	}
}

func (h *host) deliver(e *broadcast.Effect) {
	m := e
	if e.Fresh {
		if h.fresh[m.Life] == nil {
			h.fresh[m.Life] = make(map[uint64]bool)
		}
		if h.fresh[m.Life][m.Sequence] {
			h.w.t.Errorf("%s: %s/%d came twice", h.name, m.Life, m.Sequence)
		}
		h.fresh[m.Life][m.Sequence] = true
		h.hops[string(m.Frame)] = m.Hop
	}
	if e.Ordered {
		got := h.got[m.Life]
		if len(got) > 0 && got[len(got)-1] >= m.Sequence {
			h.w.t.Errorf("%s: %s/%d after %d", h.name, m.Life, m.Sequence, got[len(got)-1])
		}
		h.got[m.Life] = append(got, m.Sequence)
	}
}

// String is the life, for whoever prints what was drawn.
func (h *host) String() string { return h.life.String() }
