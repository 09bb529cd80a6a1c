// What becomes of the lists, and the known graphs that these tests share.

package overlay_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/kithmesh/kith/sim/overlay"
)

func source(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 1)) }

// fromViews is the graph of these views.
func fromViews(views ...[]uint32) *overlay.Graph {
	return overlay.FromViews(len(views), func(i int, dst []uint32) []uint32 {
		return append(dst, views[i]...)
	})
}

// fromEdges is the graph of n nodes and edges that both sides have.
func fromEdges(n int, edges ...[2]uint32) *overlay.Graph {
	views := make([][]uint32, n)
	for _, e := range edges {
		views[e[0]] = append(views[e[0]], e[1])
		views[e[1]] = append(views[e[1]], e[0])
	}
	return fromViews(views...)
}

func path(n int) *overlay.Graph {
	var edges [][2]uint32
	for i := range uint32(n - 1) {
		edges = append(edges, [2]uint32{i, i + 1})
	}
	return fromEdges(n, edges...)
}

func ring(n int) *overlay.Graph {
	edges := [][2]uint32{{uint32(n - 1), 0}}
	for i := range uint32(n - 1) {
		edges = append(edges, [2]uint32{i, i + 1})
	}
	return fromEdges(n, edges...)
}

// star has node 0 in its middle.
func star(n int) *overlay.Graph {
	var edges [][2]uint32
	for i := range uint32(n - 1) {
		edges = append(edges, [2]uint32{0, i + 1})
	}
	return fromEdges(n, edges...)
}

func clique(from, to uint32) [][2]uint32 {
	var edges [][2]uint32
	for i := from; i < to; i++ {
		for j := i + 1; j < to; j++ {
			edges = append(edges, [2]uint32{i, j})
		}
	}
	return edges
}

func complete(n int) *overlay.Graph { return fromEdges(n, clique(0, uint32(n))...) }

// barbell is two cliques of k nodes and a bridge between k-1 and k.
func barbell(k uint32) *overlay.Graph {
	edges := append(clique(0, k), clique(k, 2*k)...)
	return fromEdges(int(2*k), append(edges, [2]uint32{k - 1, k})...)
}

func TestViews(t *testing.T) {
	// 0 and 1 have each other, 2 repeats itself and names itself, 3 is claimed
	// by two and claims one of them.
	g := fromViews([]uint32{3, 1}, []uint32{0}, []uint32{3, 2, 3, 2}, []uint32{2})
	if g.Nodes() != 4 || g.Edges() != 2 || g.Asymmetric() != 1 {
		t.Errorf("%d nodes, %d edges, %d asymmetric pairs; want 4, 2, 1", g.Nodes(), g.Edges(), g.Asymmetric())
	}
	wantViews := [][]uint32{{1, 3}, {0}, {3}, {2}}
	wantEdges := [][]uint32{{1}, {0}, {3}, {2}}
	for i := range 4 {
		if got := g.View(i); !slices.Equal(got, wantViews[i]) {
			t.Errorf("node %d has %v, want %v", i, got, wantViews[i])
		}
		if got := g.Neighbors(i); !slices.Equal(got, wantEdges[i]) {
			t.Errorf("node %d shares edges with %v, want %v", i, got, wantEdges[i])
		}
	}
	if c := g.Components(); c.Count != 2 {
		t.Errorf("%d components: a one-sided entry joins nobody", c.Count)
	}
}

func TestViewsOutside(t *testing.T) {
	defer func() {
		if text, _ := recover().(string); !strings.Contains(text, "node 1 has node 2, of 2 nodes") {
			t.Errorf("panic of %q", text)
		}
	}()
	fromViews([]uint32{1}, []uint32{0, 2})
	t.Error("node 2 was taken for one of 2 nodes")
}

func TestSub(t *testing.T) {
	// A ring of 6 without node 2, and 4's view of 5 without its answer.
	views := [][]uint32{{5, 1}, {0, 2}, {1, 3}, {2, 4}, {3, 5}, {0}}
	sub, nodes := fromViews(views...).Sub(func(i int) bool { return i != 2 })
	if want := []uint32{0, 1, 3, 4, 5}; !slices.Equal(nodes, want) {
		t.Fatalf("kept %v, want %v", nodes, want)
	}
	want := fromViews([]uint32{1, 4}, []uint32{0}, []uint32{3}, []uint32{2, 4}, []uint32{0})
	for i := range nodes {
		if !slices.Equal(sub.View(i), want.View(i)) || !slices.Equal(sub.Neighbors(i), want.Neighbors(i)) {
			t.Errorf("node %d has %v, shares edges with %v", i, sub.View(i), sub.Neighbors(i))
		}
	}
	if sub.Edges() != 3 || sub.Asymmetric() != 1 {
		t.Errorf("%d edges, %d asymmetric pairs; want 3, 1", sub.Edges(), sub.Asymmetric())
	}
	none, nodes := sub.Sub(func(int) bool { return false })
	if none.Nodes() != 0 || len(nodes) != 0 {
		t.Errorf("%d nodes are left of none", none.Nodes())
	}
}
