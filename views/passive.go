// The passive view: spare peers, nobody connected.

package views

import (
	"math/rand/v2"
	"slices"
	"time"
)

// Spare is what is known of a member of the passive view. Times are durations
// since the node's own start.
type Spare struct {
	// Seen is when somebody was last in direct contact with the peer; it may lie
	// before the node's own start.
	Seen time.Duration
	// NotBefore is until when the peer is not asked again.
	NotBefore time.Duration
	// Round is the repair round in which the peer was last asked.
	Round uint32
	// Fails counts attempts to reach it that failed in a row.
	Fails uint8
}

// Passive is the passive view (paper §4.1): candidates for the active view, kept
// fresh by shuffles. The zero value is empty and takes nobody.
type Passive struct {
	roster
	info []Spare
	size int
}

// NewPassive returns an empty view for at most size peers.
func NewPassive(size int) Passive { return Passive{size: size} }

// Len is the number of peers in the view.
func (v *Passive) Len() int { return len(v.peers) }

// Full reports whether the next Add of a new peer evicts one.
func (v *Passive) Full() bool { return len(v.peers) >= v.size }

// At returns the peer at position i, 0 ≤ i < Len. The pointer is valid until the
// next change of the view.
func (v *Passive) At(i int) (*Peer, *Spare) { return v.peers[i], &v.info[i] }

// Get returns the peer with that ID, or nil.
func (v *Passive) Get(id string) (*Peer, *Spare) {
	i := v.find(id)
	if i < 0 {
		return nil, nil
	}
	return v.peers[i], &v.info[i]
}

// Has reports whether the peer with that ID is in the view, in whatever life.
func (v *Passive) Has(id string) bool { return v.find(id) >= 0 }

// Remove takes the peer with that ID out and returns it, or nil.
func (v *Passive) Remove(id string) *Peer {
	i := v.find(id)
	if i < 0 {
		return nil
	}
	p := v.peers[i]
	v.dropAt(i)
	return p
}

// Add takes a sighted peer in and reports whether it is new to the view. When
// the view is full one member is evicted first, in this order: one that failed
// or is being left alone; one of sent, the ids just given to the peer from which
// p was learnt (paper §4.4), which Add uses up from the front; a random one.
//
// Of a peer the view has already, a newer incarnation replaces the older with a
// clean record, the same incarnation only refreshes the age.
func (v *Passive) Add(now time.Duration, s Sighting, sent *[]*Peer, rng *rand.Rand) bool {
	if v.size == 0 {
		return false
	}
	fresh := Spare{Seen: now - s.Age}
	if i := v.find(s.Peer.ID); i >= 0 {
		return v.refresh(i, s.Peer, fresh)
	}
	if v.Full() {
		v.dropAt(v.victim(now, sent, rng))
	}
	v.add(s.Peer)
	v.info = append(v.info, fresh)
	return true
}

func (v *Passive) refresh(i int, p *Peer, fresh Spare) bool {
	switch known := v.peers[i]; {
	case p.Incarnation > known.Incarnation:
		v.peers[i], v.info[i] = p, fresh
		return true
	case p.Incarnation == known.Incarnation:
		v.info[i].Seen = max(v.info[i].Seen, fresh.Seen)
	}
	return false
}

// victim returns the position of the member that leaves a full view.
func (v *Passive) victim(now time.Duration, sent *[]*Peer, rng *rand.Rand) int {
	start := rng.IntN(len(v.info))
	if i := v.unusable(start, now); i >= 0 {
		return i
	}
	for sent != nil && len(*sent) > 0 {
		id := (*sent)[0].ID
		*sent = (*sent)[1:]
		if i := v.find(id); i >= 0 {
			return i
		}
	}
	return start
}

// unusable returns the position of a member that failed or is being left alone, the
// first one going round from start, or -1.
func (v *Passive) unusable(start int, now time.Duration) int {
	for k := range v.info {
		i := start + k
		if i >= len(v.info) {
			i -= len(v.info)
		}
		if s := &v.info[i]; s.Fails > 0 || s.NotBefore > now {
			return i
		}
	}
	return -1
}

// Sample appends k random peers other than the one with the ID not, and none
// that failed when last asked.
func (v *Passive) Sample(dst []Sighting, k int, now time.Duration, not string, rng *rand.Rand) []Sighting {
	n := len(v.peers)
	for i := 0; i < n && k > 0; i++ {
		v.exchange(i, i+rng.IntN(n-i))
		if v.info[i].Fails > 0 || v.peers[i].ID == not {
			continue
		}
		dst = append(dst, Sighting{Peer: v.peers[i], Age: max(0, now-v.info[i].Seen)})
		k--
	}
	return dst
}

// Pick returns a uniformly random peer for which eligible is true, or nil. The
// view stays as it is until the pointer to the Spare has been used.
func (v *Passive) Pick(rng *rand.Rand, eligible func(*Peer, *Spare) bool) (*Peer, *Spare) {
	n := len(v.peers)
	for i := range n {
		v.exchange(i, i+rng.IntN(n-i))
		if eligible(v.peers[i], &v.info[i]) {
			return v.peers[i], &v.info[i]
		}
	}
	return nil, nil
}

// Expire drops the peers that nobody has been in contact with since before, and
// returns how many.
func (v *Passive) Expire(before time.Duration) int {
	dropped := 0
	for i, known := range slices.Backward(v.info) {
		if known.Seen < before {
			v.dropAt(i)
			dropped++
		}
	}
	return dropped
}

func (v *Passive) dropAt(i int) {
	v.removeAt(i)
	v.info = removeFrom(v.info, i)
}

func (v *Passive) exchange(i, j int) {
	v.swap(i, j)
	v.info[i], v.info[j] = v.info[j], v.info[i]
}
