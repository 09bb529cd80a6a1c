// The record of what was done to a mesh and what its nodes reported.

package meshtest

import (
	"slices"
	"time"

	"github.com/kithmesh/kith/membership"
)

// What says what an [Entry] is about.
type What string

// The entries. Those of neighbors are the events of the nodes, the others what
// was done to the mesh.
const (
	StartNode    What = "start"
	KillNode     What = "kill"
	LeaveNode    What = "leave"
	PauseNode    What = "pause"
	ResumeNode   What = "resume"
	CutNetwork   What = "cut"
	HealNetwork  What = "heal"
	NeighborUp   What = "neighbor_up"
	NeighborDown What = "neighbor_down"
	Isolated     What = "isolated"
)

// noNode is the Node of an Entry that is about the network.
const noNode = -1

// Entry is one line of the record of a mesh.
type Entry struct {
	At   time.Time
	What What
	// Node is the index of the node that it happened to, or -1.
	Node int
	// Peer and Incarnation name the neighbor of NeighborUp and NeighborDown.
	Peer        string
	Incarnation uint64
	// Reason is that of NeighborDown, 0 when the node was too busy to tell.
	Reason membership.Reason
}

// mostEntries bounds the record. When it is full the older half is forgotten.
const mostEntries = 1 << 17

// Timeline returns the record of what was done to the mesh and what its nodes
// reported, in the order in which it became known: at most the last 131,072
// entries.
func (m *Mesh) Timeline() []Entry {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.log)
}

// Since returns the entries of the record from a position on, for whoever follows it: the first is
// 0, and next is that after the last there is. Entries that the record has lost are passed over: then
// there are fewer than next less position. The channel is closed at the next change.
func (m *Mesh) Since(position int) (entries []Entry, next int, changed <-chan struct{}) {
	m.mu.Lock()
	defer m.mu.Unlock()
	next = m.dropped + len(m.log)
	from := min(max(position-m.dropped, 0), len(m.log))
	return slices.Clone(m.log[from:]), next, m.changed
}

// note records an entry that changes nothing else.
func (m *Mesh) note(e Entry) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.record(e)
}

// record adds to the record and wakes whoever waits for a change. The caller
// holds the mutex.
func (m *Mesh) record(e Entry) {
	if len(m.log) >= mostEntries {
		m.dropped += len(m.log) / 2
		m.log = slices.Clone(m.log[len(m.log)/2:])
	}
	m.log = append(m.log, e)
	m.touch(e.At)
}

func (m *Mesh) touch(at time.Time) {
	if at.After(m.last) {
		m.last = at
	}
	close(m.changed)
	m.changed = make(chan struct{})
}
