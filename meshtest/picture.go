// The picture of the mesh that the events of its nodes make.

package meshtest

import (
	"maps"
	"slices"
	"time"

	"github.com/kithmesh/kith"
	"github.com/kithmesh/kith/linker"
)

// condition is that of a node.
type condition uint8

const (
	absent condition = iota // not started yet, or the mesh is closed
	alive
	paused
	ended // without the mesh: what was around the node still is
	killed
	left
)

func (c condition) String() string {
	switch c {
	case absent:
		return "not running"
	case alive:
		return "alive"
	case paused:
		return "paused"
	case ended:
		return "stopped"
	case killed:
		return "killed"
	case left:
		return "gone"
	}
	return "unknown"
}

// seat is the place of one node and what is known of its current life.
type seat struct {
	node      *Node
	condition condition
	lives     int
	view      map[string]uint64 // the neighbors' IDs and incarnations
	links     []linker.Link
}

// enter gives a new life its seat, which is a new one after the last for a node that was added.
func (m *Mesh) enter(n *Node) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if n.Index == len(m.seats) {
		m.seats = append(m.seats, seat{})
		m.index[m.name(n.Index)] = n.Index
	}
	s := &m.seats[n.Index]
	*s = seat{node: n, condition: alive, lives: s.lives + 1, view: make(map[string]uint64)}
	m.record(Entry{At: time.Now(), What: StartNode, Node: n.Index})
}

// take marks the nodes of indexes that have not ended yet as killed or left, and
// returns them and those that ended without the mesh: all that is to be disposed
// of.
func (m *Mesh) take(indexes []int, as condition) []*Node {
	m.mu.Lock()
	defer m.mu.Unlock()
	what := LeaveNode
	if as == killed {
		what = KillNode
	}
	at := time.Now()
	var taken, ran []*Node
	for _, i := range indexes {
		s := &m.seats[i]
		if !s.occupied() {
			continue
		}
		if s.condition != ended {
			ran = append(ran, s.node)
		}
		s.condition = as
		taken = append(taken, s.node)
	}
	if as == killed && len(ran) > 0 {
		m.kill = m.beginKill(at, ran)
	}
	for _, n := range ran {
		m.record(Entry{At: at, What: what, Node: n.Index})
	}
	return taken
}

// vacate marks all seats as empty, without a record, and returns the nodes that
// are to be disposed of.
func (m *Mesh) vacate() []*Node {
	m.mu.Lock()
	defer m.mu.Unlock()
	var nodes []*Node
	for i := range m.seats {
		if s := &m.seats[i]; s.occupied() {
			s.condition = absent
			nodes = append(nodes, s.node)
		}
	}
	return nodes
}

// occupied reports whether there is something of a node to be disposed of.
func (s *seat) occupied() bool {
	return s.condition == alive || s.condition == paused || s.condition == ended
}

// turnInto changes the condition of the nodes that have a certain one, and
// returns them.
func (m *Mesh) turnInto(indexes []int, from, to condition, what What) []*Node {
	m.mu.Lock()
	defer m.mu.Unlock()
	var turned []*Node
	for _, i := range indexes {
		if s := &m.seats[i]; s.condition == from {
			s.condition = to
			turned = append(turned, s.node)
			m.record(Entry{At: time.Now(), What: what, Node: i})
		}
	}
	return turned
}

// follow observes a node until it ends.
func (m *Mesh) follow(n *Node) {
	for e := range n.Events(m.ctx) {
		m.observe(n, e)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if s := m.current(n); s != nil {
		m.stopped(s)
	}
}

// stopped notes that a node has ended without the mesh. The caller holds the
// mutex.
func (m *Mesh) stopped(s *seat) {
	s.condition = ended
	m.touch(time.Now())
}

// notice finds the nodes that have ended without the mesh, of which the events
// may not have told yet. The caller holds the mutex.
func (m *Mesh) notice() {
	for i := range m.seats {
		s := &m.seats[i]
		if s.condition != alive && s.condition != paused {
			continue
		}
		select {
		case <-s.node.Closed():
			m.stopped(s)
		default:
		}
	}
}

// current returns the seat of a life that has not ended, nil if it has: what an
// ending node says does not count. The caller holds the mutex.
func (m *Mesh) current(n *Node) *seat {
	s := &m.seats[n.Index]
	if s.node != n || s.condition != alive && s.condition != paused {
		return nil
	}
	return s
}

// observe takes an event of a node into the picture.
func (m *Mesh) observe(n *Node, e kith.Event) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.current(n)
	if s == nil {
		return
	}
	entry := Entry{At: e.At, Node: n.Index, Peer: e.Peer.ID, Incarnation: e.Peer.Incarnation}
	switch e.Kind {
	case kith.NeighborUp:
		s.view[e.Peer.ID] = e.Peer.Incarnation
		entry.What = NeighborUp
	case kith.NeighborDown:
		delete(s.view, e.Peer.ID)
		entry.What, entry.Reason = NeighborDown, e.Reason
	case kith.Isolated:
		entry.What = Isolated
	case kith.Snapshot:
		m.resync(s, entry, e.Neighbors)
		return
	case kith.NeighborUpdate:
		return
	}
	m.record(entry)
}

// resync replaces the view of a node by a snapshot, and records the difference.
func (m *Mesh) resync(s *seat, entry Entry, neighbors []kith.Peer) {
	view := make(map[string]uint64, len(neighbors))
	for _, p := range neighbors {
		view[p.ID] = p.Incarnation
	}
	tell := func(what What, here, there map[string]uint64) {
		for _, id := range slices.Sorted(maps.Keys(here)) {
			if there[id] != here[id] {
				entry.What, entry.Peer, entry.Incarnation = what, id, here[id]
				m.record(entry)
			}
		}
	}
	before := s.view
	s.view = view
	tell(NeighborDown, before, view)
	tell(NeighborUp, view, before)
}

// observeLinks takes the links of a node into the picture.
func (m *Mesh) observeLinks(n *Node, links []linker.Link) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if s := m.current(n); s != nil {
		s.links = links
		m.touch(time.Now())
	}
}
