// What counts as a repair.

package kith

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/kithmesh/kith/membership"
)

func TestRepairsAreTimed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var c churn
		c.stepped(4, 5)
		time.Sleep(time.Hour) // it has never been full: that is no repair
		c.stepped(5, 5)
		c.stepped(5, 5)
		c.stepped(4, 5)
		time.Sleep(time.Second)
		c.stepped(4, 5) // another one is lost meanwhile
		time.Sleep(time.Second)
		c.stepped(5, 5)
		c.stepped(4, 5) // and is not over yet
		time.Sleep(time.Second)

		var s Stats
		c.tell(&s)
		if s.Repairs.Count() != 1 || s.Repairs.Sum != 2*time.Second {
			t.Errorf("%d repairs that took %v, want one of 2s", s.Repairs.Count(), s.Repairs.Sum)
		}
	})
}

// A view that is to be larger has lost nobody.
func TestGrowthIsNoRepair(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var c churn
		c.stepped(5, 5)
		c.stepped(5, 6)
		time.Sleep(time.Hour)
		c.stepped(6, 6)
		c.stepped(6, 5) // one too many
		c.stepped(4, 5)
		time.Sleep(time.Second)
		c.stepped(5, 5)

		var s Stats
		c.tell(&s)
		if s.Repairs.Count() != 1 || s.Repairs.Sum != time.Second {
			t.Errorf("%d repairs that took %v, want one of 1s", s.Repairs.Count(), s.Repairs.Sum)
		}
	})
}

func TestDownsAreCountedByReason(t *testing.T) {
	var c churn
	var before, after Stats
	c.down(membership.Silent)
	c.tell(&before)
	c.down(membership.Silent)
	c.down(membership.Leaving)
	c.tell(&after)
	if before.Downs[membership.Silent] != 1 {
		t.Errorf("a snapshot has changed: %v", before.Downs)
	}
	if len(after.Downs) != 2 || after.Downs[membership.Silent] != 2 || after.Downs[membership.Leaving] != 1 {
		t.Errorf("counted %v", after.Downs)
	}
}
