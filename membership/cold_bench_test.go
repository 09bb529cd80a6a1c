// What a step costs in a simulator: the node and the peers of its message have not
// been looked at for a while, so that the cost is that of memory.

package membership_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/views"
)

func BenchmarkStepOfMany(b *testing.B) {
	const many = 100_000
	nodes := rested(b, many)
	rng := rand.New(rand.NewPCG(2, 2))
	anybody := func() *views.Peer { return nodes[rng.IntN(many)].Self() }
	samples := make([][]views.Sighting, 4096)
	for i := range samples {
		for range 7 {
			samples[i] = append(samples[i], views.Sighting{Peer: anybody(), Age: time.Second})
		}
	}
	for _, c := range []struct {
		name string
		ttl  membership.TTL
	}{{"shuffle forwarded", 5}, {"shuffle accepted", 1}} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				node := nodes[rng.IntN(many)]
				from, info := node.Active().At(rng.IntN(5))
				node.Step(membership.Input{
					Kind: membership.Received, Now: node.Now() + time.Second, Peer: from, Link: info.Link,
					Message: membership.Message{
						Kind: membership.Shuffle, TTL: c.ttl, Request: 1, Peer: anybody(), Sample: samples[rng.IntN(len(samples))],
					},
				})
			}
		})
	}
}
