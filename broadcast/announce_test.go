// Who is told what is here, and when.

package broadcast_test

import (
	"testing"
	"time"

	"github.com/kithmesh/kith/broadcast"
)

// lazy is how long announcements wait.
var lazy = broadcast.DefaultConfig().LazyDelay

// newLazy makes a node p whose neighbors a, on link 1, and z, on link 2, want nothing pushed of what
// comes from x on link 3, and know that it is to be had here.
func newLazy(t *testing.T) *one {
	t.Helper()
	o := newOne(t, broadcast.DefaultConfig(), 0)
	for i, id := range []string{"a", "z", "q"} {
		o.step(broadcast.Input{Kind: broadcast.LinkUp, Link: uint64(i + 1), Target: id})
	}
	o.pass(time.Minute) // no link is young
	o.gets(3, "x", 1)
	o.told(1, broadcast.Prune, broadcast.Mark{Life: life("x")})
	o.told(2, broadcast.Prune, broadcast.Mark{Life: life("x")})
	o.expect(o.pass(lazy), "tell 1 2 IHave x/1-1 hop 3")
	o.pass(2 * time.Second)
	return o
}

// Of two neighbors the one whose ID comes first speaks first, and the other only if that did not.
func TestOneSideAnnouncesFirst(t *testing.T) {
	o := newLazy(t)
	o.gets(3, "x", 2)
	o.expect(o.pass(lazy), "tell 2 IHave x/1-2 hop 3")
	o.expect(o.pass(lazy), "tell 1 IHave x/1-2 hop 3")

	o.gets(3, "x", 3)
	o.hears(2, "x", 1, 3)
	o.expect(o.pass(lazy))
	o.hears(1, "x", 1, 3)
	o.expect(o.pass(lazy))
	o.expect(o.pass(3 * time.Second)) // nor later
}

// What came after that is announced in its turn, and what a link that has ended was to hear, to nobody.
func TestHeldAnnouncements(t *testing.T) {
	o := newLazy(t)
	o.gets(3, "x", 2)
	o.expect(o.pass(lazy), "tell 2 IHave x/1-2 hop 3")
	o.gets(3, "x", 3)
	o.expectSet(o.pass(lazy), "tell 1 IHave x/1-2 hop 3", "tell 2 IHave x/1-3 hop 3")
	o.down(1)
	o.expect(o.pass(lazy))
}

// While several speak at a time on the shared tree, nobody waits for the other side.
func TestAllAnnounceInACrowd(t *testing.T) {
	o := newLazy(t)
	o.gets(3, "y", 1)
	o.gets(3, "x", 2)
	o.expect(o.pass(lazy), "tell 1 2 IHave y/1-1 hop 3 x/1-2 hop 3")
}

// The last message is announced again on a link that was new, where nobody may have been listening yet.
func TestEchoOnYoungLinks(t *testing.T) {
	o := newLazy(t)
	o.step(broadcast.Input{Kind: broadcast.LinkUp, Link: 4, Target: "zz"})
	o.told(4, broadcast.Prune, broadcast.Mark{Life: life("x")})
	o.gets(3, "x", 2)
	o.pass(lazy)
	o.pass(lazy)
	o.expect(o.pass(time.Second), "tell 4 IHave x/1-2 hop 3")
	o.expect(o.pass(time.Minute))
}
