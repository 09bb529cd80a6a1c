// A long life among very many nodes, after which nothing is left of them.

package presence_test

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"github.com/kithmesh/kith/internal/testkit"
	"github.com/kithmesh/kith/presence"
)

// soaked is a directory of which a test wants to know only what is left in the end.
type soaked struct {
	core *presence.Directory
	now  time.Duration
	wake time.Duration
	ask  presence.Message // the latest, and whom it went to
	to   string
}

func (s *soaked) step(in presence.Input) {
	in.Now = s.now
	for _, e := range s.core.Step(in) {
		switch e.Kind {
		case presence.Wake:
			s.wake = e.At
		case presence.Send:
			if m, err := presence.ParseMessage(e.Data); err == nil && m.Kind == presence.Ask {
				s.ask, s.to = m, e.To
			}
		case presence.Publish, presence.Emit:
		}
	}
}

func (s *soaked) pass(d time.Duration) {
	until := s.now + d
	for s.wake <= until {
		s.now = s.wake
		s.step(presence.Input{Kind: presence.Tick})
	}
	s.now = until
}

func (s *soaked) hear(from string, direct bool, m *presence.Message) {
	s.step(presence.Input{Kind: presence.Heard, From: from, Incarnation: 1, Direct: direct, Data: presence.AppendMessage(nil, m)})
}

// TestSoak lets a directory hear of three thousand nodes, with KITH_SOAK of a hundred thousand: that they
// live, that they leave, and what others say of them. When nothing has been heard for as long as
// anybody is believed, only the node itself is in it.
func TestSoak(t *testing.T) {
	nodes := testkit.Soak(3_000, 100_000)
	core, err := presence.New(presence.Config{MaxNodes: 1000}, peer("self"), epoch, rand.New(rand.NewPCG(1, 2)))
	if err != nil {
		t.Fatal(err)
	}
	s := &soaked{core: core}
	s.step(presence.Input{Kind: presence.Start})
	rng := rand.New(rand.NewPCG(3, 4))
	before, most := testkit.HeapInUse(), presence.Stats{}
	for i := range nodes {
		id := fmt.Sprint("x", i)
		switch i % 4 {
		case 0, 1:
			s.hear(id, false, &presence.Message{Kind: presence.Announce, TTL: presence.DefaultConfig().MaxTTL, Peer: peer(id)})
		case 2:
			s.hear(id, false, &presence.Message{Kind: presence.Leave, TTL: ttl})
		case 3: // a neighbor that was asked tells of nodes that may not exist
			s.step(presence.Input{Kind: presence.Neighbors})
			s.step(presence.Input{Kind: presence.Neighbors, Neighbors: []string{"n"}})
			s.hear(s.to, true, pageOf(s.ask.After, false, false, time.Hour, id))
			s.hear(id, true, &presence.Message{Kind: presence.Ask})
		}
		if i%9 == 0 {
			s.hear(fmt.Sprint("x", rng.IntN(i+1)), false, &presence.Message{Kind: presence.Leave, TTL: ttl})
		}
		now := core.Stats()
		most.Nodes, most.Hearsay, most.Tombstones = max(most.Nodes, now.Nodes), max(most.Hearsay, now.Hearsay), max(most.Tombstones, now.Tombstones)
		s.pass(time.Duration(rng.IntN(60)) * time.Millisecond)
	}
	t.Logf("%d nodes in %v; at most %d in the list, %d by hearsay, %d tombstones", nodes, s.now, most.Nodes, most.Hearsay, most.Tombstones)
	if most.Nodes != 1000 || most.Hearsay < 100 || most.Tombstones < 50 || most.Tombstones > 1000 {
		t.Errorf("at most %+v", most)
	}
	s.step(presence.Input{Kind: presence.Neighbors})
	s.pass(presence.DefaultConfig().MaxTTL + time.Minute)
	if left := core.Stats(); left.Nodes != 1 || left.Hearsay+left.Tombstones > 0 || len(core.Entries()) != 1 {
		t.Errorf("left over: %d nodes, %d by hearsay, %d tombstones", left.Nodes, left.Hearsay, left.Tombstones)
	}
	if after := testkit.HeapInUse(); after > before+512<<10 { // the room of maps for 1,000
		t.Errorf("%d bytes of heap, %d before", after, before)
	}
	runtime.KeepAlive(s)
}
