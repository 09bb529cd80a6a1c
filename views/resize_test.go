// Views whose size changes.

package views_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/kithmesh/kith/views"
)

// A view that gets smaller keeps who is there, and has room for no more.
func TestActiveResize(t *testing.T) {
	a := activeOf("a", "b", "c")
	a.Resize(4)
	if a.Free() != 1 || !a.Add(peer("d"), 4, 0) || a.Add(peer("e"), 5, 0) {
		t.Fatal("there was room for one more")
	}
	a.Resize(2)
	if a.Len() != 4 || !a.Full() || a.Link(peer("b")) != 2 {
		t.Fatal("nobody goes by a change of size")
	}
	a.Remove("a")
	if !a.Add(peer("e"), 5, 0) {
		t.Fatal("one for another is possible until there are no more than wanted")
	}
	a.Remove("b")
	a.Resize(2)
	a.Remove("c")
	a.Resize(2)
	if a.Len() != 2 || !a.Full() || a.Add(peer("f"), 6, 0) {
		t.Fatal("the view is full")
	}
}

// A smaller view gives up who failed, and hearsay before those who are proved.
func TestPassiveResize(t *testing.T) {
	v, rng := views.NewPassive(9), source(1)
	for i := range 9 {
		v.Add(0, views.Sighting{Peer: peer(fmt.Sprintf("p%d", i))}, nil, rng)
	}
	v.Prove(0, peer("p1"), rng)
	v.Prove(0, peer("p2"), rng)
	v.Failed(peer("p7"), time.Minute)
	v.Resize(8, 0, rng)
	if v.Has("p7") || v.Len() != 8 || v.Size() != 8 {
		t.Fatalf("%d of %d, p7 is there: %v", v.Len(), v.Size(), v.Has("p7"))
	}
	v.Resize(6, 0, rng)
	if !v.Has("p1") || !v.Has("p2") || v.Proved() != 2 || !v.Full() {
		t.Fatalf("%d proved of %d", v.Proved(), v.Len())
	}
	v.Resize(30, 0, rng)
	for i := range 30 {
		v.Add(0, views.Sighting{Peer: peer(fmt.Sprintf("q%d", i))}, nil, rng)
	}
	if v.Len() != 30 || !v.Has("q29") || v.ProvedShare() != 10 {
		t.Fatalf("%d of %d", v.Len(), v.Size())
	}
	v.Resize(0, 0, rng)
	if v.Len() != 0 || v.Has("q29") {
		t.Fatalf("%d", v.Len())
	}
}
