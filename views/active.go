// The active view: the neighbors.

package views

import (
	"math/rand/v2"
	"time"
)

// Neighbor is a member of the active view and what is known of its link. Times
// are durations since the node's own start.
type Neighbor struct {
	// Link is the transport's number of the live link to the neighbor.
	Link uint64
	// Since is when it became a neighbor, Heard when it last sent anything.
	Since, Heard time.Duration
	// RTT is the latest round trip, zero before the first.
	RTT time.Duration
	// Stamp is the latest Sent time of its heartbeats, StampAt when it came.
	Stamp, StampAt time.Duration
	// Degree is the size of its own active view, as it last said.
	Degree uint8
}

// Active is the active view (paper §4.1): small, symmetric, one live link for
// every member. The zero value is empty and takes nobody.
type Active struct {
	roster
	info []Neighbor
	size int
}

// NewActive returns an empty view for at most size neighbors.
func NewActive(size int) Active { return Active{size: size} }

// Len is the number of neighbors.
func (a *Active) Len() int { return len(a.peers) }

// Full reports whether there is no free slot.
func (a *Active) Full() bool { return len(a.peers) >= a.size }

// Free is the number of free slots.
func (a *Active) Free() int { return max(0, a.size-len(a.peers)) }

// At returns the neighbor at position i, 0 ≤ i < Len. The pointer is valid until
// the next change of the view.
func (a *Active) At(i int) (*Peer, *Neighbor) { return a.peers[i], &a.info[i] }

// Get returns the neighbor with that ID, or nil.
func (a *Active) Get(id string) (*Peer, *Neighbor) {
	i := a.find(id)
	if i < 0 {
		return nil, nil
	}
	return a.peers[i], &a.info[i]
}

// Has reports whether the peer with that ID is a neighbor, in whatever life.
func (a *Active) Has(id string) bool { return a.find(id) >= 0 }

// Add takes p in. It returns false, and does nothing, when the view is full or
// has the ID already.
func (a *Active) Add(p *Peer, info Neighbor) bool {
	if a.Full() || a.Has(p.ID) {
		return false
	}
	a.add(p)
	a.info = append(a.info, info)
	return true
}

// Update replaces the record of a neighbor by a newer one of the same life.
func (a *Active) Update(p *Peer) {
	if i := a.find(p.ID); i >= 0 {
		a.peers[i] = p
	}
}

// Remove takes the peer with that ID out and returns it, or nil.
func (a *Active) Remove(id string) *Peer {
	i := a.find(id)
	if i < 0 {
		return nil
	}
	p := a.peers[i]
	a.removeAt(i)
	a.info = removeFrom(a.info, i)
	return p
}

// Pick returns a uniformly random neighbor that is neither of the two given IDs
// (which may be empty), or nil when there is none.
func (a *Active) Pick(rng *rand.Rand, notA, notB string) *Peer {
	n := len(a.peers)
	if n == 0 {
		return nil
	}
	// At most two are excluded: going round from a random start would favor the
	// member behind an excluded one, so draw among the eligible instead.
	eligible := 0
	for _, p := range a.peers {
		if p.ID != notA && p.ID != notB {
			eligible++
		}
	}
	if eligible == 0 {
		return nil
	}
	skip := rng.IntN(eligible)
	for _, p := range a.peers {
		if p.ID == notA || p.ID == notB {
			continue
		}
		if skip == 0 {
			return p
		}
		skip--
	}
	return nil
}

// Sample appends k random neighbors other than the one with the ID not, all of
// age zero: a neighbor has just been heard.
func (a *Active) Sample(dst []Sighting, k int, not string, rng *rand.Rand) []Sighting {
	n := len(a.peers)
	for i := 0; i < n && k > 0; i++ {
		j := i + rng.IntN(n-i)
		a.swap(i, j)
		a.info[i], a.info[j] = a.info[j], a.info[i]
		if a.peers[i].ID == not {
			continue
		}
		dst = append(dst, Sighting{Peer: a.peers[i]})
		k--
	}
	return dst
}
