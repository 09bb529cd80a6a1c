// What a picture says about the overlay in figures.

package trace

import (
	"cmp"
	"slices"
)

// maxSizes is how many components [Figures] tells the size of.
const maxSizes = 16

// Overlay returns those figures that are about the overlay. The nodes that are up count. What any
// of them tells to be its neighbor is in its degree; components are joined by every neighbor that
// is up, a pair has each the other, and all else is one-sided.
func (s *Scene) Overlay() Figures {
	var f Figures
	at := make(map[string]int, len(s.nodes)) // the place of those that are up
	for i := range s.nodes {
		if s.nodes[i].State == NodeUp {
			at[s.nodes[i].ID] = i
		}
	}
	f.Nodes = len(at)
	joined := newJoined(len(s.nodes))
	halves := 0 // of pairs
	for i := range s.nodes {
		n := &s.nodes[i]
		if n.State != NodeUp {
			continue
		}
		f.count(len(n.Edges))
		for _, e := range n.Edges {
			peer, up := at[e.Peer]
			if !up {
				f.OneSided++
				continue
			}
			joined.join(i, peer)
			if _, mutual := s.nodes[peer].find(n.ID); mutual {
				halves++
			} else {
				f.OneSided++
			}
		}
	}
	f.Pairs = halves / sides
	if len(f.Degrees) > 0 {
		f.Isolated = f.Degrees[0]
	} else {
		f.Degrees = []int{}
	}
	f.Sizes = joined.sizes(func(i int) bool { return s.nodes[i].State == NodeUp })
	f.Components = len(f.Sizes)
	f.Sizes = f.Sizes[:min(len(f.Sizes), maxSizes)]
	return f
}

// count adds a node to the degrees.
func (f *Figures) count(degree int) {
	for len(f.Degrees) <= degree {
		f.Degrees = append(f.Degrees, 0)
	}
	f.Degrees[degree]++
}

// joined is a partition of numbers, of which sets are joined.
type joined []int

func newJoined(n int) joined {
	j := make(joined, n)
	for i := range j {
		j[i] = i
	}
	return j
}

// root returns the number that stands for a set.
func (j joined) root(i int) int {
	for j[i] != i {
		j[i] = j[j[i]]
		i = j[i]
	}
	return i
}

func (j joined) join(a, b int) { j[j.root(a)] = j.root(b) }

// sizes returns those of the sets, the largest first, of the numbers that count.
func (j joined) sizes(counts func(int) bool) []int {
	of := make([]int, len(j))
	for i := range j {
		if counts(i) {
			of[j.root(i)]++
		}
	}
	of = slices.DeleteFunc(of, func(n int) bool { return n == 0 })
	slices.SortFunc(of, func(a, b int) int { return cmp.Compare(b, a) })
	return of
}
