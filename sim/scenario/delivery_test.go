package scenario_test

import (
	"reflect"
	"testing"
)

// TestDelivery: who lives gets everything. The bounds of the measures say so; a seed
// that lost nothing without digests either would show that nothing was at stake.
func TestDelivery(t *testing.T) {
	for seed := range uint64(3) {
		r := run(t, "delivery", 40, seed+1)
		for _, how := range []string{"digests_", "no_digests_"} {
			between(t, r, how+"nodes", 10, 35)
			between(t, r, how+"rmr", 0, 0.2)
			between(t, r, how+"late_p50_ms", 0.5, 10)
		}
		between(t, r, "digests_late_p99_ms", 1, 1000)
		between(t, r, "no_digests_once_lost", 1, 1000)
		// Two thirds of what was sent while it was cut off were still kept by others.
		between(t, r, "cut_long_lost", 300, 450)
		if lost, reported := value(t, r, "cut_long_lost"), value(t, r, "cut_long_reported"); lost != reported {
			t.Errorf("seed %d: of %v messages that a node lost it was told of %v", r.Seed, lost, reported)
		}
	}
}

func TestDeliverySameSeedSameResult(t *testing.T) {
	if first, second := run(t, "delivery", 20, 7), run(t, "delivery", 20, 7); !reflect.DeepEqual(first, second) {
		t.Errorf("one seed gave %+v and %+v", first, second)
	}
}
