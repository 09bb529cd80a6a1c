// Every measure of graphs whose figures are known.

package overlay_test

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/kithmesh/kith/sim/overlay"
)

func near(a, b float64) bool { return math.Abs(a-b) < 1e-12 }

func TestKnownGraphs(t *testing.T) {
	tests := []struct {
		name        string
		g           *overlay.Graph
		edges       int
		sizes       []int
		isolated    int
		degrees     []int // counts
		clustering  float64
		mean        float64 // path
		unreachable float64
		diameter    int
	}{
		{"zero", new(overlay.Graph), 0, []int{}, 0, []int{}, 0, 0, 0, 0},
		{"empty", fromViews(), 0, []int{}, 0, []int{}, 0, 0, 0, 0},
		{"single node", fromViews(nil), 0, []int{1}, 1, []int{1}, 0, 0, 0, 0},
		{"two strangers", fromViews(nil, nil), 0, []int{1, 1}, 2, []int{2}, 0, 0, 1, 0},
		{"one-sided", fromViews([]uint32{1}, nil), 0, []int{1, 1}, 2, []int{2}, 0, 0, 1, 0},
		{"itself twice", fromViews([]uint32{0, 0}), 0, []int{1}, 1, []int{1}, 0, 0, 0, 0},
		{"two", path(2), 1, []int{2}, 0, []int{0, 2}, 0, 1, 0, 1},
		{"path", path(4), 3, []int{4}, 0, []int{0, 2, 2}, 0, 20.0 / 12, 0, 3},
		{"triangle", ring(3), 3, []int{3}, 0, []int{0, 0, 3}, 1, 1, 0, 1},
		{"ring", ring(6), 6, []int{6}, 0, []int{0, 0, 6}, 0, 1.8, 0, 3},
		{"star", star(5), 4, []int{5}, 0, []int{0, 4, 0, 0, 1}, 0, 1.6, 0, 2},
		{"complete", complete(6), 15, []int{6}, 0, []int{0, 0, 0, 0, 0, 6}, 1, 1, 0, 1},
		// Of each clique two nodes have all of 1, the end of the bridge 1 of 3.
		{"two cliques and a bridge", barbell(3), 7, []int{6}, 0, []int{0, 0, 4, 2}, 14.0 / 18, 54.0 / 30, 0, 3},
		{
			"triangle, pair and loner", fromEdges(6, [2]uint32{4, 5}, [2]uint32{1, 2}, [2]uint32{2, 3}, [2]uint32{1, 3}),
			4,
			[]int{3, 2, 1},
			1,
			[]int{1, 2, 3},
			0.5, 1, 22.0 / 30, 1,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.g.Edges(); got != tt.edges {
				t.Errorf("%d edges, want %d", got, tt.edges)
			}
			c := tt.g.Components()
			if c.Count != len(tt.sizes) || !slices.Equal(c.Sizes, tt.sizes) || c.Isolated != tt.isolated {
				t.Errorf("components %+v, want sizes %v and %d isolated", c, tt.sizes, tt.isolated)
			}
			if n := tt.g.Nodes(); n > 0 && c.LargestShare != float64(tt.sizes[0])/float64(n) {
				t.Errorf("the largest has a share of %v", c.LargestShare)
			}
			if h := tt.g.Degrees(); !slices.Equal(h.Counts, tt.degrees) {
				t.Errorf("degrees %v, want %v", h.Counts, tt.degrees)
			}
			if got := tt.g.Clustering(); !near(got, tt.clustering) {
				t.Errorf("clustering %v, want %v", got, tt.clustering)
			}
			p := tt.g.Paths(nil, 1)
			if !near(p.Mean, tt.mean) || !near(p.Unreachable, tt.unreachable) || p.EccentricityMax != tt.diameter {
				t.Errorf("paths %+v, want mean %v, unreachable %v, longest %d", p, tt.mean, tt.unreachable, tt.diameter)
			}
			if p.StdErr != 0 || !p.Exact || p.Sources != tt.g.Nodes() {
				t.Errorf("paths %+v of so few nodes must be exact", p)
			}
			if want := (overlay.Diameter{Hops: tt.diameter, Exact: true}); tt.g.Diameter() != want {
				t.Errorf("diameter %+v, want %+v", tt.g.Diameter(), want)
			}
		})
	}
}

