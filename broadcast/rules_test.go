// Rules beyond the paper, one test each.

package broadcast_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/kithmesh/kith/broadcast"
)

// A newcomer that was told that what it lacks is older than itself has nothing in
// store, and says so to another one.
func TestNewcomerAsksNewcomer(t *testing.T) {
	o := newOne(t, broadcast.DefaultConfig(), 2)
	o.hears(1, "x", 1, 99)
	o.told(1, broadcast.Gone, broadcast.Mark{Life: life("x"), Low: 100, Age: time.Second})
	o.expect(o.told(2, broadcast.Graft, broadcast.Mark{Life: life("x"), Low: 50, Age: time.Second}),
		"tell 2 Gone x/100-")
	o.expect(o.up(3)) // no digest: there is nothing in it
}

// What was reported as missed is not delivered in order later, not even if nothing of
// its origin has been here until then.
func TestMissedIsMissed(t *testing.T) {
	cfg := broadcast.DefaultConfig()
	o := newOne(t, cfg, 2)
	o.now = time.Minute
	ahead := uint64(cfg.Window) + 2
	o.gets(1, "x", ahead)
	o.expect(o.pass(cfg.GapWait), "miss x/1-16385")
	if lines := lines(o, o.gets(1, "x", 5)); strings.Contains(lines, "deliver") {
		t.Errorf("delivers what it had given up:\n%s", lines)
	}
	o.told(1, broadcast.Gone, broadcast.Mark{Life: life("x"), Low: ahead + 9, Age: time.Second})
	o.expect(o.gets(2, "x", ahead)[:2], "push x/16386 to 1", "deliver x/16386")
}

// An origin that is known from hearsay only is forgotten in the end, and so is one of
// which somebody goes on saying that there is more.
func TestHearsayIsForgotten(t *testing.T) {
	cfg := broadcast.DefaultConfig()
	cfg.SourceExpiry = time.Minute
	o := newOne(t, cfg, 1)
	o.pass(2 * time.Second)
	o.hears(1, "x", 1, 1)
	for range 40 {
		o.pass(2 * time.Second)
		if o.node.Knows(life("x")) {
			o.hears(1, "x", 1, 1)
		}
	}
	if o.node.Knows(life("x")) {
		t.Error("it is still known")
	}
}

// Two messages far apart must not cost more memory than is accounted for.
func TestSparseRingsCount(t *testing.T) {
	cfg := broadcast.DefaultConfig()
	cfg.StoreBytes = 1 << 20
	o := newOne(t, cfg, 1)
	for i := range 200 {
		origin := fmt.Sprintf("x%d", i)
		o.gets(1, origin, 1)
		o.gets(1, origin, uint64(cfg.Window))
	}
	if bytes := 8 * o.node.Slots(); bytes > cfg.StoreBytes {
		t.Errorf("the rings have %d bytes, want at most %d", bytes, cfg.StoreBytes)
	}
}

// The way to a node that has restarted is kept when its first life is forgotten.
func TestRouteToNewLife(t *testing.T) {
	cfg := broadcast.DefaultConfig()
	cfg.SourceExpiry = 64 * time.Second
	o := newOne(t, cfg, 2)
	o.gets(1, "x", 1)
	again := func(sequence uint64) {
		o.step(broadcast.Input{Kind: broadcast.Received, Link: 1, Gossip: broadcast.Gossip{
			Life: []byte(broadcast.NewLife("x", 2)), Sequence: sequence, First: 1, Frame: []byte("again"),
		}})
	}
	for i := range uint64(80) {
		o.pass(time.Second)
		again(i + 1)
	}
	if o.node.Knows(life("x")) {
		t.Fatal("the first life is still known")
	}
	o.expect(o.step(broadcast.Input{Kind: broadcast.Routed, Target: "x", Gossip: broadcast.Gossip{Frame: []byte("hello")}}),
		`pass "hello" to 1`)
	if routes := o.node.Routes(); routes != 1 {
		t.Errorf("%d ways are known, want 1", routes)
	}
}

// A message for a single node that comes on a link that has ended, or that is not up yet, goes on.
func TestDirectOfNoNeighbor(t *testing.T) {
	o := newOne(t, broadcast.DefaultConfig(), 2)
	o.gets(2, "x", 1)
	o.step(broadcast.Input{Kind: broadcast.LinkDown, Link: 1})
	for _, link := range []uint64{1, 9} {
		direct := broadcast.Input{Kind: broadcast.Routed, Link: link, Target: "x", Gossip: broadcast.Gossip{
			Life: []byte(life("y")), Hop: 1, Frame: []byte("hello"),
		}}
		o.expect(o.step(direct), `pass "hello" to 2`)
		direct.Target = "nobody"
		o.expect(o.step(direct), `spread "hello"`)
	}
}

