// What must hold in the test world after every step, and when all is quiet.

package membership_test

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/views"
)

// check looks at one effect: nobody talks to itself, neighbors are talked to on
// their links, and the events of one peer alternate.
func (w *world) check(m *member, e *membership.Effect) {
	switch e.Kind {
	case membership.Send:
		if e.Peer.ID == m.name {
			w.fatal("%s sends %s to itself", m.name, describe(&e.Message))
		}
	case membership.Emit:
		m.checkEvent(w, e.Event)
	case membership.Answer:
		if e.Message.Kind != membership.JoinReply {
			w.fatal("%s answers with %s", m.name, describe(&e.Message))
		}
	case membership.Close, membership.Schedule, membership.Ask:
	}
}

func (m *member) checkEvent(w *world, e membership.Event) {
	switch e.Kind {
	case membership.NeighborUp:
		if m.ups[e.Peer.ID] {
			w.fatal("%s: %s is up twice", m.name, e.Peer)
		}
		m.ups[e.Peer.ID] = true
	case membership.NeighborUpdate:
		if !m.ups[e.Peer.ID] {
			w.fatal("%s: update of %s, which is down", m.name, e.Peer)
		}
	case membership.NeighborDown:
		if !m.ups[e.Peer.ID] {
			w.fatal("%s: %s is down twice", m.name, e.Peer)
		}
		delete(m.ups, e.Peer.ID)
	case membership.Isolated:
		if len(m.ups) > 0 {
			w.fatal("%s is isolated with %d neighbors", m.name, len(m.ups))
		}
	}
}

// checkState compares the state with itself and with the events.
func (w *world) checkState(m *member) {
	if err := m.node.Invariants(); err != nil {
		w.fatal("%s at %v: %v", m.name, w.now, err)
	}
	if m.node.Active().Len() != len(m.ups) {
		w.fatal("%s at %v: %d neighbors, %d by the events", m.name, w.now, m.node.Active().Len(), len(m.ups))
	}
	for name := range m.ups {
		if !m.node.Active().Has(name) {
			w.fatal("%s at %v: %s is up and not in the view", m.name, w.now, name)
		}
	}
}

// alive are the members that are running.
func (w *world) alive() []*member {
	return slices.DeleteFunc(slices.Clone(w.members), func(m *member) bool { return !m.up })
}

// symmetric reports whether every neighbor has its neighbor as such, on the same
// link, and nobody has a dead one.
func (w *world) symmetric() bool {
	for _, m := range w.alive() {
		for i := range m.node.Active().Len() {
			p, info := m.node.Active().At(i)
			other := w.find(p.ID)
			if !other.up || !other.self.Same(p) {
				return false
			}
			if q, back := other.node.Active().Get(m.name); q == nil || !q.Same(m.self) || back.Link != info.Link {
				return false
			}
		}
	}
	return true
}

// components counts the parts that are connected by neighbors.
func (w *world) components() int {
	seen := map[string]bool{}
	count := 0
	for _, m := range w.alive() {
		if seen[m.name] {
			continue
		}
		count++
		for todo := []*member{m}; len(todo) > 0; {
			m, todo = todo[0], todo[1:]
			if seen[m.name] {
				continue
			}
			seen[m.name] = true
			for name := range m.ups {
				if next := w.find(name); next.up {
					todo = append(todo, next)
				}
			}
		}
	}
	return count
}

// short counts the members with fewer neighbors than they could have.
func (w *world) short() int {
	most := min(w.cfg.ActiveSize, len(w.alive())-1)
	count := 0
	for _, m := range w.alive() {
		if m.node.Active().Len() < most {
			count++
		}
	}
	return count
}

// whole is the state that a cluster is to reach: one component, symmetric, and
// full views but for the few that a graph of that size may have to leave open.
func (w *world) whole() bool { return w.short() <= 2 && w.symmetric() && w.components() == 1 }

// views describes everybody's views, a line each.
func (w *world) views() string {
	var b strings.Builder
	for _, m := range w.members {
		if !m.up {
			fmt.Fprintf(&b, "%s: gone\n", m.name)
			continue
		}
		var active, passive, lost []string
		for i := range m.node.Active().Len() {
			p, _ := m.node.Active().At(i)
			active = append(active, p.ID)
		}
		for i := range m.node.Passive().Len() {
			p, _ := m.node.Passive().At(i)
			passive = append(passive, p.ID)
		}
		for i := range m.node.Lost().Len() {
			p, _ := m.node.Lost().At(i)
			lost = append(lost, p.ID)
		}
		fmt.Fprintf(&b, "%s: active %v passive %v", m.name, sorted(active), sorted(passive))
		if len(lost) > 0 {
			fmt.Fprintf(&b, " lost %v", sorted(lost))
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func sorted(names []string) []string {
	slices.Sort(names)
	return names
}

// trust is what a node knows first-hand before a step that may tell it of others.
type trust struct {
	proved map[string]views.Peer // spare peers that have not failed
	leaves int                   // 1 if the step is about a peer, which may have taken the place of one and left it
	sought map[string]views.Peer // lost peers that are looked for
}

// trustOf is what no word of others may take from the node: nothing where the step is not
// one of words, and nothing of the peer that the step is about.
func trustOf(node *membership.Node, in *membership.Input) trust {
	told := trust{proved: map[string]views.Peer{}, sought: map[string]views.Peer{}}
	about := ""
	switch in.Kind {
	case membership.Received:
		about, told.leaves = in.Peer.ID, 1
	case membership.Asked, membership.Answered, membership.Found:
	case membership.Start, membership.LinkLost, membership.Expired, membership.Leave:
		return told
	}
	for i := range node.Passive().Len() {
		if p, spare := node.Passive().At(i); spare.Proved && spare.Fails == 0 && p.ID != about {
			told.proved[p.ID] = *p
		}
	}
	for i := range node.Lost().Len() {
		if p, _ := node.Lost().At(i); node.Lost().Seeks(p.ID) && p.ID != about {
			told.sought[p.ID] = *p
		}
	}
	return told
}

// broken returns an error if somebody's word has pushed the proved out below their share,
// changed the record of one, or ended the search for a lost peer.
func (k trust) broken(node *membership.Node) error {
	passive, lost := node.Passive(), node.Lost()
	if least := min(passive.ProvedShare()-k.leaves, len(k.proved)); passive.Proved() < least {
		return fmt.Errorf("%d spare peers are proved, at least %d were to stay", passive.Proved(), least)
	}
	for id, was := range k.proved {
		if p, spare := passive.Get(id); spare.Proved && *p != was {
			return fmt.Errorf("%+v was proved, now it is %+v", was, *p)
		}
	}
	for id, was := range k.sought {
		if p := lost.Get(id); p == nil || *p != was {
			return fmt.Errorf("%+v was looked for, now %+v is", was, p)
		}
	}
	return nil
}
