// How long the survivors of a crash took to notice it and to be whole again.

package meshtest

import (
	"maps"
	"slices"
	"time"
)

// Repair tells how the nodes that survived the latest [Mesh.Kill] got over it.
// All durations begin at the moment of the kill and are in ascending order.
//
// A view is whole when it holds ActiveSize neighbors, or all other survivors if
// those are fewer, and none that was killed.
type Repair struct {
	// At is the moment of the kill, Killed how many nodes it hit.
	At     time.Time
	Killed int
	// Affected are the survivors that lost a neighbor and still run.
	Affected int
	// Detect has, for every survivor and each of its neighbors that was killed,
	// the time until the survivor reported it as down. Undetected counts those
	// pairs for which that has not happened yet.
	Detect     []time.Duration
	Undetected int
	// Repaired has, for every affected survivor, the time until its view was first
	// whole. One that is not whole now, because everybody else is full or because
	// it is not over yet, is counted in Short, and its time is that of the last
	// neighbor it gained or else lost.
	Repaired []time.Duration
	Short    int
}

// kill is what was so at the moment of a kill.
type kill struct {
	at        time.Time
	victims   map[string]uint64 // IDs and incarnations
	survivors int
	views     map[int]map[string]uint64 // of the survivors
	nodes     map[int]*Node
	position  int // in the record, counted from the start of the mesh
}

// beginKill notes how the mesh is before nodes are killed. Those are marked
// already. The caller holds the mutex.
func (m *Mesh) beginKill(at time.Time, victims []*Node) *kill {
	k := &kill{
		at:       at,
		victims:  make(map[string]uint64, len(victims)),
		views:    make(map[int]map[string]uint64),
		nodes:    make(map[int]*Node),
		position: m.dropped + len(m.log),
	}
	for _, n := range victims {
		k.victims[m.name(n.Index)] = n.incarnation
	}
	for i := range m.seats {
		if s := &m.seats[i]; s.condition == alive {
			k.survivors++
			k.views[i], k.nodes[i] = maps.Clone(s.view), s.node
		}
	}
	return k
}

// hit reports whether a neighbor was killed.
func (k *kill) hit(id string, incarnation uint64) bool {
	victim, ok := k.victims[id]
	return ok && incarnation <= victim
}

// survivor follows the view of one survivor through the record.
type survivor struct {
	view     map[string]uint64
	want     int
	affected bool
	dead     int           // killed nodes in the view
	moved    time.Duration // the last gain, or else the last loss of a killed node
	gained   bool
	whole    time.Duration // the first time the view was whole
	healed   bool
}

// Repair returns how far the repair after the latest [Mesh.Kill] has come; the
// zero value if there was none. Call it when the mesh has settled again for the
// final numbers. The kill counts of [Mesh.Restart] too.
func (m *Mesh) Repair() Repair {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.kill == nil {
		return Repair{}
	}
	k := m.kill
	r := Repair{At: k.at, Killed: len(k.victims)}
	survivors := make(map[int]*survivor, len(k.views))
	for i, view := range k.views {
		if s := &m.seats[i]; s.node == k.nodes[i] && s.condition == alive {
			survivors[i] = k.survivor(view, s.node.active)
		}
	}
	for _, e := range m.log[max(0, k.position-m.dropped):] {
		if s := survivors[e.Node]; s != nil {
			k.replay(s, e, &r)
		}
	}
	for _, s := range survivors {
		if s.affected {
			r.add(s)
		}
	}
	slices.Sort(r.Detect)
	slices.Sort(r.Repaired)
	return r
}

func (k *kill) survivor(view map[string]uint64, active int) *survivor {
	s := &survivor{view: maps.Clone(view), want: min(active, k.survivors-1)}
	for id, incarnation := range view {
		if k.hit(id, incarnation) {
			s.dead++
		}
	}
	s.affected = s.dead > 0
	return s
}

// replay takes one entry of the record into the view of a survivor.
func (k *kill) replay(s *survivor, e Entry, r *Repair) {
	since := max(0, e.At.Sub(k.at))
	hit := k.hit(e.Peer, e.Incarnation)
	switch e.What {
	case NeighborUp:
		s.view[e.Peer] = e.Incarnation
		if hit { // it came just before the kill
			s.affected = true
			s.dead++
			return
		}
		s.moved, s.gained = since, true
	case NeighborDown:
		if hit {
			s.dead--
			r.Detect = append(r.Detect, since)
			if !s.gained {
				s.moved = since
			}
		}
		delete(s.view, e.Peer)
	case StartNode, KillNode, LeaveNode, PauseNode, ResumeNode, CutNetwork, HealNetwork, Isolated:
		return
	}
	if !s.healed && s.isWhole() {
		s.healed, s.whole = true, since
	}
}

func (s *survivor) isWhole() bool { return s.dead == 0 && len(s.view) >= s.want }

// add counts an affected survivor.
func (r *Repair) add(s *survivor) {
	r.Affected++
	r.Undetected += s.dead
	switch {
	case s.isWhole():
		r.Repaired = append(r.Repaired, s.whole)
	default:
		r.Short++
		r.Repaired = append(r.Repaired, s.moved)
	}
}
