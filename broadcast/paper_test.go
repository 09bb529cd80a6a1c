// One test for every sentence of the Plumtree paper that says what a node does, with
// the protocol as the paper has it. Where this implementation departs from it, the test
// holds the departure.

package broadcast_test

import (
	"testing"
	"time"

	"github.com/kithmesh/kith/broadcast"
)

// treed is a node whose links 1 and 2 are eager and 3 and 4 lazy; messages of x come on
// link 1, and x/1 has.
func treed(t *testing.T, change func(*broadcast.Config)) *one {
	t.Helper()
	cfg := paperly()
	if change != nil {
		change(&cfg)
	}
	o := newOne(t, cfg, 4)
	o.gets(1, "x", 1)
	o.gets(3, "x", 1)
	o.gets(4, "x", 1)
	o.eager(1, 2)
	return o
}

// eager checks which links are eager.
func (o *one) eager(want ...uint64) {
	o.t.Helper()
	var set broadcast.Slots
	for _, link := range want {
		set |= 1 << o.node.Slot(link)
	}
	if got := o.node.Awaited(); got != set {
		o.t.Fatalf("eager slots are %b, want %b", got, set)
	}
}

// All neighbors are eager at first.
func TestPaperStart(t *testing.T) {
	newOne(t, paperly(), 3).eager(1, 2, 3)
}

// Broadcast: the message is pushed to the eager neighbors, announced to the lazy ones,
// and delivered.
func TestPaperBroadcast(t *testing.T) {
	o := treed(t, nil)
	o.expectSet(o.publishes(), "push p/1 to 1 2", "deliver p/1", "tell 3 4 IHave p/1-1 hop 1")
}

// GOSSIP, the first time: it is delivered, and pushed and announced to all but its
// sender, with one hop more.
func TestPaperGossip(t *testing.T) {
	o := treed(t, nil)
	o.expectSet(o.gets(1, "x", 2), "push x/2 to 2", "deliver x/2", "tell 3 4 IHave x/1-2 hop 3")
}

// Its sender becomes eager.
func TestPaperGossipMakesEager(t *testing.T) {
	o := treed(t, nil)
	o.now += paperly().GraftDelay // Deviation: not while what was on its way may still come
	o.gets(3, "x", 2)
	o.eager(1, 2, 3)
}

// GOSSIP, again: its sender becomes lazy and is told so by PRUNE.
func TestPaperDuplicate(t *testing.T) {
	o := treed(t, nil)
	o.expect(o.gets(2, "x", 1), "tell 2 Prune x")
	o.eager(1)
	// Deviation: a PRUNE is said once, and not for all that is on its way.
	o.expect(o.gets(2, "x", 1))
	o.now += paperly().MoveDelay
	o.expect(o.gets(2, "x", 1), "tell 2 Prune x")
	// Deviation: the link on which messages come first only answers too much.
	o.expect(o.gets(1, "x", 1))
	o.eager(1)
}

// PRUNE: its sender becomes lazy.
func TestPaperPrune(t *testing.T) {
	o := treed(t, nil)
	o.expect(o.told(2, broadcast.Prune, broadcast.Mark{Life: life("x")}))
	o.eager(1)
}

// IHAVE of a message that is here changes nothing.
func TestPaperKnownAnnouncement(t *testing.T) {
	o := treed(t, nil)
	o.hears(3, "x", 1, 1)
	o.expect(o.pass(time.Minute))
	if o.node.Lacks(life("x")) {
		t.Error("a message that is here is missing")
	}
}

// IHAVE of a message that is not: a timer is started, and when it expires the announcer
// becomes eager and is asked by GRAFT.
func TestPaperAnnouncement(t *testing.T) {
	o := treed(t, nil)
	o.expect(o.hears(3, "x", 1, 2))
	o.expect(o.pass(paperly().GraftDelay - 1))
	o.eager(1, 2)
	// Deviation: the GRAFT asks for everything from x/2 on.
	o.expect(o.pass(1), "tell 3 Graft x/2-")
	o.eager(1, 2, 3)
}

// The timer runs from the first announcement; further ones are noted, and asked for in
// the order in which they came, after a shorter time.
func TestPaperNextAnnouncer(t *testing.T) {
	cfg := paperly()
	o := treed(t, nil)
	o.hears(4, "x", 1, 2)
	o.now += cfg.GraftDelay / 2
	o.hears(3, "x", 1, 2)
	o.expect(o.pass(cfg.GraftDelay/2), "tell 4 Graft x/2-")
	o.expect(o.pass(cfg.GraftRetry - 1))
	o.expect(o.pass(1), "tell 3 Graft x/2-")
}

