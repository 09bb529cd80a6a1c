// Durations are counted where they belong, and handshakes by who began them.

package tcptransport_test

import (
	"slices"
	"testing"
	"time"

	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/tcptransport"
)

func TestDurations(t *testing.T) {
	bounds := tcptransport.DurationBounds()
	if !slices.IsSorted(bounds[:]) {
		t.Errorf("the bounds are %v, want them in ascending order", bounds)
	}
	var d tcptransport.Durations
	for i, bound := range bounds {
		d.Add(bound)
		if d.Counts[i] != 1 {
			t.Errorf("%v is not counted at index %d: %v", bound, i, d.Counts)
		}
	}
	d = tcptransport.Durations{}
	d.Add(-time.Second)
	d.Add(bounds[0] + 1)
	d.Add(time.Hour)
	if d.Counts[0] != 1 || d.Counts[1] != 1 || d.Counts[len(bounds)] != 1 {
		t.Errorf("counted as %v", d.Counts)
	}
	if want := time.Hour + bounds[0] + 1; d.Count() != 3 || d.Sum != want {
		t.Errorf("%d that took %v, want 3 that took %v", d.Count(), d.Sum, want)
	}
}

func TestHandshakesAreTimed(t *testing.T) {
	inBubble(t, func(t *testing.T, f fabric) {
		a, b := start(t, f, "a", 1), start(t, f, "b", 1)
		a.send(b.peer, 1)
		b.sendOn(a.peer, b.gets(a.peer, 1).link, 2)
		a.gets(b.peer, 2)
		b.send(stranger("c"), 3) // at whose address nobody is
		b.loses(stranger("c"), membership.Unreachable, nil)
		for _, c := range []struct {
			n                *node
			dialed, accepted uint64
		}{{a, 1, 0}, {b, 0, 1}} {
			s := c.n.Stats()
			if s.DialTimes.Count() != c.dialed || s.AcceptTimes.Count() != c.accepted {
				t.Errorf("%s: %d dials and %d accepted, want %d and %d", c.n.peer.ID,
					s.DialTimes.Count(), s.AcceptTimes.Count(), c.dialed, c.accepted)
			}
		}
	})
}
