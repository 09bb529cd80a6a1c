// The Plumtree paper's experiments at a size that takes a second or two.

package paper

import (
	"testing"

	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/sim/report"
	"github.com/kithmesh/kith/sim/scenario"
)

func smallPlumtree(t *testing.T, nodes int, seed uint64) *report.Result {
	t.Helper()
	r, err := runPlumtree(scenario.Options{
		Nodes: nodes, Seed: seed, Membership: membership.DefaultConfig(),
	}, plan{
		calm: 20, failing: 20, rest: 5,
		collapses:  []collapse{{percent: 30}, {percent: 80}},
		treeCycles: 3, restored: 4,
		oursCalm: 60, oursTrees: 16, oursAfter: 30,
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestSmallPlumtree(t *testing.T) {
	const nodes = 300
	r := smallPlumtree(t, nodes, 1)
	judge(t, r, []want{
		{"single_rmr_0", 2.9, 3.05}, // flooding, as nobody has been pruned
		{"single_rmr_1", 0, 0.1},
		{"single_rmr", 0, 0.001},
		{"many_rmr", 0, 0.001},
		{"many_opt7_rmr", 0, 0.005},
		{"single_controls", 3 * nodes * 0.98, 3 * nodes * 1.02}, // 2.5 links a node, but for the tree, both ways
		{"single_ldh", 5, 9},
		{"many_ldh", 8, 20},
		{"single_failing_rmr", 0.005, 0.12},
		{"many_failing_rmr", 0.005, 0.12},
		{"single_second_30", 100, 100},
		{"many_second_80", 99, 100},
		{"single_heal_30", 0, 1},
		{"ours_single_ldh", 5, 9},
		{"ours_many_ldh", 8, 30},
		{"ours_single_controls", 1.5 * nodes, 3 * nodes}, // those links one way at least, and both ways where both are as near
		{"ours_single_first_late_30", 100, 100},
		{"ours_many_first_late_80", 100, 100},
		{"ours_many_all_late_80", 99, 100},
	})
}

func TestPlumtreeSameSeedSameResult(t *testing.T) { repeats(t, 60, smallPlumtree) }
