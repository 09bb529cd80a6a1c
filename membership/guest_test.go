// Guests and kept slots: what must not come of them.

package membership_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/kithmesh/kith/membership"
)

// hosts returns a node with three places, of which a guest x has one, and who had to
// go for it.
func hosts(t *testing.T) (o *one, displaced string) {
	t.Helper()
	o = newOne(t, 1, small(3)).has("a", "b", "c")
	notice := onlySend(t, o.receives("x", membership.Message{
		Kind: membership.Neighbor, Priority: membership.High, Request: 1,
	}), membership.Disconnect)
	if p := notice.Message.Peer; p == nil || p.ID != "self" && p != o.node.Self() {
		t.Fatalf("%s is sent to %v", notice.Peer, p)
	}
	return o, notice.Peer.ID
}

func (o *one) asks(from string, p membership.Priority) membership.Verdict {
	o.t.Helper()
	return onlySend(o.t, o.receives(from, membership.Message{
		Kind: membership.Neighbor, Priority: p, Request: 9,
	}), membership.NeighborReply).Message.Verdict
}

func (o *one) guestTimer(id string) []membership.Effect {
	o.t.Helper()
	return o.step(membership.Input{
		Kind: membership.Expired, Timer: membership.Timer{Kind: membership.GuestTimer, ID: id},
	})
}

// A host that leaves asks nobody back.
func TestLeavingHostAsksNobody(t *testing.T) {
	o, _ := hosts(t)
	if asked := sends(o.step(membership.Input{Kind: membership.Leave}), membership.Neighbor); len(asked) > 0 {
		t.Errorf("asks %v", asked[0].Peer)
	}
}

// Whoever had to go for a guest and is back already is not asked back, and keeps no
// slot empty.
func TestNothingIsKeptForNeighbors(t *testing.T) {
	o, displaced := hosts(t)
	o.now += 1500 * time.Millisecond
	for _, id := range []string{"a", "b", "c"} {
		if id != displaced {
			o.loses(id, membership.Closed)
			break
		}
	}
	if v := o.asks(displaced, membership.Low); v != membership.Accepted {
		t.Fatalf("%s is not taken back", displaced)
	}
	o.now += 2 * time.Second
	if asked := sends(o.guestTimer("x"), membership.Neighbor); len(asked) > 0 && asked[0].Peer.ID == displaced {
		t.Errorf("asks %s back, who is a neighbor", displaced)
	}
	o.loses("x", membership.Closed)
	if v := o.asks("new", membership.Low); v != membership.Accepted {
		t.Errorf("a newcomer is refused with %d neighbors of 3", o.node.Active().Len())
	}
}

// A node that keeps a slot, and has a guest itself, gives the slot to whom it is kept
// for, and the guest goes.
func TestKeptSlotWithGuest(t *testing.T) {
	o := newOne(t, 1, small(3)).has("a", "b", "c")
	o.receives("a", membership.Message{Kind: membership.Disconnect, Reason: membership.Evicted, Peer: made("a")})
	o.now += 100 * time.Millisecond
	if v := o.asks("other", membership.Low); v != membership.Refused {
		t.Fatal("the kept slot is given away")
	}
	if v := o.asks("y", membership.High); v != membership.Accepted {
		t.Fatal("the guest is refused")
	}
	o.now += 3100 * time.Millisecond
	o.guestTimer("y")
	if o.node.Active().Has("y") {
		t.Error("the guest stays for good")
	}
	if v := o.asks("a", membership.Low); v != membership.Accepted {
		t.Error("a is refused, for whom a slot is kept")
	}
}

// An eviction names somebody to ask instead. However many do, no more are asked than
// there are free slots: whom they name is their choice.
func TestEvictionsMakeFewDials(t *testing.T) {
	o := newOne(t, 1, small(5)).has("a", "b")
	for i := range 1000 {
		id := fmt.Sprintf("evil%d", i)
		o.receives(id, membership.Message{Kind: membership.Neighbor, Priority: membership.Low, Request: 1})
		o.receives(id, membership.Message{
			Kind: membership.Disconnect, Reason: membership.Evicted, Peer: made(fmt.Sprintf("target%d", i)),
		})
		o.now += time.Millisecond
		if n := o.node.Pending(); n > 5 {
			t.Fatalf("%d requests after %d evictions", n, i+1)
		}
	}
}

// Pauses that make no sense are refused, and the longest ones do not overflow.
func TestRotationPauses(t *testing.T) {
	cfg := membership.DefaultConfig()
	cfg.RotateMin = 48 * time.Hour
	if cfg.Validate() == nil {
		t.Error("the first pause may be longer than the longest")
	}
	const longest = 1 << 62
	o := newOne(t, 1, func(cfg *membership.Config) { cfg.RotateMin, cfg.RotateInterval = time.Hour, longest })
	pauses, _, _ := rotations(o, membership.Timer{Kind: membership.RotateTimer}, 100)
	for i, pause := range pauses {
		if pause < time.Hour {
			t.Fatalf("pause %d is %v", i+1, pause)
		}
	}
}
