// The paper's experiments at a size that takes a second. What the figures must be at
// the paper's size is in the bounds of the measures.

package paper

import (
	"errors"
	"reflect"
	"testing"

	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/sim/report"
	"github.com/kithmesh/kith/sim/scenario"
)

func smallPaper(t *testing.T, nodes int, seed uint64) *report.Result {
	t.Helper()
	r, err := Run(scenario.Options{
		Nodes: nodes, Seed: seed, Membership: membership.DefaultConfig(), Check: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestSmallPaper(t *testing.T) {
	const nodes = 300
	r := smallPaper(t, nodes, 1)
	judge(t, r, []want{
		{"components", 1, 1},
		{"asymmetric_links", 0, 0},
		{"nodes_of_full_degree", nodes - 2, nodes},
		{"passive_mean", 29, 30},
		{"messages_per_round", 6.5, 8.5},
		{"average_shortest_path", 3.7, 4.1}, // log(300)/log(4), and what the beginning costs
		{"unrepaired_50", 70, 100},
		{"reliability_50", 99.5, 100},
		{"reliability_80", 98, 100},
		{"repaired_80", 98, 100},
		{"reliability_meeting_95", 95, 100},
		{"healing_rounds_30", 1, 1},
		{"healing_rounds_meeting_80", 1, 2},
		{"healing_rounds_meeting_95", 1, 4},
	})
}

func TestPaperNeedsViewsOfOneSize(t *testing.T) {
	cfg := membership.DefaultConfig()
	cfg.ActiveSize = membership.Auto
	if _, err := Run(scenario.Options{Nodes: 30, Seed: 1, Membership: cfg}); !errors.Is(err, errAuto) {
		t.Fatal(err)
	}
}

func TestSameSeedSameResult(t *testing.T) { repeats(t, 100, smallPaper) }

// want is where a measure has to be, in an experiment of a size for which it has no bound.
type want struct {
	name      string
	low, high float64
}

// judge checks these measures, the bounds of all, and that the charts show something.
func judge(t *testing.T, r *report.Result, wants []want) {
	t.Helper()
	for _, w := range wants {
		if v, ok := r.Get(w.name); !ok || v < w.low || v > w.high {
			t.Errorf("%s is %v, want %v to %v", w.name, v, w.low, w.high)
		}
	}
	for _, row := range report.Rows([]*report.Result{r}) {
		if !row.Met() {
			t.Errorf("%s is %v, want %+v", row.Name, row.Ours.Mean, *row.Bound)
		}
	}
	for _, c := range r.Charts {
		if len(c.Lines) == 0 || len(c.Lines[0].Points) == 0 {
			t.Errorf("chart %s is empty", c.Name)
		}
	}
}

// repeats checks that a seed decides everything, and that another one decides otherwise.
func repeats(t *testing.T, nodes int, run func(t *testing.T, nodes int, seed uint64) *report.Result) {
	t.Helper()
	first, second := run(t, nodes, 3), run(t, nodes, 3)
	if !reflect.DeepEqual(first, second) {
		t.Errorf("one seed gave %+v and %+v", first, second)
	}
	if other := run(t, nodes, 4); other.Digest == first.Digest {
		t.Error("two seeds gave the same run")
	}
}
