// The active view: the neighbors.

package views

import (
	"math/rand/v2"
	"time"
)

// Neighbor is what is known of a member of the active view and its link. Times
// are durations since the node's own start.
type Neighbor struct {
	// Link is the transport's number of the live link to the neighbor.
	Link uint64
	// Since is when it became a neighbor, Heard when it last sent anything, both
	// rounded down to a sixteenth of a second.
	Since, Heard time.Duration
	// RTT is the latest round trip in whole microseconds, zero before the first.
	RTT time.Duration
	// Degree is the size of its own active view, as it last said.
	Degree uint8
	// Guest says that it got its place by having somebody else evicted.
	Guest bool
}

// Active is the active view (paper §4.1): small, symmetric, one live link for
// every member. The zero value is empty and takes nobody.
type Active struct {
	members []member // the capacity is the view's size
}

// member is a neighbor with what is known of it, in 48 bytes.
type member struct {
	peer         *Peer
	link         uint64
	stamp        time.Duration // the latest Sent time of its heartbeats
	stampAt      uint32        // when that came, in microseconds, which begin anew after 71 minutes
	due          uint32        // when it is to be sent one, in milliseconds, which do after 49 days
	since, heard moment
	rtt          uint32 // in microseconds
	hash         uint16 // the fingerprint of the ID
	degree       uint8
	guest        bool
}

// NewActive returns an empty view for at most size neighbors.
func NewActive(size int) Active { return Active{members: make([]member, 0, size)} }

// Resize changes how many neighbors there is room for; those who are there stay, and as long
// as they are more than size there is room for as many.
func (a *Active) Resize(size int) {
	if size = max(size, len(a.members)); size != cap(a.members) {
		a.members = append(make([]member, 0, size), a.members...)
	}
}

// Len is the number of neighbors.
func (a *Active) Len() int { return len(a.members) }

// Full reports whether there is no free slot.
func (a *Active) Full() bool { return len(a.members) == cap(a.members) }

// Free is the number of free slots.
func (a *Active) Free() int { return cap(a.members) - len(a.members) }

// At returns the neighbor at position i, 0 ≤ i < Len.
func (a *Active) At(i int) (*Peer, Neighbor) {
	m := &a.members[i]
	return m.peer, Neighbor{
		Link: m.link, Since: m.since.duration(), Heard: m.heard.duration(),
		RTT: time.Duration(m.rtt) * time.Microsecond, Degree: m.degree, Guest: m.guest,
	}
}

// Get returns the neighbor with that ID, or nil.
func (a *Active) Get(id string) (*Peer, Neighbor) {
	i := a.find(id)
	if i < 0 {
		return nil, Neighbor{}
	}
	return a.At(i)
}

// Has reports whether the peer with that ID is a neighbor, in whatever life.
func (a *Active) Has(id string) bool { return a.find(id) >= 0 }

// HasHashed is Has for an ID of which the fingerprint is known.
func (a *Active) HasHashed(id string, hash uint16) bool { return a.findHash(id, hash) >= 0 }

// Link returns the number of the link to the neighbor with p's ID, or 0.
func (a *Active) Link(p *Peer) uint64 {
	i := a.position(p)
	if i < 0 {
		return 0
	}
	return a.members[i].link
}

// Heard notes that p has sent something on a link. It returns false, and does
// nothing, unless this life of p is a neighbor on that link.
func (a *Active) Heard(p *Peer, link uint64, now time.Duration) bool {
	i := a.position(p)
	if i < 0 || a.members[i].link != link {
		return false
	}
	m := &a.members[i]
	if m.peer != p && m.peer.Incarnation != p.Incarnation {
		return false
	}
	m.heard = momentOf(now)
	return true
}

// Beat notes what a heartbeat of the neighbor with p's ID says: the size of its
// view, when it was sent, and the round trip, if that is known. It returns the neighbor's
// position, or -1 when p is none.
func (a *Active) Beat(p *Peer, degree uint8, sent, now, rtt time.Duration) int {
	i := a.position(p)
	if i < 0 {
		return -1
	}
	m := &a.members[i]
	m.degree, m.stamp, m.stampAt = degree, sent, uint32(now.Microseconds())
	if rtt > 0 {
		m.rtt = uint32(min(rtt/time.Microsecond, 1<<32-1))
	}
	return i
}

