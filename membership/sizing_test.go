// Views whose sizes follow that of the cluster.

package membership_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/views"
)

func auto(cfg *membership.Config) { cfg.ActiveSize = membership.Auto }

// beats lets every neighbor say how many it has.
func (o *one) beats(degree uint8) {
	for i := range o.node.Active().Len() {
		p, _ := o.node.Active().At(i)
		o.receives(p.ID, membership.Message{Kind: membership.Heartbeat, Active: true, Degree: degree, Sent: o.now})
	}
}

func TestAutoFollowsTheCluster(t *testing.T) {
	for seed := range uint64(5) {
		o := newOne(t, seed, auto).has("a", "b", "c", "d", "e")
		for _, c := range []struct{ nodes, shuffles, least, most int }{
			{20, 60, 4, 4}, {100, 60, 4, 4}, {1000, 180, 4, 5}, {10_000, 720, 4, 5}, {1_000_000, 3600, 6, 8}, {100, 720, 4, 4},
		} {
			o.exchanges(c.shuffles, of(c.nodes, seed))
			if n := o.node.ActiveSize(); n < c.least || n > c.most {
				t.Errorf("%d neighbors are wanted among %d nodes, want %d to %d", n, c.nodes, c.least, c.most)
			}
			if n := o.node.PassiveSize(); n != 6*o.node.ActiveSize() || o.node.Passive().Len() > n {
				t.Errorf("%d spare peers of %d, and %d neighbors", o.node.Passive().Len(), n, o.node.ActiveSize())
			}
		}
	}
}

// It begins like the default, and stays so where there is nothing to learn.
func TestAutoAtFirst(t *testing.T) {
	o := newOne(t, 1, auto).has("a", "b")
	o.exchanges(100, func() []views.Sighting { return nil })
	if o.node.ActiveSize() != 5 || o.node.PassiveSize() != 30 {
		t.Fatalf("%d and %d", o.node.ActiveSize(), o.node.PassiveSize())
	}
}

// Who has a neighbor too many lets one go that has one too many itself, one at a time.
func TestAutoShrinksGently(t *testing.T) {
	o := newOne(t, 1, auto)
	o.node.Want(8)
	for i := range 8 {
		o.has(fmt.Sprintf("n%d", i))
	}
	o.node.Want(6)
	nobody := func() []views.Sighting { return nil }
	o.beats(6)
	o.exchanges(3, nobody)
	if n := o.node.Active().Len(); n != 8 {
		t.Fatalf("%d neighbors: nobody else has one too many", n)
	}
	o.beats(7)
	for want := 7; want >= 5; want-- {
		o.exchanges(1, nobody)
		if n := o.node.Active().Len(); n != max(want, 6) {
			t.Fatalf("%d neighbors, want %d", n, max(want, 6))
		}
		o.beats(7)
	}
	for _, e := range o.loses("n0", membership.Closed) {
		if e.Kind == membership.Send && e.Message.Kind == membership.Disconnect {
			t.Fatal("and nobody else")
		}
	}
}

// A node with a neighbor too many fills no slot that gets free, and stays open to those who
// have none.
func TestAutoByAttrition(t *testing.T) {
	o := newOne(t, 1, auto).has("a", "b", "c", "d", "e")
	o.node.Want(4)
	o.knows("x", "y", "z")
	if asked := sends(o.loses("a", membership.Closed), membership.Neighbor); len(asked) > 0 {
		t.Fatalf("asks %s", asked[0].Peer)
	}
	refused := onlySend(t, o.receives("x", membership.Message{
		Kind: membership.Neighbor, Priority: membership.Low, Request: 1,
	}), membership.NeighborReply)
	if refused.Message.Verdict != membership.Refused {
		t.Fatal("there is no room")
	}
	o.joins("newcomer")
	if !o.node.Active().Has("newcomer") || o.node.Active().Len() != 4 {
		t.Fatalf("%d neighbors", o.node.Active().Len())
	}
	o.now += time.Minute
	o.node.Want(5)
	if len(sends(o.step(membership.Input{Kind: membership.Expired, Timer: membership.Timer{Kind: membership.ShuffleTimer}}), membership.Neighbor)) != 1 {
		t.Fatal("a view that may grow asks for one more")
	}
}

// With a neighbor too many an exchange keeps the number as it is.
func TestAutoExchangesWhileOver(t *testing.T) {
	o := newOne(t, 1, auto).has("a", "b", "c", "d", "e")
	o.node.Want(4)
	o.joins("newcomer")
	if !o.node.Active().Has("newcomer") || o.node.Active().Len() != 5 {
		t.Fatalf("%d neighbors", o.node.Active().Len())
	}
}

func TestAutoIsTheOnlyNegativeSize(t *testing.T) {
	for size, valid := range map[int]bool{membership.Auto: true, -2: false, 0: false, 1: true, 64: true, 65: false} {
		cfg := membership.DefaultConfig()
		cfg.ActiveSize = size
		if err := cfg.Validate(); (err == nil) != valid {
			t.Errorf("%d: %v", size, err)
		}
	}
}
