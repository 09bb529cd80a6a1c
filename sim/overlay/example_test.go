// Measures of graphs whose figures can be seen at a glance.

package overlay_test

import (
	"fmt"
	"math/rand/v2"

	"github.com/kithmesh/kith/sim/overlay"
)

// A ring of five, and one node that nobody has.
func ExampleFromViews() {
	g := overlay.FromViews(6, func(i int, dst []uint32) []uint32 {
		if i == 5 {
			return dst
		}
		return append(dst, uint32(i+1)%5, uint32(i+4)%5)
	})
	components := g.Components()
	fmt.Println(g.Edges(), "edges,", components.Count, "components,", components.Isolated, "isolated")
	fmt.Println("a flood from 0 reaches", g.Flood(0).Reached, "nodes in", g.Flood(0).LastHop, "hops")
	// Output:
	// 5 edges, 2 components, 1 isolated
	// a flood from 0 reaches 5 nodes in 2 hops
}

// A random graph in which all nodes have the same number of neighbors is what an overlay is
// compared with.
func ExampleRegular() {
	g := overlay.Regular(1000, 5, rand.New(rand.NewPCG(1, 2)))
	fmt.Println(g.Degrees().Min, g.Degrees().Max, g.Components().Count, g.Diameter().Hops)
	// Output: 5 5 1 7
}

// Figures of several runs in short.
func ExampleSummarize() {
	values := []float64{4, 1, 3, 2}
	s := overlay.Summarize(values)
	fmt.Println(s.Mean, s.Min, s.Max, overlay.Percentiles(values, 50, 100))
	// Output: 2.5 1 4 [2 4]
}
