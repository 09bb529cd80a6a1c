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
	// Seen is when somebody was last in direct contact with the peer, rounded down
	// to an eighth of a second; it may lie before the node's own start. Of a peer that
	// is proved it is when this node was.
	Seen time.Duration
	// Proved says that this life of the peer has proved to this node who it is, on a
	// link. Of all others only hearsay is known.
	Proved bool
	// NotBefore is until when the peer is not asked again.
	NotBefore time.Duration
	// Asked says that the peer has been asked in this round of repair.
	Asked bool
	// Fails counts attempts to reach it that failed in a row.
	Fails uint8
}

// Passive is the passive view (paper §4.1): candidates for the active view, kept
// fresh by shuffles. The zero value is empty and takes nobody.
//
// Of nearly every member only the age is known, and whether it is proved. The few that
// were asked, failed or were set aside have a remark each, for as long as that matters.
//
// Hearsay is what anybody says. It changes nothing about a member that is proved, and up
// to a third of the view, see [Passive.ProvedShare], it pushes no such member out either.
type Passive struct {
	roster  // the capacity is the view's size
	seen    []glimpse
	remarks []remark
	proved  int // how many members are
}

// NewPassive returns an empty view for at most size peers.
func NewPassive(size int) Passive {
	return Passive{roster: newRoster(size), seen: make([]glimpse, 0, size)}
}

// Size is the most peers that the view holds.
func (v *Passive) Size() int { return cap(v.peers) }

// Resize changes how many peers the view holds. Those who are too many go, as if for
// others.
func (v *Passive) Resize(size int, now time.Duration, rng *rand.Rand) {
	for last := len(v.peers) - 1; last >= size; last-- {
		i := last
		if v.proved <= last { // else all are, and all alike
			i = v.victim(now, nil, rng)
		}
		v.dropAt(i)
	}
	v.roster, v.seen = v.resized(size), append(make([]glimpse, 0, size), v.seen...)
}

// ProvedShare is how many proved members hearsay leaves in the view, if they do not fail: a
// third of its size.
func (v *Passive) ProvedShare() int { return cap(v.peers) / 3 }

// Proved is the number of members that are proved.
func (v *Passive) Proved() int { return v.proved }

// Len is the number of peers in the view.
func (v *Passive) Len() int { return len(v.peers) }

// Full reports whether the next Add of a new peer evicts one.
func (v *Passive) Full() bool { return len(v.peers) == cap(v.peers) }

// At returns the peer at position i, 0 ≤ i < Len.
func (v *Passive) At(i int) (*Peer, Spare) {
	s := Spare{Seen: v.seen[i].duration(), Proved: v.seen[i].proved()}
	if r := v.remarkOf(v.peers[i]); r != nil {
		s.NotBefore, s.Asked, s.Fails = r.notBefore, r.asked, r.fails
	}
	return v.peers[i], s
}

