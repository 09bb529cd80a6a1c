// What can be measured of a world: its overlay, and how fresh the views are.

package sim

import (
	"github.com/kithmesh/kith/sim/overlay"
	"github.com/kithmesh/kith/views"
)

// Picture is the overlay at one moment: who has whom as a neighbor, among the nodes
// that live.
type Picture struct {
	// Nodes are the nodes, in the order of their numbers; a position in it is a node of
	// Graph.
	Nodes []NodeID
	Graph *overlay.Graph
	index []int32
}

// Position returns a node's position in Nodes, or -1.
func (p *Picture) Position(id NodeID) int {
	if int(id) >= len(p.index) {
		return -1
	}
	return int(p.index[id])
}

// Picture takes a picture of the live nodes for which keep is true; nil keeps all.
func (w *World) Picture(keep func(NodeID) bool) *Picture {
	p := &Picture{index: make([]int32, len(w.seats))}
	for i := range w.seats {
		id := NodeID(i)
		p.index[i] = -1
		if w.Lives(id) && (keep == nil || keep(id)) {
			p.index[i] = int32(len(p.Nodes))
			p.Nodes = append(p.Nodes, id)
		}
	}
	p.Graph = overlay.FromViews(len(p.Nodes), func(i int, dst []uint32) []uint32 {
		view := w.seats[p.Nodes[i]].node.Active()
		for k := range view.Len() {
			peer, _ := view.At(k)
			dst = w.append(dst, p, peer)
		}
		return dst
	})
	return p
}

// append appends the position of a peer in the picture, if this life of it is there.
func (w *World) append(dst []uint32, p *Picture, peer *views.Peer) []uint32 {
	if id, ok := w.living(peer); ok && p.index[id] >= 0 {
		dst = append(dst, uint32(p.index[id]))
	}
	return dst
}

// Views sums up the views of the live nodes.
type Views struct {
	// Nodes is how many live; Isolated of them have no neighbor, and Short have fewer
	// than they could and want.
	Nodes    int `json:"nodes"`
	Isolated int `json:"isolated"`
	Short    int `json:"short"`
	// Active and Passive count the entries of all views, ActiveDead and PassiveDead those
	// that name a life which is over.
	Active      int `json:"active"`
	ActiveDead  int `json:"active_dead"`
	Passive     int `json:"passive"`
	PassiveDead int `json:"passive_dead"`
}

// Stale is the share of entries of the passive views that name a life which is over.
func (v *Views) Stale() float64 { return float64(v.PassiveDead) / float64(max(1, v.Passive)) }

// Views looks through the views of all live nodes.
func (w *World) Views() Views {
	v := Views{Nodes: len(w.alive)}
	for _, id := range w.alive {
		node := w.seats[id].node
		active, passive := node.Active(), node.Passive()
		if active.Len() == 0 {
			v.Isolated++
		}
		if active.Len() < min(node.ActiveSize(), len(w.alive)-1) {
			v.Short++
		}
		v.Active += active.Len()
		v.Passive += passive.Len()
		for i := range active.Len() {
			if p, _ := active.At(i); !w.isAlive(p) {
				v.ActiveDead++
			}
		}
		for i := range passive.Len() {
			if p, _ := passive.At(i); !w.isAlive(p) {
				v.PassiveDead++
			}
		}
	}
	return v
}

func (w *World) isAlive(p *views.Peer) bool {
	_, ok := w.living(p)
	return ok
}

// PassiveDegrees counts in how many passive views each node of a picture is.
func (w *World) PassiveDegrees(p *Picture) overlay.Histogram {
	return overlay.InDegrees(len(p.Nodes), func(i int, dst []uint32) []uint32 {
		view := w.seats[p.Nodes[i]].node.Passive()
		for k := range view.Len() {
			peer, _ := view.At(k)
			dst = w.append(dst, p, peer)
		}
		return dst
	})
}
