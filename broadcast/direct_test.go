// Messages for a single node.

package broadcast_test

import (
	"slices"
	"testing"
	"time"

	"github.com/kithmesh/kith/broadcast"
)

// TestDirect sends along the way on which the target's messages came.
func TestDirect(t *testing.T) {
	w := mesh(t, 1, 32, broadcast.DefaultConfig())
	target := w.nodes[31]
	target.publish()
	w.run(time.Second)
	for _, h := range w.nodes[:31] {
		h.send("n31", h.life.ID())
	}
	w.run(time.Second)
	slices.Sort(target.arrived)
	if got := slices.Compact(slices.Clone(target.arrived)); len(target.arrived) != 31 || len(got) != 31 {
		t.Errorf("%d messages, %d different ones, want 31: %q", len(target.arrived), len(got), target.arrived)
	}
	for _, h := range w.nodes {
		if s := h.core.Stats(); s.Spread > 0 {
			t.Errorf("%s sent %d to everybody", h.name, s.Spread)
		}
	}
}

// TestDirectUnknown sends to a node of which nobody has heard: to everybody.
func TestDirectUnknown(t *testing.T) {
	w := mesh(t, 2, 16, broadcast.DefaultConfig())
	w.nodes[0].send("n9", "hello")
	w.run(time.Second)
	if s := w.nodes[0].core.Stats(); s.Spread != 1 {
		t.Errorf("sent to everybody %d times, want once", s.Spread)
	}
	if got := w.nodes[9].got[w.nodes[0].life]; len(got) != 1 {
		t.Errorf("the target has %d messages of the sender, want one that carries it", len(got))
	}
	w.nodes[9].send("n0", "thanks")
	w.run(time.Second)
	if s := w.nodes[9].core.Stats(); s.Spread != 0 {
		t.Errorf("the answer was sent to everybody: %d", s.Spread)
	}
	if got := w.nodes[0].arrived; len(got) != 1 || got[0] != "n0 thanks" {
		t.Errorf("the answer: %q", got)
	}
}
