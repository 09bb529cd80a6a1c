// What the events of the nodes tell: who was lost, how fast that was noticed, and
// how fast it was repaired.

package scenario

import (
	"time"

	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/sim"
	"github.com/kithmesh/kith/sim/overlay"
)

// watch follows the events of a world.
type watch struct {
	t *trial
	// died is when each node's process ended, and short since when it has a free slot
	// because a neighbor was lost or left; 0: not.
	died, short []time.Duration
	// detections and repairs are in milliseconds.
	detections, repairs []float64
}

// watch begins to follow the events of a world.
func (t *trial) watch() *watch {
	w := &watch{t: t}
	t.OnEvent = w.heed
	return w
}

func (w *watch) heed(id sim.NodeID, e membership.Event) {
	now := w.t.Now()
	switch e.Kind {
	case membership.NeighborUp:
		if since := at(w.short, id); since > 0 && w.full(id) {
			w.repairs = append(w.repairs, milliseconds(now-since))
			w.short[id] = 0
		}
	case membership.NeighborDown:
		if at(w.died, id) == now || !loss(e.Reason) && e.Reason != membership.Leaving {
			return // it leaves itself, or somebody has decided so
		}
		if at(w.short, id) == 0 {
			set(&w.short, id, now)
		}
		if peer, ok := w.t.Find(e.Peer); ok && loss(e.Reason) && at(w.died, peer) > 0 && !w.alive(peer, e) {
			w.detections = append(w.detections, milliseconds(now-w.died[peer]))
		}
	case membership.NeighborUpdate, membership.Isolated:
	}
}

// alive reports whether the life that an event is about goes on.
func (w *watch) alive(id sim.NodeID, e membership.Event) bool {
	return w.t.Lives(id) && w.t.Peer(id).Same(e.Peer)
}

func (w *watch) full(id sim.NodeID) bool {
	node := w.t.Node(id)
	return node.Active().Len() >= min(node.ActiveSize(), len(w.t.Alive())-1)
}

// death notes that a node is about to be killed.
func (w *watch) death(id sim.NodeID) {
	set(&w.died, id, w.t.Now())
	set(&w.short, id, 0)
}

// loss reports whether the reason is a failure, and not somebody's decision.
func loss(r membership.Reason) bool {
	switch r {
	case membership.Slow, membership.Closed, membership.Silent, membership.Unreachable, membership.WrongPeer,
		membership.Misbehaved:
		return true
	case membership.Evicted, membership.Leaving, membership.NotActive, membership.Superseded:
		return false
	}
	return false
}

// addTimes adds the percentiles of repairs and, where nodes were killed, of detections.
func (w *watch) addTimes(prefix string, killed bool) {
	r := w.t.run
	if killed {
		d := overlay.Percentiles(w.detections, 50, 99, 100)
		r.add(prefix, "detection_p50_ms", "from a node's death until a neighbor has noticed, median", d[0])
		r.add(prefix, "detection_p99_ms", "the same, 99th percentile", d[1])
		r.add(prefix, "detection_max_ms", "the same, the longest", d[2])
	}
	d := overlay.Percentiles(w.repairs, 50, 99, 100)
	r.add(prefix, "repair_p50_ms", "from the loss or the farewell of a neighbor until the view is full again, median", d[0])
	r.add(prefix, "repair_p99_ms", "the same, 99th percentile", d[1])
	r.add(prefix, "repair_max_ms", "the same, the longest", d[2])
}

// at returns a node's entry of a list that grows as nodes come.
func at(list []time.Duration, id sim.NodeID) time.Duration {
	if int(id) >= len(list) {
		return 0
	}
	return list[id]
}

func set(list *[]time.Duration, id sim.NodeID, d time.Duration) {
	for len(*list) <= int(id) {
		*list = append(*list, 0)
	}
	(*list)[id] = d
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
