// How many of a node's neighbors are neighbors of each other.

package overlay

import "slices"

// Clustering returns the mean local clustering coefficient of Watts and
// Strogatz, 0 to 1: of the pairs of neighbors that a node has, the share that
// share an edge, averaged over all nodes. A node of degree 0 or 1 has no pairs
// and counts as 0, as in the HyParView paper.
func (g *Graph) Clustering() float64 {
	n := g.Nodes()
	if n == 0 {
		return 0
	}
	sum := 0.0
	for i, triangles := range g.triangles() {
		if d := float64(g.edges.degree(i)); triangles > 0 {
			sum += 2 * float64(triangles) / (d * (d - 1))
		}
	}
	return sum / float64(n)
}

// triangles returns for each node in how many triangles it is. The work for an
// edge grows with the smaller of its two degrees, so that hubs cost little.
func (g *Graph) triangles() []uint64 {
	in := make([]uint64, g.Nodes())
	for i := range uint32(len(in)) {
		for _, j := range above(g.edges.of(i), i) {
			few, many := above(g.edges.of(i), j), above(g.edges.of(j), j)
			if len(few) > len(many) {
				few, many = many, few
			}
			for _, k := range few {
				if _, found := slices.BinarySearch(many, k); found {
					in[i]++
					in[j]++
					in[k]++
				}
			}
		}
	}
	return in
}

// above returns the part of a sorted list that is larger than i, if i may be in
// it once.
func above(list []uint32, i uint32) []uint32 {
	at, found := slices.BinarySearch(list, i)
	if found {
		at++
	}
	return list[at:]
}