// A message that comes stops its timer.
func TestPaperTimerStops(t *testing.T) {
	o := treed(t, nil)
	o.hears(3, "x", 1, 2)
	o.gets(1, "x", 2)
	o.expect(o.pass(time.Minute))
}

// GRAFT: its sender becomes eager, and gets the message if it is here.
func TestPaperGraft(t *testing.T) {
	o := treed(t, nil)
	o.expect(o.told(3, broadcast.Graft, broadcast.Mark{Life: life("x"), Low: 1}), "push x/1 to 3")
	o.eager(1, 2, 3)
	o.expect(o.told(4, broadcast.Graft, broadcast.Mark{Life: life("x"), Low: 2}))
	o.eager(1, 2, 3, 4)
}

// Deviation: what will not come is answered.
func TestPaperGraftInVain(t *testing.T) {
	o := treed(t, nil)
	o.expect(o.told(3, broadcast.Graft, broadcast.Mark{Life: life("y"), Low: 1}), "tell 3 Gone y/0-")
}

// NeighborDown: it is no longer eager or lazy, and its announcements are forgotten.
func TestPaperNeighborDown(t *testing.T) {
	o := treed(t, nil)
	o.hears(3, "x", 1, 2)
	o.hears(4, "x", 1, 2)
	o.down(3)
	o.expect(o.pass(paperly().GraftDelay), "tell 4 Graft x/2-")
	o.down(2)
	o.eager(1, 4)
	o.up(5) // in the slot of a link that is gone
	o.eager(1, 4, 5)
	o.expectSet(o.publishes(), "push p/1 to 1 5 4", "deliver p/1")
}

// What was to be announced to a neighbor that is gone is not.
func TestPaperNeighborDownLazyQueue(t *testing.T) {
	o := treed(t, func(cfg *broadcast.Config) { cfg.LazyDelay = 20 * time.Millisecond })
	o.gets(1, "x", 2)
	o.down(3)
	o.expect(o.pass(20*time.Millisecond), "tell 4 IHave x/1-2 hop 3")
}

// NeighborUp: it is eager.
func TestPaperNeighborUp(t *testing.T) {
	o := treed(t, nil)
	o.expect(o.up(5))
	o.eager(1, 2, 5)
}

// IHAVEs may wait, and be sent together, but are sent in the end.
func TestPaperLazyPush(t *testing.T) {
	o := treed(t, func(cfg *broadcast.Config) { cfg.LazyDelay = 20 * time.Millisecond })
	o.expectSet(o.gets(1, "x", 2), "push x/2 to 2", "deliver x/2")
	o.expectSet(o.publishes(), "push p/1 to 1 2", "deliver p/1")
	o.expect(o.pass(19 * time.Millisecond))
	o.expect(o.pass(time.Millisecond), "tell 3 4 IHave x/1-2 hop 3 p/1-1 hop 1")
}

// Optimization: if an announcer is nearer to the origin than the parent, by the
// threshold at least, it gets a GRAFT and the parent a PRUNE.
func TestPaperOptimize(t *testing.T) {
	for _, threshold := range []int{0, 3, 4} {
		o := treed(t, func(cfg *broadcast.Config) { cfg.Threshold = threshold })
		o.now += paperly().MoveDelay // Deviation: not twice within this time
		o.step(broadcast.Input{Kind: broadcast.Received, Link: 1, Gossip: gossip("x", 2, 6)})
		effects := o.told(3, broadcast.IHave, broadcast.Mark{Life: life("x"), Low: 1, High: 2, Hop: 3})
		if threshold != 3 {
			o.expect(effects)
			o.eager(1, 2)
			continue
		}
		// Deviation: it asks for what comes next, as it has the message.
		o.expect(effects, "tell 1 Prune x", "tell 3 Graft x/3-")
		o.eager(2, 3)
	}
}

// Who is no neighbor is not heard, whatever it says.
func TestPaperStranger(t *testing.T) {
	o := treed(t, nil)
	o.expect(o.gets(9, "x", 2))
	o.expect(o.hears(9, "x", 1, 5))
	o.expect(o.told(9, broadcast.Graft, broadcast.Mark{Life: life("x"), Low: 1}))
	o.expect(o.told(9, broadcast.Prune, broadcast.Mark{Life: life("x")}))
	o.eager(1, 2)
	o.expect(o.pass(time.Minute))
}
