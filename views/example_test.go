// The views by themselves, without the protocol that moves peers between them.

package views_test

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/kithmesh/kith/views"
)

// A full active view takes nobody in until somebody has left.
func ExampleNewActive() {
	active := views.NewActive(2)
	const now = time.Second // since the node's own start
	for i, id := range []string{"a", "b", "c"} {
		p := &views.Peer{ID: id, Incarnation: 1, Addr: id + ".example:7000"}
		fmt.Println(id, active.Add(p, uint64(i+1), now))
	}
	active.Remove("a")
	fmt.Println(active.Len(), "neighbor left,", active.Free(), "place free")
	// Output:
	// a true
	// b true
	// c false
	// 1 neighbor left, 1 place free
}

// Whoever has proved who it is stays; what others say of it changes nothing.
func ExampleNewPassive() {
	rng := rand.New(rand.NewPCG(1, 2)) // the node's own source
	passive := views.NewPassive(30)
	known := &views.Peer{ID: "a", Incarnation: 7, Addr: "a.example:7000"}
	passive.Prove(time.Second, known, rng)
	hearsay := views.Sighting{Peer: &views.Peer{ID: "a", Incarnation: 9, Addr: "evil.example:7000"}}
	passive.Add(2*time.Second, hearsay, nil, rng)
	p, _ := passive.Get("a")
	fmt.Println(p.Addr, passive.Proved())
	// Output: a.example:7000 1
}

// Lost peers are looked for, each time after a longer wait.
func ExampleNewLost() {
	rng := rand.New(rand.NewPCG(1, 2))
	lost := views.NewLost(64)
	gone := &views.Peer{ID: "a", Incarnation: 1, Addr: "a.example:7000"}
	lost.Add(gone, 0, 2*time.Second)
	fmt.Println(lost.Due(time.Second, time.Minute, rng))
	fmt.Println(lost.Due(4*time.Second, time.Minute, rng).ID)
	fmt.Println(lost.Due(4*time.Second, time.Minute, rng)) // it has just been looked for
	// Output:
	// <nil>
	// a
	// <nil>
}

// Peers come from others, and are checked before they are believed.
func ExamplePeer_Validate() {
	p := views.Peer{ID: "orders.1", Incarnation: 1, Addr: "10.0.0.1:7000"}
	fmt.Println(p.Validate())
	// Output: views: peer ID is "orders.1", want 1 to 64 of A-Z a-z 0-9 - _
}
