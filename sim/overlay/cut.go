// How many edges hold two parts of the graph together.

package overlay

// CrossEdges returns the number of edges between the nodes that side says true
// for and all others: what must be removed to part these two halves. It calls
// side for each node and for each end of its edges.
func (g *Graph) CrossEdges(side func(node int) bool) int {
	cross := 0
	for i := range g.Nodes() {
		if !side(i) {
			continue
		}
		for _, j := range g.edges.of(uint32(i)) {
			if !side(int(j)) {
				cross++
			}
		}
	}
	return cross
}

// MinCut returns the smallest number of edges that must be removed to leave no
// path from any node of a to any node of b. Nodes in neither may end on either
// side, which makes it at most the CrossEdges of a and of b; with one node in
// each it is their edge connectivity. It is not ok when a node is in both,
// because no cut can part it from itself. It calls a and b once for each node
// in order.
//
// The cut is found as a maximum flow (Dinic's algorithm), which takes up to
// about 16 bytes for each node and 5 for each end of an edge. Two large and
// scattered sets in a million nodes are a matter of seconds.
func (g *Graph) MinCut(a, b func(node int) bool) (edges int, ok bool) {
	f := newFlow(g)
	for i := range g.Nodes() {
		inA, inB := a(i), b(i)
		switch {
		case inA && inB:
			return 0, false
		case inA:
			f.sources = append(f.sources, uint32(i))
		case inB:
			f.sinks.set(uint32(i))
		}
	}
	for f.layer() {
		for _, s := range f.sources {
			for f.augment(s) {
				edges++
			}
		}
	}
	return edges, true
}

// flow is a flow through the edges of a graph, of which each carries one unit at
// most, either way.
type flow struct {
	edges   lists
	sources []uint32
	sinks   bitmap
	// For each position in edges.items, seen as a pipe from the list's owner to
	// the entry: what it can still carry, 0 to 2 (2 when the other way is in use
	// and can be undone), and the position of the pipe back.
	room []uint8
	back []uint32
	// level is a node's distance from the sources through pipes with room, plus
	// 1; 0 is out of reach. next is the first of its pipes not yet found useless.
	level []uint32
	next  []uint32
	queue []uint32
	path  []uint32 // positions
}

func newFlow(g *Graph) *flow {
	n, ends := g.Nodes(), len(g.edges.items)
	f := &flow{
		edges: g.edges,
		sinks: newBitmap(n),
		room:  make([]uint8, ends),
		back:  make([]uint32, ends),
		level: make([]uint32, n),
		next:  make([]uint32, n),
	}
	for p := range f.room {
		f.room[p] = 1
	}
	g.edges.pairs(func(p, q uint32) { f.back[p], f.back[q] = q, p })
	return f
}

// layer sets the levels anew, as far as the nearest sinks, and reports whether
// it got to one.
func (f *flow) layer() bool {
	clear(f.level)
	copy(f.next, f.edges.start)
	f.queue = append(f.queue[:0], f.sources...)
	for _, s := range f.sources {
		f.level[s] = 1
	}
	nearest := ^uint32(0)
	for at := 0; at < len(f.queue); at++ {
		i := f.queue[at]
		if f.level[i] >= nearest {
			break
		}
		if f.sinks.has(i) {
			nearest = f.level[i]
			continue
		}
		for p := f.edges.start[i]; p < f.edges.start[i+1]; p++ {
			if j := f.edges.items[p]; f.room[p] > 0 && f.level[j] == 0 {
				f.level[j] = f.level[i] + 1
				f.queue = append(f.queue, j)
			}
		}
	}
	return nearest != ^uint32(0)
}

// augment sends one more unit from the source to a sink, level by level, and
// reports whether there was a way.
func (f *flow) augment(source uint32) bool {
	f.path = f.path[:0]
	for i := source; !f.sinks.has(i); {
		if p, found := f.onward(i); found {
			f.path = append(f.path, p)
			i = f.edges.items[p]
			continue
		}
		if len(f.path) == 0 {
			return false
		}
		p := f.path[len(f.path)-1]
		f.path = f.path[:len(f.path)-1]
		i = f.edges.items[f.back[p]]
		f.next[i]++
	}
	for _, p := range f.path {
		f.room[p]--
		f.room[f.back[p]]++
	}
	return true
}

// onward returns the node's next pipe that has room and leads a level further.
func (f *flow) onward(i uint32) (p uint32, found bool) {
	for ; f.next[i] < f.edges.start[i+1]; f.next[i]++ {
		p = f.next[i]
		if f.room[p] > 0 && f.level[f.edges.items[p]] == f.level[i]+1 {
			return p, true
		}
	}
	return 0, false
}
