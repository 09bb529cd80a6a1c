// Small random graphs, measured a second time in the simplest way there is.

package overlay_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/kithmesh/kith/sim/overlay"
)

// matrix[i][j]: i has j and j has i.
type matrix [][]bool

// drawn is a graph of random views, with repetitions and loops, and its edges.
func drawn(t *rapid.T, most int) (*overlay.Graph, matrix) {
	n := rapid.IntRange(1, most).Draw(t, "n")
	node := rapid.Uint32Range(0, uint32(n-1))
	views := make([][]uint32, n)
	for _, e := range rapid.SliceOfN(rapid.Custom(func(t *rapid.T) [3]uint32 {
		return [3]uint32{node.Draw(t, "from"), node.Draw(t, "to"), rapid.Uint32Range(0, 7).Draw(t, "kind")}
	}), 0, 4*n).Draw(t, "entries") {
		views[e[0]] = append(views[e[0]], e[1])
		if e[2] > 0 {
			views[e[1]] = append(views[e[1]], e[0])
		}
	}
	m := make(matrix, n)
	for i := range m {
		m[i] = make([]bool, n)
		for j := range m {
			m[i][j] = i != j && slices.Contains(views[i], uint32(j)) && slices.Contains(views[j], uint32(i))
		}
	}
	return fromViews(views...), m
}

// distances is Floyd and Warshall's, with n for out of reach.
func (m matrix) distances() [][]int {
	n := len(m)
	d := make([][]int, n)
	for i := range d {
		d[i] = make([]int, n)
		for j := range d[i] {
			switch {
			case i == j:
				d[i][j] = 0
			case m[i][j]:
				d[i][j] = 1
			default:
				d[i][j] = n
			}
		}
	}
	for k := range n {
		for i := range n {
			for j := range n {
				d[i][j] = min(d[i][j], d[i][k]+d[k][j])
			}
		}
	}
	return d
}

func (m matrix) degree(i int) int {
	d := 0
	for _, edge := range m[i] {
		if edge {
			d++
		}
	}
	return d
}

func TestPathsAgainstFloydWarshall(t *testing.T) {
	var w overlay.Walker
	rapid.Check(t, func(t *rapid.T) {
		g, m := drawn(t, 16)
		n := len(m)
		pairs, hops, longest, farthest := 0, 0, 0, 0
		for i, row := range m.distances() {
			f := w.Flood(g, i)
			ecc, reached, sends := 0, 0, 0
			for j, d := range row {
				if d >= n {
					continue
				}
				ecc = max(ecc, d)
				reached++
				hops += d
				sends += m.degree(j)
				if d > f.LastHop || f.Hops[d] == 0 {
					t.Fatalf("nobody got it at hop %d of %v, but %d must have", d, f.Hops, j)
				}
			}
			pairs += reached - 1
			farthest += ecc
			longest = max(longest, ecc)
			if f.Reached != reached || f.LastHop != ecc || f.Sends != sends-(reached-1) {
				t.Fatalf("flood %+v from %d, want %d reached, last at %d", f, i, reached, ecc)
			}
		}
		p := w.Paths(g, nil, 0)
		if !near(p.Mean*float64(pairs), float64(hops)) || p.EccentricityMax != longest ||
			!near(p.EccentricityMean, float64(farthest)/float64(n)) || w.Diameter(g).Hops != longest {
			t.Fatalf("paths %+v, want %d hops over %d pairs, longest %d", p, hops, pairs, longest)
		}
		if !near(p.Unreachable*float64(n*(n-1)), float64(n*(n-1)-pairs)) {
			t.Fatalf("unreachable %v, want %d of %d", p.Unreachable, n*(n-1)-pairs, n*(n-1))
		}
	})
}

