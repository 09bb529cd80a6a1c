// Random regular graphs, the ideal to compare with.

package overlay

import (
	"math/rand/v2"
	"slices"
)

// Regular returns a random graph of n nodes, each of that degree. When n and
// degree are both odd, which no graph can satisfy, the last node has one edge
// less; a degree above n-1 is taken as n-1, and below 0 as 0.
//
// It draws from the configuration model: the ends of all edges are shuffled and
// joined two by two, and a pair that would be a loop or a second edge exchanges
// an end with a random edge. The larger the graph, the closer that is to all
// regular graphs being equally likely.
func Regular(n, degree int, rng *rand.Rand) *Graph {
	degree = max(min(degree, n-1), 0)
	// The denser half is made as what the sparser half leaves out, because
	// little room is left for exchanges in a dense graph.
	dense := degree > (n-1)/2
	degrees := make([]int, n)
	for i := range degrees {
		degrees[i] = degree
		if i == n-1 && n%2 == 1 && degree%2 == 1 {
			degrees[i]--
		}
		if dense {
			degrees[i] = n - 1 - degrees[i]
		}
	}
	w := newWiring(degrees)
	for !w.wire(rng) {
		continue
	}
	return FromViews(n, func(i int, dst []uint32) []uint32 {
		if !dense {
			return append(dst, w.have[i]...)
		}
		for j := range uint32(n) {
			if !slices.Contains(w.have[i], j) {
				dst = append(dst, j)
			}
		}
		return dst
	})
}

// wiring joins the ends of edges at random.
type wiring struct {
	// ends has each node once for each of its edges; ends 2k and 2k+1 are joined.
	ends []uint32
	have [][]uint32 // the neighbors of each node so far
}

func newWiring(degrees []int) *wiring {
	w := &wiring{have: make([][]uint32, len(degrees))}
	total := 0
	for _, d := range degrees {
		total += d
	}
	w.ends = make([]uint32, 0, total)
	room := make([]uint32, total)
	for i, d := range degrees {
		for range d {
			w.ends = append(w.ends, uint32(i))
		}
		w.have[i], room = room[:0:d], room[d:]
	}
	return w
}

// wire joins all ends anew. It reports false in the rare case that a faulty pair
// finds nobody to exchange with.
func (w *wiring) wire(rng *rand.Rand) bool {
	for i := range w.have {
		w.have[i] = w.have[i][:0]
	}
	rng.Shuffle(len(w.ends), func(i, j int) { w.ends[i], w.ends[j] = w.ends[j], w.ends[i] })
	pairs := len(w.ends) / 2
	// The good pairs first, the faulty ones behind them.
	good := 0
	for k := range pairs {
		u, v := w.ends[2*k], w.ends[2*k+1]
		if w.free(u, v) {
			w.have[u] = append(w.have[u], v)
			w.have[v] = append(w.have[v], u)
			w.swap(good, k)
			good++
		}
	}
	for ; good < pairs; good++ {
		if !w.exchange(good, rng) {
			return false
		}
	}
	return true
}

// free reports whether an edge from u to v would be neither a loop nor a second.
func (w *wiring) free(u, v uint32) bool {
	return u != v && !slices.Contains(w.have[u], v)
}

func (w *wiring) swap(k, l int) {
	e := w.ends
	e[2*k], e[2*l] = e[2*l], e[2*k]
	e[2*k+1], e[2*l+1] = e[2*l+1], e[2*k+1]
}

// exchange makes two edges of the faulty pair k and a random one of the good
// pairs before it.
func (w *wiring) exchange(k int, rng *rand.Rand) bool {
	u, v := w.ends[2*k], w.ends[2*k+1]
	for range 100 * min(k, 100) {
		end := rng.IntN(2 * k)
		// An end and its partner: the edge, in a random direction.
		x, y := w.ends[end], w.ends[end^1]
		if !w.free(u, x) || !w.free(v, y) {
			continue
		}
		w.ends[2*k+1], w.ends[end] = x, v
		replace(w.have[x], y, u)
		replace(w.have[y], x, v)
		w.have[u] = append(w.have[u], x)
		w.have[v] = append(w.have[v], y)
		return true
	}
	return false
}

func replace(list []uint32, was, is uint32) { list[slices.Index(list, was)] = is }