func TestComponentsOf(t *testing.T) {
	// 0–3, 1, 2–4–5, 6–7: the pairs are of one size and keep their order.
	c := fromEdges(8, [2]uint32{0, 3}, [2]uint32{2, 4}, [2]uint32{4, 5}, [2]uint32{6, 7}).Components()
	for node, want := range []int{1, 3, 0, 1, 0, 0, 2, 2} {
		if got := c.Of(node); got != want {
			t.Errorf("node %d is in %d, want %d", node, got, want)
		}
	}
}

func TestDegrees(t *testing.T) {
	views := [][]uint32{{1, 1, 2, 0}, {0}, {0, 1, 3}, nil}
	g := fromViews(views...)
	out := overlay.Histogram{Counts: []int{1, 1, 1, 1}, Nodes: 4, Mean: 1.5, SD: math.Sqrt(1.25), CV: math.Sqrt(1.25) / 1.5, Max: 3}
	in := overlay.Histogram{Counts: []int{0, 2, 2}, Nodes: 4, Mean: 1.5, SD: 0.5, CV: 1.0 / 3, Min: 1, Max: 2}
	both := overlay.Histogram{Counts: []int{1, 2, 1}, Nodes: 4, Mean: 1, SD: math.Sqrt(0.5), CV: math.Sqrt(0.5), Max: 2}
	same := func(a, b overlay.Histogram) bool {
		return slices.Equal(a.Counts, b.Counts) && a.Nodes == b.Nodes && a.Min == b.Min && a.Max == b.Max &&
			near(a.Mean, b.Mean) && near(a.SD, b.SD) && near(a.CV, b.CV)
	}
	if got := g.Out(); !same(got, out) {
		t.Errorf("out %+v, want %+v", got, out)
	}
	if got := g.In(); !same(got, in) {
		t.Errorf("in %+v, want %+v", got, in)
	}
	if got := g.Degrees(); !same(got, both) {
		t.Errorf("degrees %+v, want %+v", got, both)
	}
	lists := func(i int, dst []uint32) []uint32 { return append(dst, views[i]...) }
	if got := overlay.InDegrees(len(views), lists); !same(got, in) {
		t.Errorf("in-degrees of the lists %+v, want %+v", got, in)
	}
}

func TestFlood(t *testing.T) {
	tests := []struct {
		name   string
		g      *overlay.Graph
		source int
		hops   []int
		sends  int
	}{
		{"single node", fromViews(nil), 0, []int{1}, 0},
		{"path from its end", path(4), 0, []int{1, 1, 1, 1}, 3},
		{"path from within", path(4), 1, []int{1, 2, 1}, 3},
		{"star", star(5), 2, []int{1, 1, 3}, 4},
		// Each of the 5 receivers sends to the 4 it did not get it from.
		{"complete", complete(6), 3, []int{1, 5}, 5 + 5*4},
		// Both neighbors of the last node send to it, and it to one of them.
		{"even ring", ring(6), 0, []int{1, 2, 2, 1}, 2 + 5},
		{"cut off", fromEdges(4, [2]uint32{0, 1}, [2]uint32{2, 3}), 3, []int{1, 1}, 1},
		{"one-sided", fromViews([]uint32{1}, nil), 0, []int{1}, 0},
	}
	var w overlay.Walker
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := w.Flood(tt.g, tt.source)
			reached := 0
			for _, count := range tt.hops {
				reached += count
			}
			if !slices.Equal(f.Hops, tt.hops) || f.LastHop != len(tt.hops)-1 || f.Reached != reached || f.Sends != tt.sends {
				t.Errorf("flood %+v, want hops %v, %d sends", f, tt.hops, tt.sends)
			}
			if f.Reliability != float64(reached)/float64(tt.g.Nodes()) {
				t.Errorf("reliability %v of %d", f.Reliability, reached)
			}
			if reached > 1 && f.Redundancy != float64(tt.sends)/float64(reached-1)-1 || reached == 1 && f.Redundancy != 0 {
				t.Errorf("redundancy %v", f.Redundancy)
			}
			if again := tt.g.Flood(tt.source); !slices.Equal(again.Hops, f.Hops) || again.Sends != f.Sends {
				t.Errorf("a new walker sees %+v, a used one %+v", again, f)
			}
		})
	}
}

// zigzag is a path that goes out from node 0 both ways, so that its ends are the
// two last nodes.
func zigzag(n int) *overlay.Graph {
	edges := [][2]uint32{{0, 1}}
	for i := range uint32(n - 2) {
		edges = append(edges, [2]uint32{i, i + 2})
	}
	return fromEdges(n, edges...)
}

