// Breadth-first walks, without allocations.

package overlay

import "slices"

// Walker walks graphs, reusing its memory: after the first walk of a graph of
// some size, walks of graphs up to that size allocate nothing. It takes about
// 4 bytes a node. The zero Walker is ready for use; one goroutine may use it at
// a time, for any graph.
type Walker struct {
	seen  bitmap
	queue []uint32 // nodes in the order in which they were reached
	// levels[h] is how many nodes are h hops from the source of the last walk.
	levels []int
}

// walk visits whatever the source reaches, nearest first, and returns the number
// of nodes it reached, itself included, and the sum of their degrees.
func (w *Walker) walk(g *Graph, source int) (reached, degrees int) {
	n := g.Nodes()
	words := (n + 63) / 64
	w.seen = slices.Grow(w.seen[:0], words)[:words]
	clear(w.seen)
	// One more than there are nodes: visit writes before it knows.
	w.queue = slices.Grow(w.queue[:0], n+1)[:n+1]
	w.levels = w.levels[:0]

	w.queue[0] = uint32(source)
	w.seen.set(uint32(source))
	for head, tail := 0, 1; head < tail; {
		w.levels = append(w.levels, tail-head)
		next, arcs := w.visit(g, head, tail)
		degrees += arcs
		head, tail = tail, next
	}
	for _, count := range w.levels {
		reached += count
	}
	return reached, degrees
}

// visit appends to the queue the neighbors, not seen before, of the nodes that
// the queue holds from head to tail. It returns the new tail and the sum of
// those nodes' degrees.
func (w *Walker) visit(g *Graph, head, tail int) (next, degrees int) {
	seen, queue := w.seen, w.queue
	start, items := g.edges.start, g.edges.items
	next = tail
	for _, i := range queue[head:tail] {
		list := items[start[i]:start[i+1]]
		degrees += len(list)
		for _, j := range list {
			// No branch: whether a node is new cannot be predicted.
			word, bit := &seen[j/64], j%64
			fresh := ^*word >> bit & 1
			*word |= 1 << bit
			queue[next] = j
			next += int(fresh)
		}
	}
	return next, degrees
}

// last returns one of the nodes that the last walk reached last.
func (w *Walker) last(reached int) int { return int(w.queue[reached-1]) }
