// Attacks, one world at a time: all of them take too long for a test.

package scenario

import (
	"slices"
	"testing"

	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/sim/report"
)

// besieged returns what becomes of a world of that size under an attack by so many
// percent.
func besieged(t *testing.T, a attack, nodes, percent int, seed uint64) *report.Result {
	t.Helper()
	r := &run{
		Options: Options{Nodes: nodes, Seed: seed, Membership: membership.DefaultConfig(), Check: seed == 1},
		result:  &report.Result{},
	}
	if _, err := r.liarsWorld(a, percent); err != nil {
		t.Fatal(err)
	}
	return r.result
}

// besiege is besieged for a small world, of which 5 % attack.
func besiege(t *testing.T, a attack, seed uint64) *report.Result {
	t.Helper()
	return besieged(t, a, 100, 5, seed)
}

// get returns a measure, which must be there.
func get(t *testing.T, r *report.Result, name string) float64 {
	t.Helper()
	v, ok := r.Get(name)
	if !ok {
		t.Fatalf("there is no measure %s", name)
	}
	return v
}

// Whoever lies in samples alone gets into passive views, and gets no more links than
// others have.
func TestAccomplices(t *testing.T) {
	for seed := range uint64(3) {
		r := besiege(t, attacks()[0], seed+1)
		active, passive := get(t, r, "accomplices5_active"), get(t, r, "accomplices5_passive")
		reach := get(t, r, "accomplices5_reach")
		if active > 0.08 || reach < 0.99 {
			t.Errorf("seed %d: %v of the links, reach %v", seed+1, active, reach)
		}
		if passive < 0.055 {
			t.Errorf("seed %d: %v of the spare peers: the lies do not arrive", seed+1, passive)
		}
	}
}

// 1 % of attackers do not win many links by asking for them, which they do where nobody
// is a guest only.
func TestFewAttackersWinLittle(t *testing.T) {
	for _, a := range attacks() {
		name := a.name + "1_active"
		switch {
		case a.bounded:
			if active := get(t, besieged(t, a, 400, 1, 2), name); active > mostCaptured {
				t.Errorf("%s have %v of the links, want at most %v", a.name, active, mostCaptured)
			}
		case a.bare:
			if active := get(t, besieged(t, a, 400, 1, 2), name); active < 2*mostCaptured {
				t.Errorf("%s have %v of the links only: the attack does not arrive", a.name, active)
			}
		}
	}
}

// Each further means brings the attackers more links where nothing limits them.
func TestAttacksArrive(t *testing.T) {
	names := []string{"accomplices", "hoarders", "undefended"}
	last := 0.0
	for _, name := range names {
		for _, a := range attacks() {
			if a.name != name {
				continue
			}
			active := get(t, besiege(t, a, 2), name+"5_active")
			if active <= last {
				t.Errorf("%s have %v of the links, no more than %v with less", name, active, last)
			}
			last = active
		}
	}
}

func TestSameSeedSameAttack(t *testing.T) {
	worst := attacks()[4] // with heartbeats, and every lie
	first, second, other := besiege(t, worst, 3), besiege(t, worst, 3), besiege(t, worst, 4)
	if first.Digest != second.Digest || !slices.Equal(first.Measures, second.Measures) {
		t.Error("two runs of one seed differ")
	}
	if first.Digest == other.Digest {
		t.Error("two seeds give the same")
	}
}
