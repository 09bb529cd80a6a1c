// Random regular graphs: their well-known figures, and that chance repeats
// itself.

package overlay_test

import (
	"fmt"
	"math"
	"reflect"
	"testing"

	"github.com/kithmesh/kith/sim/overlay"
)

func TestRandomRegular1000(t *testing.T) {
	rng := source(1)
	g := overlay.Regular(1000, 5, rng)
	if p := g.Paths(rng, 1); !p.Exact || math.Abs(p.Mean-4.694) > 0.02 || p.EccentricityMax < 6 || p.EccentricityMax > 8 {
		t.Errorf("paths %+v, want a mean of 4.694 and a longest of 7", p)
	}
	if c := g.Clustering(); c > 0.006 {
		t.Errorf("clustering %v, want 0.002", c)
	}
}

func TestRandomRegular10000(t *testing.T) {
	rng := source(2)
	g := overlay.Regular(10_000, 5, rng)
	p := g.Paths(rng, 200)
	if p.Exact || p.Sources != 200 || p.Unreachable != 0 {
		t.Errorf("paths %+v, want 200 sources that reach all", p)
	}
	if math.Abs(p.Mean-6.358) > 0.01 || p.StdErr <= 0 || p.StdErr > 0.005 {
		t.Errorf("a mean path of %v+-%v, want 6.358", p.Mean, p.StdErr)
	}
	if p.EccentricityMean < 8 || p.EccentricityMean > 8.5 || p.EccentricityMax > 9 {
		t.Errorf("eccentricity %v, at most %d; want 8.2, 9", p.EccentricityMean, p.EccentricityMax)
	}
	if d := g.Diameter(); d.Exact || d.Hops < p.EccentricityMax || d.Hops > 10 {
		t.Errorf("diameter %+v", d)
	}
	if c := g.Clustering(); c < 0.00005 || c > 0.0005 {
		t.Errorf("clustering %v, want 0.0002", c)
	}
	// A cut of two single nodes takes all edges of one of them.
	if cut, ok := g.MinCut(func(i int) bool { return i == 0 }, func(i int) bool { return i == 9999 }); !ok || cut != 5 {
		t.Errorf("%d edges hold two nodes together, want 5", cut)
	}
}

// TestSurvivors removes nodes at random: a 5-regular graph percolates at 75 %.
func TestSurvivors(t *testing.T) {
	for _, tt := range []struct {
		removed   float64
		low, high float64 // share of the survivors in the largest component
	}{
		{0.10, 0.9995, 1},
		{0.30, 0.995, 1},
		{0.50, 0.94, 0.965},
		{0.60, 0.80, 0.87},
		{0.80, 0, 0.05},
	} {
		t.Run(fmt.Sprint(tt.removed), func(t *testing.T) {
			rng := source(3)
			g := overlay.Regular(10_000, 5, rng)
			sub, _ := g.Sub(func(int) bool { return rng.Float64() >= tt.removed })
			c := sub.Components()
			if c.LargestShare < tt.low || c.LargestShare > tt.high {
				t.Errorf("the largest has %v of the survivors, want %v to %v", c.LargestShare, tt.low, tt.high)
			}
			node := 0
			for c.Of(node) != 0 {
				node++
			}
			if f := sub.Flood(node); f.Reliability != c.LargestShare || f.Reached != c.Sizes[0] {
				t.Errorf("a flood reaches %d of the %d in the largest", f.Reached, c.Sizes[0])
			}
		})
	}
}

func TestSampledPathsAreUnbiased(t *testing.T) {
	// Many small samples of one graph must scatter around its exact mean by
	// about the standard error they claim.
	rng := source(4)
	g := path(2500)
	exact := g.Paths(rng, 2500)
	if want := 2501.0 / 3; !exact.Exact || math.Abs(exact.Mean-want) > 1e-9 {
		t.Fatalf("paths %+v, want exactly %v", exact, want)
	}
	var w overlay.Walker
	var means, errs []float64
	for range 300 {
		p := w.Paths(g, rng, 20)
		means = append(means, p.Mean)
		errs = append(errs, p.StdErr)
	}
	got, claimed := overlay.Summarize(means), overlay.Summarize(errs).Mean
	if math.Abs(got.Mean-exact.Mean) > 4*claimed/math.Sqrt(300) {
		t.Errorf("means of %v+-%v around %v", got.Mean, claimed, exact.Mean)
	}
	if ratio := got.SD / claimed; ratio < 0.8 || ratio > 1.25 {
		t.Errorf("the means scatter by %v, the standard error says %v", got.SD, claimed)
	}
}

func TestSameSeedSameFigures(t *testing.T) {
	figures := func(seed uint64) []any {
		rng := source(seed)
		g := overlay.Regular(3001, 5, rng)
		return []any{
			g, g.Paths(rng, 10), g.Diameter(), g.Components(), g.Clustering(), g.Flood(rng.IntN(g.Nodes())),
		}
	}
	if a, b := figures(7), figures(7); !reflect.DeepEqual(a, b) {
		t.Error("two runs of one seed differ")
	}
	if reflect.DeepEqual(figures(7)[0], figures(8)[0]) {
		t.Error("two seeds make the same graph")
	}
}

func TestWalkerAllocatesOnce(t *testing.T) {
	rng := source(5)
	g := overlay.Regular(2500, 5, rng)
	var w overlay.Walker
	w.Flood(g, 0)
	if n := testing.AllocsPerRun(20, func() {
		w.Flood(g, 17)
		w.Paths(g, rng, 3)
	}); n != 0 {
		t.Errorf("%v allocations a walk", n)
	}
}
