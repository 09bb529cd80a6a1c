// The graph, made from what each node says it has.

package overlay

import (
	"fmt"
	"slices"
)

// Graph is who says it has whom. It does not change once made, so any number of
// goroutines may measure it. The zero Graph has no nodes.
type Graph struct {
	views lists // as said, each list sorted and without repetition
	edges lists // what both sides say; shares the arrays of views if that is all
}

// FromViews makes the graph of n nodes in which node i has those that views
// appends to dst and returns. It calls views once for each node in order; dst
// is empty and is reused for the next node.
//
// The order within a list does not matter. A node that is listed twice counts
// once, and a node that lists itself is not taken to have itself. The caller
// leaves out whoever is not in the graph: FromViews panics at an entry of n or
// more. All lists together must have fewer than 1<<32 entries.
func FromViews(n int, views func(i int, dst []uint32) []uint32) *Graph {
	g := &Graph{views: lists{start: make([]uint32, 1, n+1)}}
	items := g.views.items
	var list []uint32
	for i := range n {
		list = tidy(uint32(i), views(i, list[:0]))
		if k := len(list); k > 0 && int(list[k-1]) >= n {
			panic(fmt.Sprintf("overlay: node %d has node %d, of %d nodes", i, list[k-1], n))
		}
		items = append(items, list...)
		g.views.start = append(g.views.start, uint32(len(items)))
	}
	g.views.items = items
	g.edges = g.views.mutual()
	return g
}

// tidy sorts a list in place and takes out the owner and repetitions.
func tidy(owner uint32, list []uint32) []uint32 {
	slices.Sort(list)
	list = slices.Compact(list)
	if at, found := slices.BinarySearch(list, owner); found {
		list = slices.Delete(list, at, at+1)
	}
	return list
}

// Nodes returns the number of nodes.
func (g *Graph) Nodes() int { return g.views.len() }

// Edges returns the number of pairs that have each other.
func (g *Graph) Edges() int { return len(g.edges.items) / 2 }

// Asymmetric returns the number of pairs of which one side only has the other.
func (g *Graph) Asymmetric() int { return len(g.views.items) - len(g.edges.items) }

// View returns whom the node says it has, in ascending order. The slice belongs
// to the graph and must not be changed.
func (g *Graph) View(node int) []uint32 { return g.views.of(uint32(node)) }

// Neighbors returns those that share an edge with the node, in ascending order.
// The slice belongs to the graph and must not be changed.
func (g *Graph) Neighbors(node int) []uint32 { return g.edges.of(uint32(node)) }

// Sub returns the graph of the nodes that keep says true for, and of what they
// have of each other; with it the survivors of a failure are measured. Its
// nodes are numbered anew in the same order: nodes[i] is the number that its
// node i has in g. It calls keep once for each node in order.
func (g *Graph) Sub(keep func(node int) bool) (sub *Graph, nodes []uint32) {
	const gone = ^uint32(0)
	number := make([]uint32, g.Nodes())
	for i := range number {
		number[i] = gone
		if keep(i) {
			number[i] = uint32(len(nodes))
			nodes = append(nodes, uint32(i))
		}
	}
	sub = FromViews(len(nodes), func(i int, dst []uint32) []uint32 {
		for _, j := range g.views.of(nodes[i]) {
			if number[j] != gone {
				dst = append(dst, number[j])
			}
		}
		return dst
	})
	return sub, nodes
}