// Get returns the peer with that ID, or nil.
func (v *Passive) Get(id string) (*Peer, Spare) {
	i := v.find(id)
	if i < 0 {
		return nil, Spare{}
	}
	return v.At(i)
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

// Add takes in a peer that somebody has told of, and reports whether it is new to the
// view. When the view is full one member is evicted first, in this order: one that failed
// or is being left alone; one of sent, the records just given to the peer from
// which p was learnt (paper §4.4), which Add uses up from the front; a random one. While
// no more than [Passive.ProvedShare] members are proved, these are evicted for failures only.
//
// Of a peer the view has already by hearsay, a newer incarnation replaces the older with a
// clean record, the same incarnation only refreshes the age. Of one that is proved
// nothing is changed.
func (v *Passive) Add(now time.Duration, s Sighting, sent *[]*Peer, rng *rand.Rand) bool {
	return v.AddHashed(now, s, Fingerprint(s.Peer.ID), sent, rng)
}

// AddHashed is Add for a peer of whose ID the fingerprint is known.
func (v *Passive) AddHashed(now time.Duration, s Sighting, hash uint16, sent *[]*Peer, rng *rand.Rand) bool {
	seen := glimpseOf(now-s.Age, false)
	if i := v.findHash(s.Peer.ID, hash); i >= 0 {
		return v.refresh(i, s.Peer, seen)
	}
	return v.insert(now, s.Peer, hash, seen, sent, rng)
}

// Prove takes in a peer that has just proved who it is, and reports whether it is new to
// the view. Its record counts more than whatever hearsay says, and a newer life of it more
// than an older one. In a full view it takes a place as in [Passive.Add].
func (v *Passive) Prove(now time.Duration, p *Peer, rng *rand.Rand) bool {
	hash, seen := Fingerprint(p.ID), glimpseOf(now, true)
	i := v.findHash(p.ID, hash)
	if i < 0 {
		return v.insert(now, p, hash, seen, nil, rng)
	}
	known := v.peers[i]
	if v.seen[i].proved() && known.Incarnation > p.Incarnation {
		return false
	}
	v.see(i, seen)
	if *known == *p {
		return false
	}
	if !known.Same(p) {
		v.forget(known)
	} else if r := v.remarkOf(known); r != nil {
		r.peer = p
	}
	v.peers[i] = p
	return !known.Same(p)
}

// insert takes in a peer that is not in the view.
func (v *Passive) insert(now time.Duration, p *Peer, hash uint16, seen glimpse, sent *[]*Peer, rng *rand.Rand) bool {
	switch {
	case !v.Full():
		v.add(p, hash)
		v.seen = append(v.seen, 0)
		v.see(len(v.seen)-1, seen)
	case len(v.peers) == 0:
		return false // a view of size 0
	default:
		i := v.victim(now, sent, rng)
		v.forget(v.peers[i])
		v.replace(i, p, hash)
		v.see(i, seen)
	}
	return true
}

func (v *Passive) refresh(i int, p *Peer, seen glimpse) bool {
	switch known := v.peers[i]; {
	case v.seen[i].proved():
	case p == known || p.Incarnation == known.Incarnation:
		v.seen[i] = max(v.seen[i], seen)
	case p.Incarnation > known.Incarnation:
		v.forget(known)
		v.peers[i], v.seen[i] = p, seen
		return true
	}
	return false
}

// see changes what is known of the member at position i.
func (v *Passive) see(i int, seen glimpse) {
	v.proved += seen.count() - v.seen[i].count()
	v.seen[i] = seen
}

// spared reports whether the member at position i is one of the few that are proved.
func (v *Passive) spared(i int) bool { return v.proved <= v.ProvedShare() && v.seen[i].proved() }

// victim returns the position of the member that leaves a full view.
func (v *Passive) victim(now time.Duration, sent *[]*Peer, rng *rand.Rand) int {
	if p := v.unusable(now, rng); p != nil {
		return v.position(p)
	}
	for sent != nil && len(*sent) > 0 {
		p := (*sent)[0]
		*sent = (*sent)[1:]
		if i := v.position(p); i >= 0 && !v.spared(i) {
			return i
		}
	}
	for {
		// At most a third of a full view is spared.
		if i := rng.IntN(len(v.peers)); !v.spared(i) {
			return i
		}
	}
}

// unusable returns a random member that failed or is being left alone, or nil.
func (v *Passive) unusable(now time.Duration, rng *rand.Rand) *Peer {
	var chosen *Peer
	count := 0
	for i := range v.remarks {
		r := &v.remarks[i]
		if r.fails == 0 && (r.notBefore <= now || v.spared(v.position(r.peer))) {
			continue
		}
		if count++; rng.IntN(count) == 0 {
			chosen = r.peer
		}
	}
	return chosen
}

// Sample appends k random peers other than the one with the ID of not, and none
// that failed when last asked. They are at the front of the view then.
func (v *Passive) Sample(dst []Sighting, k int, now time.Duration, not *Peer, rng *rand.Rand) []Sighting {
	if excluded := v.find(not.ID); excluded >= 0 {
		not = v.peers[excluded]
	}
	next := draws{rng: rng}
	n := len(v.peers)
	for i := 0; i < n && k > 0; i++ {
		v.exchange(i, i+next.below(n-i))
		p := v.peers[i]
		if p == not || v.failed(p) {
			continue
		}
		dst = append(dst, Sighting{Peer: p, Age: max(0, now-v.seen[i].duration())})
		k--
	}
	return dst
}

// Pick returns a uniformly random peer for which eligible is true, or nil.
func (v *Passive) Pick(rng *rand.Rand, eligible func(*Peer, Spare) bool) *Peer {
	next := draws{rng: rng}
	n := len(v.peers)
	for i := range n {
		v.exchange(i, i+next.below(n-i))
		if p, spare := v.At(i); eligible(p, spare) {
			return p
		}
	}
	return nil
}

// Asked notes that the member with p's ID has been asked in this round.
func (v *Passive) Asked(p *Peer) {
	if r := v.note(p); r != nil {
		r.asked = true
	}
}

// NewRound forgets who was asked.
func (v *Passive) NewRound(now time.Duration) {
	for i := range v.remarks {
		v.remarks[i].asked = false
	}
	v.tidy(now)
}

// SetAside leaves the member with p's ID alone until the given time.
func (v *Passive) SetAside(p *Peer, notBefore time.Duration) {
	if r := v.note(p); r != nil {
		r.notBefore = notBefore
	}
}

// Failed notes that the member with p's ID could not be reached, and leaves it
// alone until the given time. It returns how often in a row that was.
func (v *Passive) Failed(p *Peer, notBefore time.Duration) int {
	r := v.note(p)
	if r == nil {
		return 0
	}
	r.fails++
	r.notBefore = notBefore
	return int(r.fails)
}

// Alive forgets that the member with p's ID ever failed.
func (v *Passive) Alive(p *Peer) {
	if i := v.find(p.ID); i >= 0 {
		if r := v.remarkOf(v.peers[i]); r != nil {
			r.fails = 0
		}
	}
}

// Expire drops the peers that nobody has been in contact with since before, and
// the remarks that no longer matter. It returns how many peers that were.
func (v *Passive) Expire(now, before time.Duration) int {
	v.tidy(now)
	oldest := glimpseOf(before, false)
	dropped := 0
	for i, seen := range slices.Backward(v.seen) {
		if seen < oldest {
			v.dropAt(i)
			dropped++
		}
	}
	return dropped
}

func (v *Passive) dropAt(i int) {
	v.forget(v.peers[i])
	v.see(i, 0)
	v.removeAt(i)
	v.seen = removeFrom(v.seen, i)
}

func (v *Passive) exchange(i, j int) {
	v.swap(i, j)
	v.seen[i], v.seen[j] = v.seen[j], v.seen[i]
}