func TestComponentsAgainstFloydWarshall(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g, m := drawn(t, 16)
		c := g.Components()
		sizes := make([]int, c.Count)
		for i, row := range m.distances() {
			sizes[c.Of(i)]++
			for j, d := range row {
				if (d < len(m)) != (c.Of(i) == c.Of(j)) {
					t.Fatalf("nodes %d and %d, %d hops apart, are in %d and %d", i, j, d, c.Of(i), c.Of(j))
				}
			}
		}
		if !slices.Equal(sizes, c.Sizes) || !slices.IsSortedFunc(sizes, func(a, b int) int { return b - a }) {
			t.Fatalf("sizes %v, counted %v", c.Sizes, sizes)
		}
	})
}

func TestClusteringAgainstPairs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g, m := drawn(t, 12)
		want := 0.0
		for i := range m {
			pairs, closed := 0, 0
			for j := range m {
				for k := range j {
					if m[i][j] && m[i][k] {
						pairs++
						if m[j][k] {
							closed++
						}
					}
				}
			}
			if pairs > 0 {
				want += float64(closed) / float64(pairs) / float64(len(m))
			}
		}
		if got := g.Clustering(); !near(got, want) {
			t.Fatalf("clustering %v, want %v", got, want)
		}
	})
}

func TestMinCutAgainstAllCuts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g, m := drawn(t, 8)
		n := len(m)
		// 1 is of a, 2 of b, 0 of neither.
		of := rapid.SliceOfN(rapid.IntRange(0, 2), n, n).Draw(t, "side")
		want := n * n
		for cut := range 1 << n {
			side := func(i int) bool { return cut>>i&1 != 0 }
			parts, cross := true, 0
			for i := range n {
				parts = parts && (of[i] != 1 || side(i)) && (of[i] != 2 || !side(i))
				for j := range n {
					if m[i][j] && side(i) && !side(j) {
						cross++
					}
				}
			}
			if got := g.CrossEdges(side); got != cross {
				t.Fatalf("%d edges cross %b, want %d", got, cut, cross)
			}
			if parts {
				want = min(want, cross)
			}
		}
		got, ok := g.MinCut(func(i int) bool { return of[i] == 1 }, func(i int) bool { return of[i] == 2 })
		if !ok || got != want {
			t.Fatalf("cut of %d, want %d", got, want)
		}
	})
}

func TestDegreesAgainstLists(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g, m := drawn(t, 16)
		edges, entries := 0, 0
		for i := range m {
			edges += m.degree(i)
			entries += len(g.View(i))
			if len(g.Neighbors(i)) != m.degree(i) {
				t.Fatalf("node %d shares edges with %v, want %d", i, g.Neighbors(i), m.degree(i))
			}
			for _, j := range g.View(i) {
				if slices.Contains(g.Neighbors(i), j) != m[i][j] {
					t.Fatalf("%d has %d: %v", i, j, m[i][j])
				}
			}
		}
		if g.Edges() != edges/2 || g.Asymmetric() != entries-edges {
			t.Fatalf("%d edges and %d asymmetric pairs, want %d and %d", g.Edges(), g.Asymmetric(), edges/2, entries-edges)
		}
		in := overlay.InDegrees(len(m), func(i int, dst []uint32) []uint32 { return append(dst, g.View(i)...) })
		if want := g.In(); !slices.Equal(in.Counts, want.Counts) || in.SD != want.SD || in.Mean != g.Out().Mean {
			t.Fatalf("in-degrees %+v, want %+v", in, want)
		}
	})
}

func TestRegularIsRegular(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 24).Draw(t, "n")
		degree := rapid.IntRange(-1, 26).Draw(t, "degree")
		g := overlay.Regular(n, degree, source(rapid.Uint64().Draw(t, "seed")))
		if g.Nodes() != n || g.Asymmetric() != 0 {
			t.Fatalf("%d nodes, %d asymmetric pairs", g.Nodes(), g.Asymmetric())
		}
		possible := max(min(degree, n-1), 0)
		for i := range n {
			want := possible
			if i == n-1 && n%2 == 1 && possible%2 == 1 {
				want--
			}
			if got := len(g.Neighbors(i)); got != want {
				t.Fatalf("node %d of %d has degree %d, want %d", i, n, got, want)
			}
		}
	})
}
