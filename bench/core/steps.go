// What a step of the core costs.

package main

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"time"

	"github.com/kithmesh/kith/bench/machine"
	"github.com/kithmesh/kith/bench/row"
	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/views"
)

// group is the part of the table.
const group = "membership core"

// leastSteps is enough for a figure at all.
const leastSteps = 1000

// routine is an input that a node gets all the time.
type routine struct {
	name string
	// relayed means that a node is wanted to do it without an allocation.
	relayed bool
	in      func(i int) membership.Input
	pace    time.Duration // between two of them, as the node sees it; 0 for the usual
}

// cost is what one step costs, in processor time.
type cost struct{ nanoseconds, allocations float64 }

// compare measures all routines.
func compare(ctx context.Context, rounds, steps int) ([]row.Row, error) {
	var rows []row.Row
	for _, r := range routines() {
		if err := ctx.Err(); err != nil {
			return rows, err
		}
		var times, allocations []float64
		for range rounds {
			c, err := measure(r, steps)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", r.name, err)
			}
			times, allocations = append(times, c.nanoseconds), append(allocations, c.allocations)
		}
		rows = append(rows,
			row.Row{Group: group, Measure: r.name, Unit: "ns", Kith: row.NewFigure(times...)})
		count := row.Row{Group: group, Measure: r.name + ": allocations", Kith: row.NewFigure(allocations...)}
		if r.relayed {
			count.Goal = row.AtMost(0).OfOwn()
		}
		rows = append(rows, count)
	}
	var sizes []float64
	for range rounds {
		size, err := nodeSize()
		if err != nil {
			return nil, err
		}
		sizes = append(sizes, size)
	}
	return append(rows, row.Row{
		Group: group, Measure: "a message, beside another HyParView core", Unit: "ns", Goal: row.AtMost(1. / 5), Fault: absent,
	}, row.Row{
		Group: group, Measure: "state of a node with full views", Unit: "B", Kith: row.NewFigure(sizes...),
		Note: "with the 36 records of peers in it, which a program with one node shares with nobody",
	}), nil
}

// measure lets a node with full views take the same kind of input many times.
func measure(r routine, steps int) (cost, error) {
	node, err := warm()
	if err != nil {
		return cost{}, err
	}
	inputs := make([]membership.Input, 64)
	for i := range inputs {
		inputs[i] = r.in(i)
	}
	now := node.Now()
	step := func(i int) {
		in := &inputs[i%len(inputs)]
		now += cmp.Or(r.pace, pace)
		in.Now = now
		node.Step(*in)
	}
	for i := range leastSteps {
		step(i)
	}
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	begin, err := machine.ProcessorTime()
	if err != nil {
		return cost{}, err
	}
	for i := range steps {
		step(i)
	}
	end, err := machine.ProcessorTime()
	if err != nil {
		return cost{}, err
	}
	runtime.ReadMemStats(&after)
	return cost{
		nanoseconds: float64((end - begin).Nanoseconds()) / float64(steps),
		allocations: float64((after.Mallocs - before.Mallocs) * 1000 / uint64(steps) / 1000), // whole ones: the runtime makes some of its own
	}, nil
}

// pace is the time between two steps, as the node sees it, and beatPace after which heartbeats are due
// to everybody.
const (
	pace     = 10 * time.Microsecond
	beatPace = 2 * time.Second
)

// warm is a node with five neighbors and thirty spare peers. It accepts a shuffle at that pace, which its limits would
// forbid.
func warm() (*membership.Node, error) {
	cfg := membership.DefaultConfig()
	cfg.ShuffleReplyRate, cfg.HearsayRate = 1e6, 1e6
	node, err := membership.New(cfg, peer("p"), rand.New(rand.NewPCG(1, 1)))
	if err != nil {
		return nil, err
	}
	node.Step(membership.Input{Kind: membership.Start})
	for i := range cfg.ActiveSize {
		node.Step(membership.Input{
			Kind: membership.Received, Peer: peer(fmt.Sprintf("n%d", i)), Link: uint64(i + 1),
			Message: membership.Message{Kind: membership.Neighbor, Priority: membership.Low, Request: 1},
		})
	}
	node.Step(membership.Input{Kind: membership.Found, Sample: sightings("s", cfg.PassiveSize)})
	if a, p := node.Active().Len(), node.Passive().Len(); a != cfg.ActiveSize || p != cfg.PassiveSize {
		return nil, fmt.Errorf("%d neighbors and %d spare peers, want %d and %d", a, p, cfg.ActiveSize, cfg.PassiveSize)
	}
	return node, nil
}

// routines are what is measured.
func routines() []routine {
	neighbor, stranger, sample := peer("n0"), peer("x"), sightings("x", 7)
	same := func(m membership.Message) func(int) membership.Input {
		in := membership.Input{Kind: membership.Received, Peer: neighbor, Link: 1, Message: m}
		return func(int) membership.Input { return in }
	}
	due := func(k membership.TimerKind) func(int) membership.Input {
		return func(int) membership.Input {
			return membership.Input{Kind: membership.Expired, Timer: membership.Timer{Kind: k}}
		}
	}
	return []routine{
		{"a heartbeat comes", true, same(membership.Message{Kind: membership.Heartbeat, Active: true, Degree: 5, Sent: 1}), 0},
		{"heartbeats to five neighbors", true, due(membership.HeartbeatTimer), beatPace},
		{"a ForwardJoin is passed on", true, same(membership.Message{Kind: membership.ForwardJoin, TTL: 5, Priority: membership.High, Peer: stranger}), 0},
		{"a Shuffle is passed on", true, same(membership.Message{Kind: membership.Shuffle, TTL: 5, Request: 1, Peer: stranger, Sample: sample}), 0},
		{"a Shuffle is accepted, of known peers", false, same(membership.Message{Kind: membership.Shuffle, TTL: 1, Request: 1, Peer: stranger, Sample: sample}), 0},
		{"a Shuffle is accepted, of strangers", false, func(i int) membership.Input {
			return membership.Input{Kind: membership.Received, Peer: neighbor, Link: 1, Message: membership.Message{
				Kind: membership.Shuffle, TTL: 1, Request: 1, Peer: peer(fmt.Sprintf("y%d", i)), Sample: sightings(fmt.Sprintf("y%d-", i), 7),
			}}
		}, 0},
		{"a Shuffle is begun", false, due(membership.ShuffleTimer), 0},
	}
}

// nodeSize is what a node with full views holds, in bytes.
func nodeSize() (float64, error) {
	const many = 1000
	nodes := make([]*membership.Node, many)
	before := heap()
	for i := range nodes {
		var err error
		if nodes[i], err = warm(); err != nil {
			return 0, err
		}
	}
	size := heap() - before
	runtime.KeepAlive(nodes)
	return size / many, nil
}

func heap() float64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}

func peer(id string) *views.Peer { return &views.Peer{ID: id, Incarnation: 1, Addr: id + ":7000"} }

func sightings(prefix string, count int) []views.Sighting {
	sample := make([]views.Sighting, count)
	for i := range sample {
		sample[i] = views.Sighting{Peer: peer(fmt.Sprintf("%s%d", prefix, i)), Age: time.Second}
	}
	return sample
}