// Echo returns the Sent time of the latest heartbeat of the neighbor at position i, 0 ≤ i < Len,
// and how long ago it came, which must be less than 71 minutes; or zeros before the first.
func (a *Active) Echo(i int, now time.Duration) (stamp, held time.Duration) {
	m := &a.members[i]
	if m.stamp <= 0 {
		return 0, 0
	}
	return m.stamp, time.Duration(uint32(now.Microseconds())-m.stampAt) * time.Microsecond
}

// Due returns how long it is until the neighbor at position i, 0 ≤ i < Len, is to be sent a
// heartbeat, to a millisecond: 0 or less if it is time to, as for a new neighbor.
func (a *Active) Due(i int, now time.Duration) time.Duration {
	return time.Duration(int32(a.members[i].due-uint32(now.Milliseconds()))) * time.Millisecond
}

// Postpone lets the neighbor at position i, 0 ≤ i < Len, wait that long for the next heartbeat, or
// for 24 days.
func (a *Active) Postpone(i int, now, pause time.Duration) {
	const longest = 24 * 24 * time.Hour
	a.members[i].due = uint32((now + min(pause, longest)).Milliseconds())
}

// Add takes p in. It returns false, and does nothing, when the view is full or
// has the ID already.
func (a *Active) Add(p *Peer, link uint64, now time.Duration) bool {
	if a.Full() || a.Has(p.ID) {
		return false
	}
	at := momentOf(now)
	a.members = append(a.members, member{
		peer: p, link: link, since: at, heard: at, due: uint32(now.Milliseconds()), hash: Fingerprint(p.ID),
	})
	return true
}

// Host makes the neighbor with p's ID a guest, or no longer one.
func (a *Active) Host(p *Peer, guest bool) {
	if i := a.position(p); i >= 0 {
		a.members[i].guest = guest
	}
}

// Update replaces the record and the link of a neighbor by newer ones of the same
// life.
func (a *Active) Update(p *Peer, link uint64, now time.Duration) {
	if i := a.find(p.ID); i >= 0 {
		a.members[i].peer, a.members[i].link, a.members[i].heard = p, link, momentOf(now)
	}
}

// Remove takes the peer with that ID out and returns it, or nil.
func (a *Active) Remove(id string) *Peer {
	i := a.find(id)
	if i < 0 {
		return nil
	}
	p := a.members[i].peer
	a.members = removeFrom(a.members, i)
	return p
}

// Pick returns a uniformly random neighbor that has the ID of neither of the two
// given (which may be nil), and its link; or nil when there is none.
func (a *Active) Pick(rng *rand.Rand, not, nor *Peer) (*Peer, uint64) {
	// Going round from a random start would favor the member behind an excluded
	// one, so draw among the eligible and step over the others.
	first, second := a.position(not), a.position(nor)
	if first == second {
		second = -1
	}
	if first < 0 || (second >= 0 && second < first) {
		first, second = second, first
	}
	eligible := len(a.members)
	if first >= 0 {
		eligible--
	}
	if second >= 0 {
		eligible--
	}
	if eligible <= 0 {
		return nil, 0
	}
	i := rng.IntN(eligible)
	if first >= 0 && i >= first {
		i++
	}
	if second >= 0 && i >= second {
		i++
	}
	return a.members[i].peer, a.members[i].link
}

// Sample appends k random neighbors other than guests and the one with the ID of not,
// all of age zero: a neighbor has just been heard.
func (a *Active) Sample(dst []Sighting, k int, not *Peer, rng *rand.Rand) []Sighting {
	if excluded := a.position(not); excluded >= 0 {
		not = a.members[excluded].peer
	}
	next := draws{rng: rng}
	n := len(a.members)
	for i := 0; i < n && k > 0; i++ {
		j := i + next.below(n-i)
		a.members[i], a.members[j] = a.members[j], a.members[i]
		if p := a.members[i].peer; p != not && !a.members[i].guest {
			dst = append(dst, Sighting{Peer: p})
			k--
		}
	}
	return dst
}

// find returns the position of the neighbor with that ID, or -1.
func (a *Active) find(id string) int { return a.findHash(id, Fingerprint(id)) }

func (a *Active) findHash(id string, hash uint16) int {
	for i := range a.members {
		if m := &a.members[i]; m.hash == hash && m.peer.ID == id {
			return i
		}
	}
	return -1
}

// position returns the position of the neighbor with p's ID, or -1; p may be nil.
// It is mostly the very record, which is found without a look into it.
func (a *Active) position(p *Peer) int {
	if p == nil {
		return -1
	}
	for i := range a.members {
		if a.members[i].peer == p {
			return i
		}
	}
	return a.find(p.ID)
}
