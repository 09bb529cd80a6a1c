// What the measures cost.

package overlay_test

import (
	"fmt"
	"testing"

	"github.com/kithmesh/kith/sim/overlay"
)

// benchmark runs bench on random 5-regular graphs of 10,000 and, unless -short,
// of 1,000,000 nodes.
func benchmark(b *testing.B, bench func(b *testing.B, g *overlay.Graph)) {
	for _, n := range []int{10_000, 1_000_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			if testing.Short() && n > 10_000 {
				b.Skip("skipped by -short: a graph of a million nodes")
			}
			g := overlay.Regular(n, 5, source(1))
			b.ReportAllocs()
			b.ResetTimer()
			bench(b, g)
		})
	}
}

func BenchmarkFlood(b *testing.B) {
	benchmark(b, func(b *testing.B, g *overlay.Graph) {
		var w overlay.Walker
		w.Flood(g, 0)
		sends := 0
		for i := 0; b.Loop(); i++ {
			sends += w.Flood(g, i%g.Nodes()).Sends
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(sends), "ns/send")
	})
}

func BenchmarkPaths(b *testing.B) {
	const sources = 10
	benchmark(b, func(b *testing.B, g *overlay.Graph) {
		var w overlay.Walker
		rng := source(2)
		w.Paths(g, rng, 1)
		for b.Loop() {
			w.Paths(g, rng, sources)
		}
	})
}

func BenchmarkFromViews(b *testing.B) {
	benchmark(b, func(b *testing.B, g *overlay.Graph) {
		for b.Loop() {
			overlay.FromViews(g.Nodes(), func(i int, dst []uint32) []uint32 { return append(dst, g.View(i)...) })
		}
	})
}

func BenchmarkInDegrees(b *testing.B) {
	benchmark(b, func(b *testing.B, g *overlay.Graph) {
		for b.Loop() {
			overlay.InDegrees(g.Nodes(), func(i int, dst []uint32) []uint32 { return append(dst, g.View(i)...) })
		}
	})
}

func BenchmarkComponents(b *testing.B) {
	benchmark(b, func(b *testing.B, g *overlay.Graph) {
		for b.Loop() {
			g.Components()
		}
	})
}

func BenchmarkClustering(b *testing.B) {
	benchmark(b, func(b *testing.B, g *overlay.Graph) {
		for b.Loop() {
			g.Clustering()
		}
	})
}

func BenchmarkDiameter(b *testing.B) {
	benchmark(b, func(b *testing.B, g *overlay.Graph) {
		var w overlay.Walker
		for b.Loop() {
			w.Diameter(g)
		}
	})
}

func BenchmarkSub(b *testing.B) {
	benchmark(b, func(b *testing.B, g *overlay.Graph) {
		for b.Loop() {
			g.Sub(func(i int) bool { return i%2 == 0 })
		}
	})
}

// BenchmarkMinCut parts every tenth node from every other tenth.
func BenchmarkMinCut(b *testing.B) {
	benchmark(b, func(b *testing.B, g *overlay.Graph) {
		for b.Loop() {
			g.MinCut(func(i int) bool { return i%10 == 0 }, func(i int) bool { return i%10 == 5 })
		}
	})
}

func BenchmarkRegular(b *testing.B) {
	benchmark(b, func(b *testing.B, g *overlay.Graph) {
		for b.Loop() {
			overlay.Regular(g.Nodes(), 5, source(1))
		}
	})
}