// A neighbor that goes on after a PRUNE is told again, as long as the parent brings the
// same: otherwise all would come twice for ever. When the parent does not, the one that
// does becomes it.
func TestPruneAgain(t *testing.T) {
	cfg := paperly()
	o := newOne(t, cfg, 2)
	o.gets(1, "x", 1)
	o.expect(o.gets(2, "x", 1), "tell 2 Prune x")
	o.gets(2, "x", 2)
	o.expect(o.gets(1, "x", 2)) // on its way when the PRUNE was sent
	o.now += cfg.MoveDelay
	o.gets(2, "x", 3)
	o.expect(o.gets(1, "x", 3), "tell 2 Prune x")
	o.now += cfg.GraftDelay
	o.gets(2, "x", 4)
	o.expect(o.gets(1, "x", 4), "tell 1 Prune x")
}

// A message that comes shows that those announced after it are on their way too: they
// get as long as the first did, and nobody is asked while they come.
func TestLateIsNotLost(t *testing.T) {
	cfg := broadcast.DefaultConfig()
	cfg.OwnTree = 0
	o := newOne(t, cfg, 2)
	o.gets(1, "x", 1)
	o.hears(2, "x", 1, 2)
	for sequence := uint64(2); sequence < 20; sequence++ {
		o.hears(2, "x", 1, sequence+1) // before the one that was announced has come
		for range 4 {
			if effects := lines(o, o.pass(cfg.GraftDelay/8)); strings.Contains(effects, "Graft") {
				t.Fatalf("asks while messages come\n%s", effects)
			}
		}
		o.gets(1, "x", sequence)
	}
	if effects := lines(o, o.pass(4*cfg.GraftDelay)); !strings.Contains(effects, "tell 2 Graft x/20-") {
		t.Fatalf("does not ask for the last one\n%s", effects)
	}
}

// A message that comes too early shows that the one before it will not come by itself.
func TestHoleIsAskedFor(t *testing.T) {
	cfg := broadcast.DefaultConfig()
	o := newOne(t, cfg, 2)
	o.gets(1, "x", 1)
	o.hears(2, "x", 1, 2)
	o.gets(1, "x", 3)
	o.expect(o.pass(cfg.GraftRetry), "tell 2 Graft x/2-")
}

// Who hears of an origin for the first time waits for its message, as the tree will
// bring it; but not when the tree has been torn, or when the message is an old one.
func TestFirstAnnouncement(t *testing.T) {
	cfg := broadcast.DefaultConfig()
	o := newOne(t, cfg, 3)
	o.hears(2, "x", 1, 1)
	wait := cfg.GraftDelay * 2 / 5 // for those who seldom speak
	o.expect(o.pass(wait - 1))
	o.expect(o.pass(1), "tell 2 Graft x/1- of 2.2s")
	o.step(broadcast.Input{Kind: broadcast.Told, Link: 2, Control: &broadcast.Control{
		Kind: broadcast.IHave, Digest: true, Marks: []broadcast.Mark{{Life: life("y"), Low: 1, High: 1, Hop: 3}},
	}})
	o.expect(o.pass(0), "tell 2 Graft y/1- of 2.2s")
	o.down(3)
	o.hears(2, "z", 1, 1)
	o.expect(o.pass(0), "tell 2 Graft z/1- of 2.2s")
}

// Where an origin begins is what most is known of, until a message of it has been here:
// the neighbor that is heard first may have little.
func TestBeginning(t *testing.T) {
	cfg := broadcast.DefaultConfig()
	digest := func(o *one, link, low, high uint64) {
		o.step(broadcast.Input{Kind: broadcast.Told, Link: link, Control: &broadcast.Control{
			Kind: broadcast.IHave, Digest: true, Marks: []broadcast.Mark{{Life: life("x"), Low: low, High: high, Hop: 3}},
		}})
	}
	o := newOne(t, cfg, 3)
	o.now = time.Hour // whatever is in store anywhere is wanted
	digest(o, 1, 6, 9)
	digest(o, 2, 3, 9)
	o.expect(o.pass(0), "tell 2 Graft x/3-")

	o = newOne(t, cfg, 3)
	o.now = time.Hour
	digest(o, 1, 6, 9)
	o.expect(o.gets(3, "x", 10), "push x/10 to 1 2", "deliver x/10 (early)")
	digest(o, 2, 3, 9)
	o.expect(o.pass(cfg.GraftRetry), "tell 3 Graft x/1-")
	o.told(3, broadcast.Gone, broadcast.Mark{Life: life("x"), Low: 10})
	o.expect(o.pass(0), "tell 2 Graft x/3-")
}

// A parent that announces something in an origin's own tree does not push it: it has
// made this link lazy, and is asked at once.
func TestParentAnnounces(t *testing.T) {
	cfg := broadcast.DefaultConfig()
	cfg.OwnTree = 1
	o := newOne(t, cfg, 2)
	o.gets(1, "x", 1)
	o.hears(1, "x", 1, 2)
	o.expect(o.pass(0), "tell 1 Graft x/2- own")
}

