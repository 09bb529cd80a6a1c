// Real nodes in this process.

package main

import (
	"context"
	"errors"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/kithmesh/kith"
	"github.com/kithmesh/kith/bench/machine"
	"github.com/kithmesh/kith/bench/side"
	"github.com/kithmesh/kith/sim/overlay"
)

// How latencies are measured: one message at a time, which nobody else disturbs.
const (
	warmUps  = 20
	messages = 50
	between  = 20 * time.Millisecond
	// pathSources is from how many nodes paths are measured in a large overlay.
	pathSources = 100
)

// measureReal starts nodes and measures them.
func measureReal(ctx context.Context, t task) (result, error) {
	before := inUse()
	heard := newAudience(t.Nodes)
	starting, cancel := context.WithTimeout(ctx, t.Limit)
	defer cancel()
	began := time.Now()
	c, err := side.StartListening(starting, t.Nodes, heard.hear)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	n := float64(t.Nodes)
	r := result{
		timeToForm: time.Since(began).Seconds(),
		formBytes:  float64(sent(c)) / n,
	}
	if err := wait(ctx, t.Rest); err != nil {
		return nil, err
	}
	if err := idle(ctx, t, c, r); err != nil {
		return nil, err
	}
	r[heapPerNode] = float64(inUse()-before) / 1024 / n
	r[goroutines] = float64(runtime.NumGoroutine()) / n
	shape(graphOf(c), r, t.Seed)
	if err := heard.measure(ctx, c, r); err != nil {
		return nil, err
	}
	r[joinBytes], err = newcomers(ctx, c)
	return r, err
}

// newcomers lets some nodes more join, one after the other, and returns the median of the bytes
// that each wrote and read until it had its neighbors.
func newcomers(ctx context.Context, c *side.Mesh) (bytes float64, err error) {
	const times = 5
	var all []float64
	for range times {
		n, err := c.Add(ctx)
		if err != nil {
			return 0, err
		}
		s := n.Stats().Transport
		all = append(all, float64(s.BytesIn+s.BytesOut))
	}
	return median(all), nil
}

// inUse is the heap after a collection, in bytes.
func inUse() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// sent is what all nodes have written to links.
func sent(c *side.Mesh) (bytes uint64) {
	for _, n := range c.Nodes {
		bytes += n.Stats().Transport.BytesOut
	}
	return bytes
}

// idle measures a cluster at rest.
func idle(ctx context.Context, t task, c *side.Mesh, r result) error {
	bytes := sent(c)
	cpu, err := machine.ProcessorTime()
	if err != nil {
		return err
	}
	if err := wait(ctx, t.Measure); err != nil {
		return err
	}
	used, err := machine.ProcessorTime()
	if err != nil {
		return err
	}
	over := float64(t.Nodes) * t.Measure.Seconds()
	r[idleCPU] = 1000 * (used - cpu).Seconds() / over
	r[idleBytes] = float64(sent(c)-bytes) / over
	return nil
}

func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// graphOf is who has whom as a neighbor.
func graphOf(c *side.Mesh) *overlay.Graph {
	numbers := make(map[string]uint32, len(c.Nodes))
	for i, n := range c.Nodes {
		numbers[n.Self().ID] = uint32(i)
	}
	return overlay.FromViews(len(c.Nodes), func(i int, dst []uint32) []uint32 {
		for _, p := range c.Nodes[i].Neighbors() {
			dst = append(dst, numbers[p.ID])
		}
		return dst
	})
}

// shape measures the overlay.
func shape(g *overlay.Graph, r result, seed uint64) {
	var w overlay.Walker
	r[neighbors] = 2 * float64(g.Edges()) / float64(g.Nodes())
	r[pathLength] = w.Paths(g, rand.New(rand.NewPCG(seed, 0)), min(pathSources, g.Nodes())).Mean
}

// audience is told what the nodes receive, one message at a time.
type audience struct {
	nodes   int
	mu      sync.Mutex
	began   time.Time
	missing int
	hops    int
	took    time.Duration
	all     chan struct{} // gets one when all have the message
}

func newAudience(nodes int) *audience {
	return &audience{nodes: nodes, all: make(chan struct{}, 1)}
}

// hear is the handler of every node.
func (a *audience) hear(msg *kith.Message) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.hops = max(a.hops, msg.Hops)
	if a.missing--; a.missing == 0 {
		a.took = time.Since(a.began)
		a.all <- struct{}{}
	}
}

// lost is how long a message may take.
const lost = 20 * time.Second

// say publishes one message, and returns when all have it.
func (a *audience) say(ctx context.Context, c *side.Mesh) (hops int, took time.Duration, err error) {
	a.mu.Lock()
	a.missing, a.hops, a.began = a.nodes, 0, time.Now()
	a.mu.Unlock()
	if err := c.Publish(ctx, make([]byte, 128)); err != nil {
		return 0, 0, err
	}
	select {
	case <-a.all:
		a.mu.Lock()
		defer a.mu.Unlock()
		return a.hops, a.took, nil
	case <-time.After(lost):
		return 0, 0, errors.New("a message did not reach every node")
	case <-ctx.Done():
		return 0, 0, ctx.Err()
	}
}

// measure publishes a number of messages.
func (a *audience) measure(ctx context.Context, c *side.Mesh, r result) error {
	var hops, times []float64
	var before, after [2]uint64
	for i := range warmUps + messages {
		if i == warmUps {
			before = payloads(c)
		}
		if err := wait(ctx, between); err != nil {
			return err
		}
		h, took, err := a.say(ctx, c)
		if err != nil {
			return err
		}
		if i >= warmUps {
			hops, times = append(hops, float64(h)), append(times, 1000*took.Seconds())
		}
	}
	after = payloads(c)
	r[lastHop], r[timeToLast] = median(hops), median(times)
	r[messagesEach] = float64(after[0]-before[0]) / max(float64(after[1]-before[1]), 1)
	return nil
}

// payloads counts the messages that came, and those that were new.
func payloads(c *side.Mesh) (counts [2]uint64) {
	for _, n := range c.Nodes {
		s := n.Stats().Broadcast
		counts[0] += s.Payloads
		counts[1] += s.Received
	}
	return counts
}

func median(figures []float64) float64 {
	slices.Sort(figures)
	return (figures[(len(figures)-1)/2] + figures[len(figures)/2]) / 2
}
