// Holes, and moves of a branch, where an origin has a tree of its own.

package broadcast_test

import (
	"testing"
	"time"

	"github.com/kithmesh/kith/broadcast"
)

// withTree makes a node with three links to which x has brought its first messages by link
// 1, and has a tree of its own.
func withTree(t *testing.T) *one {
	t.Helper()
	o := newOne(t, broadcast.DefaultConfig(), 3)
	for sequence := range uint64(8) {
		o.gets(1, "x", sequence+1)
	}
	o.told(2, broadcast.Prune, broadcast.Mark{Life: life("x"), Own: true})
	o.told(3, broadcast.Prune, broadcast.Mark{Life: life("x"), Own: true})
	return o
}

// A hole is asked for, and nothing else, where the parent goes on. The tree stays.
func TestHoleIsFilled(t *testing.T) {
	o := withTree(t)
	o.expect(o.gets(1, "x", 11), "deliver x/11 (early)")
	o.hears(2, "x", 1, 12)
	o.expect(o.pass(broadcast.DefaultConfig().GraftRetry), "tell 1 2 3 IHave x/1-8 hop 3 own", "tell 2 Graft x/9-10 own")
	o.expect(o.gets(2, "x", 9), "deliver x/9")
	o.expect(o.gets(2, "x", 10), "deliver x/10", "deliver x/11 (had to wait)")
	o.expect(o.gets(2, "x", 10)) // no PRUNE for what was asked for
	o.expect(o.gets(1, "x", 12), "deliver x/12")
	o.expect(o.gets(1, "x", 12)) // it is the parent
	o.expect(o.gets(2, "x", 12), "tell 2 Prune x own")
}

// Who asks for a part gets it, and is no branch.
func TestPartIsNoBranch(t *testing.T) {
	o := withTree(t)
	o.expect(o.told(2, broadcast.Graft, broadcast.Mark{Life: life("x"), Low: 3, High: 4, Own: true}),
		"push x/3 to 2", "push x/4 to 2")
	o.expect(o.gets(1, "x", 9), "deliver x/9")
	o.expect(o.told(2, broadcast.Graft, broadcast.Mark{Life: life("x"), Low: 10, High: 12, Own: true}))
	o.expect(o.told(2, broadcast.Graft, broadcast.Mark{Life: life("x"), Low: 8, Own: true}),
		"push x/8 to 2", "push x/9 to 2")
	o.expect(o.gets(1, "x", 10), "push x/10 to 2", "deliver x/10")
}

// What comes late, to fill a hole, is sent to a branch that is still being given what is in
// store and has passed that hole.
func TestHoleBehindCursor(t *testing.T) {
	o := withTree(t)
	large := func(sequence uint64) broadcast.Gossip {
		g := gossip("x", sequence, 2)
		g.Frame = append(g.Frame, make([]byte, 100<<10)...)
		return g
	}
	for sequence := uint64(10); sequence < 16; sequence++ {
		o.step(broadcast.Input{Kind: broadcast.Received, Link: 1, Gossip: large(sequence)})
	}
	o.expect(o.told(2, broadcast.Graft, broadcast.Mark{Life: life("x"), Low: 9, Own: true}),
		"push x/10 to 2", "push x/11 to 2", "push x/12 to 2")
	o.expect(o.gets(1, "x", 9)[:1], "push x/9 to 2")
	if pushed := o.gets(1, "x", 16); pushed[0].Kind == broadcast.Push {
		t.Error("x/16 is pushed before what is in store")
	}
}

// A neighbor that has made this node its parent does not become its parent by what it sent
// before.
func TestNoCircle(t *testing.T) {
	o := withTree(t)
	o.hears(2, "x", 1, 8)
	o.expect(o.told(1, broadcast.Graft, broadcast.Mark{Life: life("x"), Low: 9, Own: true}), "tell 2 Graft x/9- own")
	o.gets(1, "x", 9)
	o.expect(o.gets(2, "x", 10)[:1], "push x/10 to 1")
	o.expect(o.gets(2, "x", 10))
	o.expect(o.gets(1, "x", 10), "tell 1 Prune x own")
}

// What was on its way when a link was pruned does not bring the branch back there, however
// near it comes from: nothing follows it.
func TestPrunedIsNoParent(t *testing.T) {
	o := withTree(t)
	o.expect(o.gets(2, "x", 8), "tell 2 Prune x own")
	nearer := gossip("x", 8, 1)
	o.expect(o.step(broadcast.Input{Kind: broadcast.Received, Link: 2, Gossip: nearer}))
	o.now += 300 * time.Millisecond
	nearer = gossip("x", 9, 1)
	o.step(broadcast.Input{Kind: broadcast.Received, Link: 2, Gossip: nearer})
	o.expect(o.gets(1, "x", 9), "tell 2 Prune x own")
}