func TestLongDiameters(t *testing.T) {
	tests := []struct {
		name string
		g    *overlay.Graph
		hops int
	}{
		{"path", path(3000), 2999},
		{"ring", ring(3000), 1500},
		{"path from its middle", zigzag(3000), 2999},
		{"star", star(3000), 2},
		{"strangers", fromEdges(3000), 0},
	}
	for _, tt := range tests {
		if got, want := tt.g.Diameter(), (overlay.Diameter{Hops: tt.hops}); got != want {
			t.Errorf("%s: %+v, want %+v", tt.name, got, want)
		}
	}
}

// detour is a graph in which the shortest way from 0 to 3, over 1 and 2, goes
// against the best use of the edge between these two: of three ways without a
// common edge two come in at 2, and two go out at 1.
func detour() *overlay.Graph {
	return fromEdges(
		12, [2]uint32{0, 1}, [2]uint32{1, 2}, [2]uint32{2, 3},
		[2]uint32{0, 4}, [2]uint32{4, 5}, [2]uint32{5, 2},
		[2]uint32{0, 6}, [2]uint32{6, 7}, [2]uint32{7, 2},
		[2]uint32{1, 8}, [2]uint32{8, 9}, [2]uint32{9, 3},
		[2]uint32{1, 10}, [2]uint32{10, 11}, [2]uint32{11, 3},
	)
}

func TestCuts(t *testing.T) {
	only := func(nodes ...int) func(int) bool {
		return func(i int) bool { return slices.Contains(nodes, i) }
	}
	below := func(n int) func(int) bool { return func(i int) bool { return i < n } }
	tests := []struct {
		name string
		g    *overlay.Graph
		a, b func(int) bool
		want int
	}{
		{"no nodes", fromViews(), below(0), below(0), 0},
		{"nobody", complete(4), below(4), only(), 0},
		{"ring", ring(9), only(0), only(4), 2},
		{"path", path(9), only(0), only(8), 1},
		{"complete", complete(6), only(1), only(4), 5},
		{"cliques", barbell(5), below(3), only(7, 8, 9), 1},
		{"star", star(9), only(1, 2, 3), only(4, 5), 2},
		{"detour", detour(), only(0), only(3), 3},
		{"parts", fromEdges(4, [2]uint32{0, 1}, [2]uint32{2, 3}), only(0), only(3), 0},
	}
	for _, tt := range tests {
		if got, ok := tt.g.MinCut(tt.a, tt.b); !ok || got != tt.want {
			t.Errorf("%s: %d %v, want %d", tt.name, got, ok, tt.want)
		}
	}
	if got, ok := ring(5).MinCut(below(3), only(2, 3)); ok {
		t.Errorf("a cut of %d parts node 2 from itself", got)
	}
	if got := ring(8).CrossEdges(below(4)); got != 2 {
		t.Errorf("%d edges cross a ring's halves", got)
	}
	if got := complete(8).CrossEdges(below(3)); got != 15 {
		t.Errorf("%d edges cross K8 between 3 and 5, want 15", got)
	}
}

func TestJSON(t *testing.T) {
	g := path(3)
	for _, tt := range []struct {
		result any
		want   string
	}{
		{g.Components(), `{"count":1,"sizes":[3],"largest_share":1,"isolated":0}`},
		{g.Flood(1), `{"reached":3,"reliability":1,"last_hop":1,"hops":[1,2],"sends":2,"redundancy":0}`},
		{g.Diameter(), `{"hops":2,"exact":true}`},
		{complete(3).Degrees(), `{"counts":[0,0,3],"nodes":3,"mean":2,"sd":0,"cv":0,"min":2,"max":2}`},
		{complete(3).Paths(nil, 0), `{"mean":1,"std_err":0,"eccentricity_mean":1,"eccentricity_max":1,"unreachable":0,"sources":3,"exact":true}`},
		{fromViews().Degrees(), `{"counts":[],"nodes":0,"mean":0,"sd":0,"cv":0,"min":0,"max":0}`},
		{overlay.Summarize([]float64{1, 3}), `{"n":2,"mean":2,"sd":1.4142135623730951,"min":1,"max":3}`},
	} {
		got, err := json.Marshal(tt.result)
		if err != nil || string(got) != tt.want {
			t.Errorf("%s %v, want %s", got, err, tt.want)
		}
		if strings.Contains(string(got), "null") {
			t.Errorf("%s has a null", got)
		}
	}
}