// Who has announced a message itself is told nothing of it, unless it would have come to it on
// fewer links from here; nor is it told when the origin falls silent, no more than who has
// brought the message.
func TestNoNews(t *testing.T) {
	cfg := broadcast.DefaultConfig()
	announce := func(o *one, link, high uint64, hop uint8) {
		o.told(link, broadcast.IHave, broadcast.Mark{Life: life("x"), Low: 1, High: high, Hop: hop})
	}
	o := newOne(t, cfg, 6)
	o.gets(1, "x", 1)
	for link := uint64(3); link <= 6; link++ {
		o.told(link, broadcast.Prune, broadcast.Mark{Life: life("x")})
	}
	announce(o, 3, 1, 4)
	o.expect(o.pass(cfg.LazyDelay), "tell 3 4 5 6 IHave x/1-1 hop 3") // each learns once that it can ask here
	o.gets(1, "x", 2)
	announce(o, 3, 2, 4)
	announce(o, 4, 2, 5)
	o.expect(o.pass(cfg.LazyDelay), "tell 4 5 6 IHave x/1-2 hop 3")
	announce(o, 5, 2, 3)
	o.expect(o.pass(2*time.Second), "tell 2 4 6 IHave x/1-2 hop 3")
	announce(o, 6, 4, 3) // more than there is here
	o.gets(1, "x", 3)
	o.expect(o.pass(cfg.LazyDelay), "tell 3 4 5 IHave x/1-3 hop 3")
}

// Who was asked and ends does not answer: another one is asked at once.
func TestAskedEnds(t *testing.T) {
	cfg := broadcast.DefaultConfig()
	o := newOne(t, cfg, 3)
	o.gets(1, "x", 1)
	o.hears(2, "x", 1, 2)
	o.hears(3, "x", 1, 2)
	o.expect(o.pass(cfg.GraftDelay), "tell 2 Graft x/2-")
	o.down(2)
	o.expect(o.pass(0), "tell 3 Graft x/2-")
}

// An RTT that was measured while the node was stopped has nobody wait for so long.
func TestAbsurdRTT(t *testing.T) {
	cfg := broadcast.DefaultConfig()
	o := newOne(t, cfg, 3)
	o.step(broadcast.Input{Kind: broadcast.LinkUp, Link: 2, RTT: time.Hour})
	o.gets(1, "x", 1)
	o.hears(2, "x", 1, 2)
	o.hears(3, "x", 1, 2)
	o.expect(o.pass(cfg.GraftDelay), "tell 2 Graft x/2-")
	if effects := lines(o, o.pass(2*time.Second+cfg.GraftRetry)); !strings.Contains(effects, "tell 3 Graft x/2-") {
		t.Errorf("waits for an answer from 2\n%s", effects)
	}
}

// Who was asked in vain is asked again, ever more slowly.
func TestAskingSlowsDown(t *testing.T) {
	cfg := broadcast.DefaultConfig()
	o := newOne(t, cfg, 1)
	o.gets(1, "x", 1)
	o.hears(1, "x", 1, 2)
	grafts := 0
	for range cfg.GapWait / (10 * time.Millisecond) {
		grafts += strings.Count(lines(o, o.pass(10*time.Millisecond)), "Graft")
	}
	if grafts < 5 || grafts > 10 {
		t.Errorf("asked %d times, want a few", grafts)
	}
	if o.node.Lacks(life("x")) {
		t.Error("still waits for what nobody sends")
	}
}

// Each link is told again that it is lazy for itself, however lately others were told.
func TestPruneEachLink(t *testing.T) {
	cfg := paperly()
	o := newOne(t, cfg, 3)
	o.gets(1, "x", 1)
	o.expect(o.gets(2, "x", 1), "tell 2 Prune x")
	o.expect(o.gets(3, "x", 1), "tell 3 Prune x")
	o.now += cfg.MoveDelay
	o.expect(o.gets(2, "x", 1), "tell 2 Prune x")
	o.expect(o.gets(3, "x", 1), "tell 3 Prune x")
}

// Where many speak at a time, a link that brings what some say first is not pruned because it
// brings what another one says second.
func TestCrowdKeepsTree(t *testing.T) {
	o := newOne(t, broadcast.DefaultConfig(), 3)
	o.now = time.Minute
	o.gets(1, "x", 1)
	o.gets(2, "y", 1)
	o.expect(o.gets(3, "x", 1)) // it has yet to show what it is good for
	o.expect(o.gets(2, "x", 1))
	o.expect(o.gets(1, "y", 1))
	o.gets(3, "z", 1)
	o.now += 100 * time.Millisecond
	o.expect(o.gets(2, "x", 1), "tell 2 Prune x")
	o.expect(o.gets(3, "x", 1), "tell 3 Prune x")
}
