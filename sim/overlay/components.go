// Which nodes can reach each other.

package overlay

import (
	"cmp"
	"slices"
)

// Components is a graph's division into parts that no edge joins.
type Components struct {
	// Count is 1 when everybody reaches everybody, and 0 without nodes.
	Count int `json:"count"`
	// Sizes are in nodes, the largest first.
	Sizes []int `json:"sizes"`
	// LargestShare is the share of all nodes in the largest, 0 to 1.
	LargestShare float64 `json:"largest_share"`
	// Isolated is the number of nodes without any edge.
	Isolated int `json:"isolated"`

	of []uint32
}

// Of returns the component of a node, as an index of Sizes: 0 is the largest.
// Of components of one size the one with the smallest node comes first.
func (c Components) Of(node int) int { return int(c.of[node]) }

// Components divides the graph.
func (g *Graph) Components() Components {
	n := g.Nodes()
	const unseen = ^uint32(0)
	label := make([]uint32, n)
	for i := range label {
		label[i] = unseen
	}
	c := Components{Sizes: []int{}, of: label}
	queue := make([]uint32, 0, n)
	for i := range label {
		if label[i] != unseen {
			continue
		}
		head := len(queue)
		label[i] = uint32(c.Count)
		queue = append(queue, uint32(i))
		for at := head; at < len(queue); at++ {
			for _, j := range g.edges.of(queue[at]) {
				if label[j] == unseen {
					label[j] = uint32(c.Count)
					queue = append(queue, j)
				}
			}
		}
		size := len(queue) - head
		if size == 1 {
			c.Isolated++
		}
		c.Sizes = append(c.Sizes, size)
		c.Count++
	}
	c.rank()
	if c.Count > 0 {
		c.LargestShare = float64(c.Sizes[0]) / float64(n)
	}
	return c
}

// rank numbers the components anew, the largest first.
func (c *Components) rank() {
	order := make([]int, c.Count)
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(c.Sizes[b], c.Sizes[a]) })
	rank := make([]uint32, c.Count)
	sizes := make([]int, c.Count)
	for i, old := range order {
		rank[old] = uint32(i)
		sizes[i] = c.Sizes[old]
	}
	c.Sizes = sizes
	for i, old := range c.of {
		c.of[i] = rank[old]
	}
}
