// How far nodes are from each other.

package overlay

import (
	"math"
	"math/rand/v2"
)

// exactNodes is the largest graph that is always walked from every node.
const exactNodes = 2000

// Paths are the shortest paths from some nodes, the sources, to all others, in
// hops.
type Paths struct {
	// Mean is over the ordered pairs of a source and another node it reaches.
	Mean float64 `json:"mean"`
	// StdErr is the standard error of Mean that comes from the choice of the
	// sources, over the means of those that reach anybody. It is 0 if Exact.
	StdErr float64 `json:"std_err"`
	// EccentricityMean and EccentricityMax are over the sources: how far the
	// farthest node is that the source reaches.
	EccentricityMean float64 `json:"eccentricity_mean"`
	EccentricityMax  int     `json:"eccentricity_max"`
	// Unreachable is the share, 0 to 1, of the ordered pairs of a source and
	// another node that have no path.
	Unreachable float64 `json:"unreachable"`
	Sources     int     `json:"sources"`
	// Exact says that every node was a source.
	Exact bool `json:"exact"`
}

// Paths walks the graph from that many different nodes, chosen at random; from
// every node, and without drawing from rng, when the graph has no more than
// 2,000 or no more than sources nodes. Fewer than 1 source count as 1.
func (g *Graph) Paths(rng *rand.Rand, sources int) Paths {
	return new(Walker).Paths(g, rng, sources)
}

// Paths is [Graph.Paths] in the walker's memory.
func (w *Walker) Paths(g *Graph, rng *rand.Rand, sources int) Paths {
	n := g.Nodes()
	wanted := max(sources, 1)
	if n <= exactNodes || wanted >= n {
		wanted = n
	}
	var t tally
	for i := range n {
		// Every set of nodes is equally likely if each is taken with the chance
		// that is left: how many are wanted still, of how many.
		left, missing := n-i, wanted-t.sources
		if missing == left || missing > 0 && rng.IntN(left) < missing {
			reached, _ := w.walk(g, i)
			t.add(w.levels, reached)
		}
	}
	return t.paths(n)
}

// tally adds up the walks from the sources.
type tally struct {
	sources  int
	pairs    int // reached pairs
	hops     int // over all reached pairs
	ecc, far int // sum and maximum of the eccentricities
	// The means of the sources that reach anybody: how many, their mean, and
	// the sum of the squared deviations from it (Welford).
	means     int
	mean, dev float64
}

func (t *tally) add(levels []int, reached int) {
	hops := 0
	for h, count := range levels {
		hops += h * count
	}
	t.sources++
	t.pairs += reached - 1
	t.hops += hops
	t.ecc += len(levels) - 1
	t.far = max(t.far, len(levels)-1)
	if reached > 1 {
		mean := float64(hops) / float64(reached-1)
		t.means++
		off := mean - t.mean
		t.mean += off / float64(t.means)
		t.dev += off * (mean - t.mean)
	}
}

func (t *tally) paths(n int) Paths {
	p := Paths{Sources: t.sources, EccentricityMax: t.far, Exact: t.sources == n}
	if t.sources > 0 {
		p.EccentricityMean = float64(t.ecc) / float64(t.sources)
	}
	if t.pairs > 0 {
		p.Mean = float64(t.hops) / float64(t.pairs)
	}
	if all := t.sources * (n - 1); all > 0 {
		p.Unreachable = 1 - float64(t.pairs)/float64(all)
	}
	if t.means > 1 {
		// The sources are different nodes, so the error shrinks to nothing as
		// they become all of them.
		rest := 1 - float64(t.sources)/float64(n)
		p.StdErr = math.Sqrt(t.dev / float64(t.means-1) / float64(t.means) * rest)
	}
	return p
}

// Diameter is the longest of all shortest paths.
type Diameter struct {
	// Hops is between two nodes that reach each other: in a graph of several
	// components it is the largest of their diameters.
	Hops int `json:"hops"`
	// Exact says that Hops is the diameter; otherwise it may be larger.
	Exact bool `json:"exact"`
}

// Diameter returns the exact diameter of up to 2,000 nodes, and a lower bound
// for more.
func (g *Graph) Diameter() Diameter { return new(Walker).Diameter(g) }

// Diameter is [Graph.Diameter] in the walker's memory.
func (w *Walker) Diameter(g *Graph) Diameter {
	d := Diameter{Exact: g.Nodes() <= exactNodes}
	if d.Exact {
		for i := range g.Nodes() {
			w.walk(g, i)
			d.Hops = max(d.Hops, len(w.levels)-1)
		}
		return d
	}
	const starts = 8
	for k := range starts {
		d.Hops = max(d.Hops, w.sweep(g, k*(g.Nodes()/starts)))
	}
	return d
}

// sweep walks from a node to the farthest, from there to the farthest, and so
// on as long as that is farther than before. On a tree it ends at the diameter.
func (w *Walker) sweep(g *Graph, node int) int {
	for far := -1; ; far = len(w.levels) - 1 {
		reached, _ := w.walk(g, node)
		if len(w.levels)-1 <= far {
			return far
		}
		node = w.last(reached)
	}
}
