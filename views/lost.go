// The lost list: peers that failed, to be looked for again.

package views

import (
	"math/rand/v2"
	"slices"
	"time"
)

// missing is what is known of a member of the lost list.
type missing struct {
	since time.Duration // when it was lost
	next  time.Duration // when to look for it again
	wait  time.Duration // the latest backoff; zero for hearsay, which is not looked for
}

func (m *missing) hearsay() bool { return m.wait == 0 }

// Lost is the bounded list of peers that were known and then failed. The paper
// forgets them, after which the two halves of a partitioned cluster never meet
// again; here each is looked for at growing intervals until it has been lost for
// too long. The zero value is empty and takes nobody.
//
// Whoever was known by hearsay only, and could not be reached, is not looked for. It is in
// the list so that older hearsay does not bring it back, and is the first to be forgotten.
type Lost struct {
	roster
	info []missing
	size int
}

// NewLost returns an empty list for at most size peers.
func NewLost(size int) Lost { return Lost{size: size} }

// Len is the number of peers in the list.
func (l *Lost) Len() int { return len(l.peers) }

// At returns the peer at position i, 0 ≤ i < Len, and when it was lost.
func (l *Lost) At(i int) (*Peer, time.Duration) { return l.peers[i], l.info[i].since }

// Has reports whether the peer with that ID is in the list.
func (l *Lost) Has(id string) bool { return len(l.peers) > 0 && l.find(id) >= 0 }

// SeenSince reports whether a sighting of p at the given time is news: after p
// was lost, or of a newer life than the lost one.
func (l *Lost) SeenSince(p *Peer, at time.Duration) bool {
	i := l.find(p.ID)
	return i < 0 || p.Incarnation > l.peers[i].Incarnation || at > l.info[i].since
}

// Sought is the number of peers that are looked for.
func (l *Lost) Sought() int {
	sought := 0
	for i := range l.info {
		if !l.info[i].hearsay() {
			sought++
		}
	}
	return sought
}

// Seeks reports whether the peer with that ID is looked for.
func (l *Lost) Seeks(id string) bool {
	i := l.find(id)
	return i >= 0 && !l.info[i].hearsay()
}

// Get returns the peer with that ID, or nil.
func (l *Lost) Get(id string) *Peer {
	if i := l.find(id); i >= 0 {
		return l.peers[i]
	}
	return nil
}

// Remove takes the peer with that ID out and reports whether it was there.
func (l *Lost) Remove(id string) bool {
	if !l.Has(id) {
		return false
	}
	l.dropAt(l.find(id))
	return true
}

// Add takes p in, to be looked for after wait; a wait of zero says that p was never more
// than hearsay. A full list forgets the hearsay of the longest standing, or else the peer
// that was lost first, which hearsay does not push out.
//
// Of a peer that is there already the newer life is kept, and its backoff goes on; the
// record of one that is looked for counts more than hearsay.
func (l *Lost) Add(p *Peer, now, wait time.Duration) {
	if i := l.find(p.ID); i >= 0 {
		l.again(i, p, now, wait)
		return
	}
	if len(l.peers) >= l.size {
		i := l.oldest()
		if i < 0 || wait == 0 && !l.info[i].hearsay() {
			return
		}
		l.dropAt(i)
	}
	l.add(p, Fingerprint(p.ID))
	l.info = append(l.info, missing{since: now, next: now + wait, wait: wait})
}

// again is Add for a peer that is in the list, at position i.
func (l *Lost) again(i int, p *Peer, now, wait time.Duration) {
	known := &l.info[i]
	switch {
	case known.hearsay() && wait > 0:
		l.peers[i], *known = p, missing{since: now, next: now + wait, wait: wait}
	case known.hearsay() == (wait == 0) && p.Incarnation > l.peers[i].Incarnation:
		l.peers[i] = p
	}
}

// Due returns the peer to look for now, the one waiting longest, or nil. Its
// next turn comes after twice the last wait, at most longest, ±25 %.
func (l *Lost) Due(now, longest time.Duration, rng *rand.Rand) *Peer {
	first := -1
	for i := range l.info {
		if !l.info[i].hearsay() && l.info[i].next <= now && (first < 0 || l.info[i].next < l.info[first].next) {
			first = i
		}
	}
	if first < 0 {
		return nil
	}
	m := &l.info[first]
	m.wait = min(2*m.wait, longest)
	m.next = now + Jitter(m.wait, rng)
	return l.peers[first]
}

// Pick returns a random lost peer, or nil: the last resort of a node that has
// nobody else to ask.
func (l *Lost) Pick(rng *rand.Rand) *Peer {
	if len(l.peers) == 0 {
		return nil
	}
	return l.peers[rng.IntN(len(l.peers))]
}

// Expire forgets the peers lost before the given time and returns how many.
func (l *Lost) Expire(before time.Duration) int {
	dropped := 0
	for i, known := range slices.Backward(l.info) {
		if known.since < before {
			l.dropAt(i)
			dropped++
		}
	}
	return dropped
}

// oldest returns the position of whoever is forgotten first, or -1.
func (l *Lost) oldest() int {
	oldest := -1
	for i := range l.info {
		if oldest < 0 || l.info[i].forgottenBefore(&l.info[oldest]) {
			oldest = i
		}
	}
	return oldest
}

func (m *missing) forgottenBefore(o *missing) bool {
	if m.hearsay() != o.hearsay() {
		return m.hearsay()
	}
	return m.since < o.since
}

func (l *Lost) dropAt(i int) {
	l.removeAt(i)
	l.info = removeFrom(l.info, i)
}
