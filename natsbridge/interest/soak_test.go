// A long life among very many bridges, after which nothing is left of them.

package interest_test

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"github.com/kithmesh/kith/internal/testkit"
	"github.com/kithmesh/kith/natsbridge/interest"
)

// soaked is a node of which a test wants to know only what is left in the end.
type soaked struct {
	core   *interest.Node
	now    time.Duration
	wake   time.Duration
	wanted map[interest.Key]int
}

func (s *soaked) step(in interest.Input) {
	in.Now = s.now
	for _, e := range s.core.Step(in) {
		switch e.Kind {
		case interest.Wake:
			s.wake = e.At
		case interest.Want:
			if s.wanted[e.Key] = e.Weight; e.Weight == 0 {
				delete(s.wanted, e.Key)
			}
		case interest.Publish, interest.Send, interest.Elected:
		}
	}
}

func (s *soaked) pass(d time.Duration) {
	until := s.now + d
	for s.wake <= until {
		s.now = s.wake
		s.step(interest.Input{Kind: interest.Tick})
	}
	s.now = until
}

func (s *soaked) hear(from string, m *interest.Message) {
	s.step(interest.Input{
		Kind: interest.Heard, From: from, Incarnation: 1, Hops: 1, Direct: m.Kind >= interest.Ask, Data: interest.AppendMessage(nil, m),
	})
}

// meet lets a bridge be heard of that nobody knew: it tells what it wants, or lacks a table, and
// goes in one way or another.
func (s *soaked) meet(i int, rng *rand.Rand) {
	id := fmt.Sprint("x", i)
	wants := changes(fmt.Sprintf("orders.%d", i), fmt.Sprintf("orders.%d.>", i%50), fmt.Sprintf("work.%d workers 3", i%70))
	beat := uint64(1)
	if i%8 == 0 {
		s.step(interest.Input{Kind: interest.NeighborUp, From: id, Incarnation: 1})
	}
	switch i % 5 {
	case 0: // its first version is missing
		s.hear(id, &interest.Message{Kind: interest.Delta, From: 4, Version: 5, Beat: beat, Keys: wants})
	case 1: // hearsay
		s.hear(fmt.Sprint("x", max(i-1, 0)), &interest.Message{Kind: interest.Digest, Known: []interest.Known{
			{Node: id, Incarnation: 1, Version: 3, Left: time.Minute},
		}})
	default:
		s.hear(id, &interest.Message{Kind: interest.Delta, Version: 1, Beat: beat, Group: fmt.Sprint("g", i%3), Keys: wants})
	}
	switch other := fmt.Sprint("x", rng.IntN(i+1)); i % 7 {
	case 0:
		s.hear(other, &interest.Message{Kind: interest.Farewell})
	case 1:
		s.hear(other, &interest.Message{Kind: interest.Doubt, Node: id, Incarnation: 1})
	case 2:
		s.step(interest.Input{Kind: interest.NeighborDown, From: other, Lost: true})
	}
	if i%8 == 7 {
		s.step(interest.Input{Kind: interest.NeighborDown, From: fmt.Sprint("x", i-7), Lost: i%16 == 7})
	}
	subject := fmt.Appendf(nil, "orders.%d", i)
	s.core.Wanted(subject)
	s.core.Elsewhere(subject)
	s.core.Choose(fmt.Appendf(nil, "work.%d", i%70), []byte("workers"))
}

// TestSoak lets a node meet two thousand bridges, with KITH_SOAK a hundred thousand. When
// nothing has been heard for as long as anybody's interest counts, nothing is left of them.
func TestSoak(t *testing.T) {
	bridges := testkit.Soak(2_000, 100_000)
	core, err := interest.New(interest.Config{MaxNodes: 500}, "m", 1, rand.New(rand.NewPCG(1, 2)))
	if err != nil {
		t.Fatal(err)
	}
	s := &soaked{core: core, wanted: map[interest.Key]int{}}
	s.step(interest.Input{Kind: interest.Start})
	s.step(interest.Input{Kind: interest.Attached})
	s.step(interest.Input{Kind: interest.Synced})
	s.step(interest.Input{Kind: interest.NeighborUp, From: "n", Incarnation: 1})
	rng := rand.New(rand.NewPCG(3, 4))
	before, most, wanted := testkit.HeapInUse(), interest.Stats{}, 0
	for i := range bridges {
		s.meet(i, rng)
		s.step(interest.Input{Kind: interest.Local, Key: key(fmt.Sprint("local.", i%300)), Weight: i / 300 % 2})
		s.pass(time.Duration(rng.IntN(60)) * time.Millisecond)
		if i%500 == 0 {
			if err := core.Check(); err != nil {
				t.Fatal(err)
			}
		}
		now := core.Stats()
		most.Nodes, most.Keys, most.Bytes = max(most.Nodes, now.Nodes), max(most.Keys, now.Keys), max(most.Bytes, now.Bytes)
		wanted = max(wanted, len(s.wanted))
	}
	t.Logf("%d bridges in %v; at most %d known with %d keys of %d bytes, %d wanted of the own server", bridges, s.now, most.Nodes, most.Keys, most.Bytes, wanted)
	if most.Nodes != 500 || wanted < 300 {
		t.Errorf("at most %+v, %d wanted", most, wanted)
	}
	for i := range 300 {
		s.step(interest.Input{Kind: interest.Local, Key: key(fmt.Sprint("local.", i))})
	}
	for i := range bridges {
		s.step(interest.Input{Kind: interest.NeighborDown, From: fmt.Sprint("x", i)})
	}
	s.pass(10 * ttl)
	if err := core.Check(); err != nil {
		t.Error(err)
	}
	if left := core.Left(); left != "" || len(s.wanted) > 0 {
		t.Errorf("left over: %s; %d wanted of the own server", left, len(s.wanted))
	}
	if after := testkit.HeapInUse(); after > before+1<<20 { // the room of maps for 500 nodes, and the cache
		t.Errorf("%d bytes of heap, %d before", after, before)
	}
	runtime.KeepAlive(s)
}
