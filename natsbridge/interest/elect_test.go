// Who carries messages.

package interest_test

import (
	"testing"
	"time"

	"github.com/kithmesh/kith/natsbridge/interest"
)

func (d *tester) group(from, name string, version uint64) {
	d.tb.Helper()
	d.hear(from, &interest.Message{Kind: interest.Delta, From: version - 1, Version: version, Group: name})
}

func TestElection(t *testing.T) {
	d := start(t, interest.Config{})
	d.attach("g")
	d.local("mine", 1)
	all := d.only(interest.Delta)
	if len(all) != 1 || all[0].Group != "g" || len(all[0].Keys) != 0 {
		t.Fatalf("told %+v, want the group at once and nothing else", all)
	}
	d.delta("n", 1, "x")
	d.wait(299 * time.Millisecond)
	if d.won {
		t.Fatal("elected too soon")
	}
	d.wait(time.Millisecond)
	if !d.won {
		t.Fatal("not elected")
	}
	d.deltas("mine")
	d.wants("x")
	d.group("b", "other", 1)
	d.group("z", "g", 1)
	if !d.won {
		t.Fatal("it yields to nobody")
	}
	d.group("a", "g", 1)
	if d.won {
		t.Fatal("it does not yield")
	}
	d.wants("")
	d.deltas("-mine")
	d.delta("n", 2, "y")
	d.wants("")
	if !d.core.Wanted([]byte("mine")) {
		t.Error("what the server wants does not depend on the election")
	}
	d.hear("n", &interest.Message{Kind: interest.Doubt, Node: "a", Incarnation: 1})
	d.wait(1999 * time.Millisecond)
	if d.won {
		t.Error("elected within the grace")
	}
	d.wait(time.Millisecond)
	if !d.won {
		t.Error("not elected")
	}
	d.deltas("mine")
	d.wants("x|y")
	d.alive("a", 1, 0)
	if !d.won {
		t.Error("a is detached, by what it says now")
	}
	d.group("a", "g", 2)
	d.hear("a", &interest.Message{Kind: interest.Farewell})
	if !d.won {
		t.Error("not elected")
	}
}

// Who knows what its neighbor knows settles earlier.
func TestSettle(t *testing.T) {
	d := start(t, interest.Config{})
	d.up("n")
	d.attach("g")
	d.digest("c", 1, ttl)
	d.wait(100 * time.Millisecond)
	if d.won {
		t.Fatal("elected, and it does not know c")
	}
	d.hear("n", &interest.Message{Kind: interest.Table, Node: "c", Incarnation: 1, Version: 1, Left: ttl, Group: "h"})
	if !d.won {
		t.Error("not elected")
	}
	d.attach("h")
	d.wait(time.Second)
	if d.won {
		t.Error("elected beside c")
	}
	d.attach("")
	if !d.won {
		t.Error("not elected, and it is alone")
	}
}

// Nobody has heard of a node before its first neighbor is up: it waits from there on.
func TestSettleWithFirstNeighbor(t *testing.T) {
	d := start(t, interest.Config{})
	d.attach("g")
	d.wait(290 * time.Millisecond)
	d.up("n")
	if all := d.only(interest.Alive); len(all) != 1 || all[0].Group != "g" {
		t.Fatalf("told %+v", all)
	}
	d.hear("n", &interest.Message{Kind: interest.Digest})
	d.wait(74 * time.Millisecond)
	if d.won {
		t.Fatal("elected, and it has heard nobody")
	}
	d.wait(time.Millisecond)
	if !d.won {
		t.Fatal("not elected, and it knows all")
	}
}
