// Some nodes that are not like the others, and how both fare.

package scenario

import (
	"math"
	"time"

	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/sim"
	"github.com/kithmesh/kith/views"
)

// every returns the set of every nth node, none of which is the first.
func every(n int) func(sim.NodeID) bool {
	return func(id sim.NodeID) bool { return int(id)%n == n/2 }
}

// others returns the complement of a set.
func others(in func(sim.NodeID) bool) func(sim.NodeID) bool {
	return func(id sim.NodeID) bool { return !in(id) }
}

// census is what the views of the live nodes of a set hold.
type census struct {
	nodes, isolated         float64
	active, passive         float64 // entries
	activeOdd, passiveOdd   float64 // of these, those that name an odd node
	eclipsed                float64
	degreeLeast, degreeMost float64
}

// count looks through the views of a set for what they hold of the odd nodes.
// Eclipsed are those that have neighbors, and odd ones only.
func (t *trial) count(in, odd func(sim.NodeID) bool) census {
	c := census{degreeLeast: math.MaxUint8}
	for _, id := range t.Alive() {
		if !in(id) {
			continue
		}
		c.nodes++
		active, passive := t.Node(id).Active(), t.Node(id).Passive()
		degree := float64(active.Len())
		bad := t.countPeers(odd, active.Len(), func(i int) *views.Peer { p, _ := active.At(i); return p })
		c.active += degree
		c.activeOdd += bad
		c.degreeLeast, c.degreeMost = min(c.degreeLeast, degree), max(c.degreeMost, degree)
		if degree == 0 {
			c.isolated++
		} else if bad == degree {
			c.eclipsed++
		}
		c.passive += float64(passive.Len())
		c.passiveOdd += t.countPeers(odd, passive.Len(), func(i int) *views.Peer { p, _ := passive.At(i); return p })
	}
	return c
}

func (t *trial) countPeers(odd func(sim.NodeID) bool, n int, peer func(int) *views.Peer) float64 {
	count := 0.0
	for i := range n {
		if id, ok := t.Find(peer(i)); ok && odd(id) {
			count++
		}
	}
	return count
}

// links counts the links that both sides have, between a set and all others.
func (t *trial) links(in func(sim.NodeID) bool) float64 {
	p := t.Picture(nil)
	return float64(p.Graph.CrossEdges(func(i int) bool { return in(p.Nodes[i]) }))
}

// flaps counts the comings and goings of neighbors at the nodes of a set, and why
// neighbors went.
type flaps struct {
	in         func(sim.NodeID) bool
	ups, downs float64
	why        [membership.Misbehaved + 1]float64
}

func (f *flaps) heed(id sim.NodeID, e membership.Event) {
	if !f.in(id) {
		return
	}
	switch e.Kind {
	case membership.NeighborUp:
		f.ups++
	case membership.NeighborDown:
		f.downs++
		f.why[e.Reason]++
	case membership.NeighborUpdate, membership.Isolated:
	}
}

// reset forgets the counts.
func (f *flaps) reset() { *f = flaps{in: f.in} }

// rate is the comings and goings a node and minute.
func (f *flaps) rate(nodes float64, d time.Duration) float64 {
	return share(f.ups+f.downs, nodes*d.Minutes())
}

// follow counts the events of a set and of all others.
func (t *trial) follow(in func(sim.NodeID) bool) (set, rest *flaps) {
	set, rest = &flaps{in: in}, &flaps{in: others(in)}
	t.OnEvent = func(id sim.NodeID, e membership.Event) {
		set.heed(id, e)
		rest.heed(id, e)
	}
	return set, rest
}
