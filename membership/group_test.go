// Groups: what their nodes share, what they do not, and what a node weighs.

package membership_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/views"
)

func newGroup(t testing.TB, cfg membership.Config) *membership.Group {
	t.Helper()
	group, err := membership.NewGroup(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return group
}

func TestGroupRefuses(t *testing.T) {
	cfg := quiet()
	cfg.ActiveSize, cfg.MaxAge = 0, 0
	var fault *membership.ConfigError
	if _, err := membership.NewGroup(cfg); !errors.As(err, &fault) || !errors.Is(err, membership.ErrConfig) {
		t.Fatal(err)
	}
	group, rng := newGroup(t, quiet()), rand.New(rand.NewPCG(1, 1))
	if _, err := group.New(&views.Peer{ID: "p"}, rng); !errors.Is(err, views.ErrPeer) {
		t.Fatal(err)
	}
	if _, err := group.New(nil, rng); !errors.Is(err, membership.ErrNode) {
		t.Fatal(err)
	}
	if _, err := group.New(made("p"), nil); !errors.Is(err, membership.ErrNode) {
		t.Fatal(err)
	}
}

// A node does in a group what it does alone, and the counts are those of all.
func TestGroupMembersAreTheirOwn(t *testing.T) {
	const nodes = 4
	group := newGroup(t, quiet())
	var alone, grouped [nodes]*membership.Node
	for i := range nodes {
		self := made(fmt.Sprintf("p%d", i))
		var err error
		if alone[i], err = membership.New(quiet(), self, rand.New(rand.NewPCG(uint64(i), 1))); err != nil {
			t.Fatal(err)
		}
		if grouped[i], err = group.New(self, rand.New(rand.NewPCG(uint64(i), 1))); err != nil {
			t.Fatal(err)
		}
	}
	step := func(i int, in membership.Input) {
		t.Helper()
		in.Now = max(alone[i].Now(), in.Now)
		var told [2]string
		for k, node := range []*membership.Node{alone[i], grouped[i]} {
			for _, e := range node.Step(in) {
				told[k] += fingerprint(&e) + "\n"
			}
			if err := node.Invariants(); err != nil {
				t.Fatal(err)
			}
		}
		if told[0] != told[1] {
			t.Fatalf("node %d: alone %s, in a group %s", i, told[0], told[1])
		}
	}
	rng := rand.New(rand.NewPCG(7, 7))
	for i := range nodes {
		step(i, membership.Input{Kind: membership.Start})
	}
	for round := range 400 {
		i := rng.IntN(nodes)
		from := made(fmt.Sprintf("x%d", rng.IntN(8)))
		link := alone[i].Active().Link(from)
		if link == 0 {
			link = uint64(round + 1)
		}
		in := membership.Input{Kind: membership.Received, Peer: from, Link: link, Now: alone[i].Now() + 100*time.Millisecond}
		switch rng.IntN(5) {
		case 0:
			in.Message = membership.Message{Kind: membership.Neighbor, Priority: membership.High, Request: 1}
		case 1:
			in.Message = membership.Message{
				Kind: membership.Shuffle, TTL: 1, Request: 2, Peer: made("y"), Sample: sightings("s", 5),
			}
		case 2:
			in.Message = membership.Message{Kind: membership.Disconnect, Reason: membership.Leaving}
		case 3:
			in.Kind, in.Reason = membership.LinkLost, membership.Closed
		case 4:
			in = membership.Input{Kind: membership.Expired, Now: in.Now, Timer: membership.Timer{Kind: membership.ShuffleTimer}}
		}
		step(i, in)
	}
	var sum membership.Stats
	for _, node := range alone {
		s := node.Stats()
		sum.Ups, sum.Downs = sum.Ups+s.Ups, sum.Downs+s.Downs
		for k := range s.Sent {
			sum.Sent[k], sum.Received[k] = sum.Sent[k]+s.Sent[k], sum.Received[k]+s.Received[k]
		}
	}
	got := group.Stats()
	if got.Ups != sum.Ups || got.Downs != sum.Downs || got.Sent != sum.Sent || got.Received != sum.Received || got.Ups < 20 {
		t.Fatalf("counted %+v, want %+v", got, sum)
	}
	if grouped[0].Stats() != got {
		t.Fatal("the counts of a node are the group's")
	}
}

// rested returns nodes of one group that have full views, have done everything
// that a node does all the time, and have nothing left to remember.
func rested(t testing.TB, count int) []*membership.Node {
	t.Helper()
	group := newGroup(t, membership.DefaultConfig())
	known := make([]*views.Peer, count+64)
	for i := range known {
		known[i] = made(fmt.Sprintf("n%d", i))
	}
	sample := make([]views.Sighting, 30)
	rng := rand.New(rand.NewPCG(1, 1))
	nodes := make([]*membership.Node, count)
	for i := range nodes {
		node, err := group.New(known[i], rng)
		if err != nil {
			t.Fatal(err)
		}
		node.Step(membership.Input{Kind: membership.Start})
		receive := func(k int, m membership.Message) {
			node.Step(membership.Input{
				Kind: membership.Received, Now: node.Now() + time.Second, Peer: known[i+k], Link: uint64(k), Message: m,
			})
		}
		for k := 1; k <= 5; k++ {
			receive(k, membership.Message{Kind: membership.Neighbor, Priority: membership.Low, Request: 1})
			receive(k, membership.Message{Kind: membership.Heartbeat, Active: true, Degree: 5, Sent: time.Second})
		}
		for k := range sample {
			sample[k] = views.Sighting{Peer: known[i+10+k], Age: time.Second}
		}
		node.Step(membership.Input{Kind: membership.Found, Sample: sample})
		receive(1, membership.Message{
			Kind: membership.Shuffle, TTL: 1, Request: 1, Peer: known[i+50], Sample: sample[:7],
		})
		for range 2 {
			node.Step(membership.Input{
				Kind: membership.Expired, Now: node.Now() + time.Minute, Timer: membership.Timer{Kind: membership.ShuffleTimer},
			})
		}
		if node.Active().Len() != 5 || node.Passive().Len() != 30 || node.Pending() != 0 {
			t.Fatalf("%d neighbors, %d spare peers, %d requests", node.Active().Len(), node.Passive().Len(), node.Pending())
		}
		nodes[i] = node
	}
	return nodes
}

// heapOf returns what the nodes hold on the heap beside the peers, each: the live
// heap with them less that without them.
func heapOf(nodes []*membership.Node) float64 {
	live := func() uint64 {
		runtime.GC()
		runtime.GC() // what the first has found to be garbage is swept
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	peers := make([]*views.Peer, len(nodes))
	for i, node := range nodes {
		peers[i] = node.Self()
	}
	with := live()
	count := len(nodes)
	clear(nodes)
	without := live()
	runtime.KeepAlive(peers)
	return float64(with-without) / float64(count)
}

// A million nodes are to fit a gigabyte.
func TestNodeSize(t *testing.T) {
	if size := heapOf(rested(t, 2_000)); size > 1024 {
		t.Fatalf("a node weighs %.0f bytes", size)
	}
}

func BenchmarkNodeSize(b *testing.B) {
	size := 0.0
	for b.Loop() {
		size = heapOf(rested(b, 10_000))
	}
	b.ReportMetric(size, "B/node")
	b.ReportMetric(0, "ns/op")
}
