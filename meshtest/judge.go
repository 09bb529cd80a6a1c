// What is wrong with a mesh, compared with what its nodes can reach.

package meshtest

import (
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/kithmesh/kith/linker"
)

// faults yields what is wrong, the cheapest to find first. The caller holds the
// mutex.
func (m *Mesh) faults() iter.Seq[string] {
	return func(yield func(string) bool) {
		m.network.mu.Lock()
		defer m.network.mu.Unlock()
		running := m.running()
		_ = m.sizeFaults(running, yield) &&
			m.viewFaults(running, yield) &&
			m.pieceFaults(running, yield) &&
			m.linkFaults(running, yield)
	}
}

// running returns the indexes of the nodes that run. The caller of it, and of
// everything below, holds the mutex; for what concerns the network also that of
// the network.
func (m *Mesh) running() []int {
	var running []int
	for i := range m.seats {
		if m.seats[i].condition == alive {
			running = append(running, i)
		}
	}
	return running
}

// canLink reports whether two nodes that run can be neighbors.
func (m *Mesh) canLink(a, b int) bool {
	return len(m.network.blocked) == 0 || m.network.passes(a, b) && m.network.passes(b, a)
}

// others is the number of nodes that could be neighbors of a.
func (m *Mesh) others(a int, running []int) int {
	if len(m.network.blocked) == 0 {
		return len(running) - 1
	}
	count := 0
	for _, b := range running {
		if a != b && m.canLink(a, b) {
			count++
		}
	}
	return count
}

// sizeFaults yields the nodes that should have more neighbors.
func (m *Mesh) sizeFaults(running []int, yield func(string) bool) bool {
	var room []int
	for _, a := range running {
		s := &m.seats[a]
		others := m.others(a, running)
		want := min(s.node.active, others)
		if have := len(s.view); have < want-1 {
			if !yield(fmt.Sprintf("%s has %d of %d neighbors", m.name(a), have, want)) {
				return false
			}
		} else if have < want && others <= s.node.known {
			room = append(room, a)
		}
	}
	for i, a := range room {
		for _, b := range room[i+1:] {
			if m.canLink(a, b) && !m.has(a, b) && !m.has(b, a) &&
				!yield(fmt.Sprintf("%s and %s lack a neighbor each and are none", m.name(a), m.name(b))) {
				return false
			}
		}
	}
	return true
}

// has reports whether b, in its current life, is a neighbor of a.
func (m *Mesh) has(a, b int) bool {
	incarnation, ok := m.seats[a].view[m.name(b)]
	return ok && incarnation == m.seats[b].node.incarnation
}

// viewFaults yields the neighbors that should be none, and the one-sided ones.
func (m *Mesh) viewFaults(running []int, yield func(string) bool) bool {
	for _, a := range running {
		for id, incarnation := range m.seats[a].view {
			if fault := m.viewFault(a, id, incarnation); fault != "" && !yield(fault) {
				return false
			}
		}
	}
	return true
}

func (m *Mesh) viewFault(a int, id string, incarnation uint64) string {
	b, ok := m.index[id]
	switch {
	case !ok:
		return fmt.Sprintf("%s has %s, which is not of this mesh", m.name(a), id)
	case m.seats[b].condition != alive:
		return fmt.Sprintf("%s still has %s, which is %s", m.name(a), id, m.seats[b].condition)
	case m.seats[b].node.incarnation != incarnation:
		return fmt.Sprintf("%s has an earlier life of %s", m.name(a), id)
	case !m.canLink(a, b):
		return fmt.Sprintf("%s still has %s, from which it is cut off", m.name(a), id)
	case !m.has(b, a):
		return fmt.Sprintf("%s has %s but not the other way round", m.name(a), id)
	}
	return ""
}

// pieceFaults yields the parts into which the mesh falls, if they are more than
// those of the network.
func (m *Mesh) pieceFaults(running []int, yield func(string) bool) bool {
	want := 1
	if len(m.network.blocked) > 0 {
		want = len(pieces(running, m.canLink))
	}
	got := m.pieces(running)
	if len(got) <= want {
		return true
	}
	names := make([]string, len(got))
	for i, piece := range got {
		names[i] = m.names(piece)
	}
	return yield(fmt.Sprintf("the mesh is in %d pieces instead of %d: %s", len(got), want, strings.Join(names, " | ")))
}

// pieces returns the connected components of the views. A one-sided neighbor
// connects too.
func (m *Mesh) pieces(running []int) [][]int {
	return pieces(running, func(a, b int) bool { return m.has(a, b) || m.has(b, a) })
}

// pieces returns the connected components of a graph.
func pieces(nodes []int, linked func(a, b int) bool) [][]int {
	rest := slices.Clone(nodes)
	var all [][]int
	for len(rest) > 0 {
		piece := []int{rest[0]}
		rest = rest[1:]
		for i := 0; i < len(piece); i++ {
			rest = slices.DeleteFunc(rest, func(b int) bool {
				if !linked(piece[i], b) {
					return false
				}
				piece = append(piece, b)
				return true
			})
		}
		slices.Sort(piece)
		all = append(all, piece)
	}
	return all
}

func (m *Mesh) names(indexes []int) string {
	names := make([]string, len(indexes))
	for i, a := range indexes {
		names[i] = m.name(a)
	}
	return strings.Join(names, " ")
}

// linked reports whether the link of a to b is up.
func (m *Mesh) linked(a, b int) bool {
	return slices.ContainsFunc(m.seats[a].links, func(l linker.Link) bool {
		return l.State == linker.Up && l.Peer.ID == m.name(b) && l.Peer.Incarnation == m.seats[b].node.incarnation
	})
}

// linkFaults yields the links that are not as they should be.
func (m *Mesh) linkFaults(running []int, yield func(string) bool) bool {
	if m.settings.links == 0 {
		return true
	}
	for _, a := range running {
		s := &m.seats[a]
		up := 0
		for _, l := range s.links {
			_, wanted := s.view[l.Peer.ID]
			switch {
			case !wanted:
				if !yield(fmt.Sprintf("%s has a link to %s, which is no neighbor", m.name(a), l.Peer.ID)) {
					return false
				}
			case l.State != linker.Up:
				if !yield(fmt.Sprintf("the link of %s to %s is %s (%v)", m.name(a), l.Peer.ID, l.State, l.Err)) {
					return false
				}
			default:
				up++
			}
		}
		if up < len(s.view) && !yield(fmt.Sprintf("%s has %d of %d links up", m.name(a), up, len(s.view))) {
			return false
		}
	}
	return true
}
