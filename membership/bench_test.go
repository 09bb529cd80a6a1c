// What a step costs.

package membership_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/views"
)

// warm is a node with full views that has done everything before: neighbors n0 to
// n4 on links 1 to 5, spare peers s0 to s29. It accepts a shuffle a microsecond.
func warm(t testing.TB) *membership.Node {
	t.Helper()
	self := &views.Peer{ID: "p", Incarnation: 1, Addr: "p:7000"}
	cfg := membership.DefaultConfig()
	cfg.ShuffleReplyRate, cfg.HearsayRate = 1e6, 1e6
	node, err := membership.New(cfg, self, rand.New(rand.NewPCG(1, 1)))
	if err != nil {
		t.Fatal(err)
	}
	node.Step(membership.Input{Kind: membership.Start})
	for i := range 5 {
		node.Step(membership.Input{
			Kind: membership.Received, Peer: made(fmt.Sprintf("n%d", i)), Link: uint64(i + 1),
			Message: membership.Message{Kind: membership.Neighbor, Priority: membership.Low, Request: 1},
		})
	}
	node.Step(membership.Input{Kind: membership.Found, Sample: sightings("s", 30)})
	if node.Active().Len() != 5 || node.Passive().Len() != 30 {
		t.Fatal("the views are not full")
	}
	for _, c := range common() {
		for range 100 {
			c.in.Now = node.Now() + time.Millisecond
			node.Step(c.in)
		}
	}
	return node
}

func sightings(prefix string, count int) []views.Sighting {
	var sample []views.Sighting
	for i := range count {
		sample = append(sample, views.Sighting{Peer: made(fmt.Sprintf("%s%d", prefix, i)), Age: time.Second})
	}
	return sample
}

type routine struct {
	name string
	in   membership.Input
	pace time.Duration // between two of them
}

// pace is the usual time between two inputs, and beatPace after which heartbeats are due to everybody.
const (
	pace     = time.Microsecond
	beatPace = 2 * time.Second
)

// common are the inputs that a node gets all the time.
func common() []routine {
	from := func(m membership.Message) membership.Input {
		return membership.Input{Kind: membership.Received, Peer: made("n0"), Link: 1, Message: m}
	}
	return []routine{
		{"heartbeat", from(membership.Message{Kind: membership.Heartbeat, Active: true, Degree: 5, Sent: 1}), pace},
		{"heartbeat answered", from(membership.Message{Kind: membership.Heartbeat, Active: true, Degree: 5, Sent: 1}), beatPace},
		{"heartbeats due", membership.Input{Kind: membership.Expired, Timer: membership.Timer{Kind: membership.HeartbeatTimer}}, beatPace},
		{"walk forwarded", from(membership.Message{
			Kind: membership.ForwardJoin, TTL: 5, Priority: membership.High, Peer: made("x"),
		}), pace},
		{"shuffle forwarded", from(membership.Message{
			Kind: membership.Shuffle, TTL: 5, Request: 1, Peer: made("x"), Sample: sightings("x", 7),
		}), pace},
		{"shuffle accepted", from(membership.Message{
			Kind: membership.Shuffle, TTL: 1, Request: 1, Peer: made("x"), Sample: sightings("x", 7),
		}), pace},
		{"shuffle due", membership.Input{Kind: membership.Expired, Timer: membership.Timer{Kind: membership.ShuffleTimer}}, pace},
	}
}

func TestCommonStepsDoNotAllocate(t *testing.T) {
	node := warm(t)
	for _, c := range common() {
		c.in.Now = node.Now()
		allocs := testing.AllocsPerRun(200, func() {
			c.in.Now += c.pace
			node.Step(c.in)
		})
		if allocs > 0 {
			t.Errorf("%s: %v allocations", c.name, allocs)
		}
	}
	if n := node.Stats().LimitedShuffles; n > 0 {
		t.Errorf("%d shuffles were not accepted", n)
	}
}

func BenchmarkStep(b *testing.B) {
	for _, c := range common() {
		b.Run(c.name, func(b *testing.B) {
			node := warm(b)
			c.in.Now = node.Now()
			b.ReportAllocs()
			for b.Loop() {
				c.in.Now += c.pace
				node.Step(c.in)
			}
		})
	}
}

// A shuffle that brings seven peers that are all new, as in a large cluster.
func BenchmarkStepShuffleOfStrangers(b *testing.B) {
	node := warm(b)
	var inputs []membership.Input
	for i := range 64 {
		inputs = append(inputs, membership.Input{
			Kind: membership.Received, Now: node.Now(), Peer: made("n0"), Link: 1,
			Message: membership.Message{
				Kind: membership.Shuffle, TTL: 1, Request: 1, Peer: made(fmt.Sprintf("y%d", i)),
				Sample: sightings(fmt.Sprintf("y%d-", i), 7),
			},
		})
	}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		in := &inputs[i%len(inputs)]
		in.Now = node.Now() + time.Microsecond
		node.Step(*in)
		i++
	}
}
