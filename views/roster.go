// The list of peers under the larger views: a slice, and beside it a column of
// fingerprints that makes a lookup by ID a scan of one cache line.

package views

// roster keeps peers in no particular order: a removal moves the last one into the
// gap. A view keeps its own data in a column of the same order.
//
// Views are small (30 by default), so a scan of 16-bit fingerprints beats a map in
// time and, at a million simulated nodes, in memory by a factor of twenty; and it
// has no order of its own that could leak into the protocol's choices.
type roster struct {
	peers  []*Peer
	prints prints
}

// newRoster returns a list with room for exactly so many peers.
func newRoster(size int) roster {
	return roster{peers: make([]*Peer, 0, size), prints: make(prints, 0, (size+lanes-1)/lanes)}
}

// resized returns a copy with room for exactly so many peers, which are enough.
func (r *roster) resized(size int) roster {
	c := newRoster(size)
	c.peers, c.prints = append(c.peers, r.peers...), append(c.prints, r.prints...)
	return c
}

// prints is a column of fingerprints, four to a word, which are compared at once.
type prints []uint64

const (
	lanes    = 4
	laneBits = 16

	laneHigh  = 1 << (laneBits - 1)          // the highest bit of the lowest lane
	laneOnes  = 1<<0 | 1<<16 | 1<<32 | 1<<48 // the lowest bit of every lane
	laneHighs = laneHigh * laneOnes          // the highest bit of every lane
)

func (c prints) set(i int, hash uint16) {
	shift := uint(i) % lanes * laneBits
	word := &c[uint(i)/lanes]
	*word = *word&^(0xffff<<shift) | uint64(hash)<<shift
}

func (c prints) at(i int) uint16 {
	return uint16(c[uint(i)/lanes] >> (uint(i) % lanes * laneBits))
}

// Fingerprint mixes the length of an ID and its last eight bytes, in which the IDs
// of one deployment differ. Equal fingerprints cost one more string comparison.
func Fingerprint(id string) uint16 {
	var tail uint64
	switch n := len(id); {
	case n >= 8:
		tail = fourBytes(id[n-8:])<<32 | fourBytes(id[n-4:])
	case n >= 4:
		tail = fourBytes(id)<<32 | fourBytes(id[n-4:]) // some of them twice
	case n > 0:
		tail = uint64(id[0])<<16 | uint64(id[n/2])<<8 | uint64(id[n-1])
	}
	const odd = 0x9e3779b97f4a7c15
	return uint16((tail ^ uint64(len(id))<<40) * odd >> 48)
}

// fourBytes returns the first four bytes of s as a number, the last one lowest: a
// product spreads the lowest bits best.
func fourBytes(s string) uint64 {
	_ = s[3]
	return uint64(s[0])<<24 | uint64(s[1])<<16 | uint64(s[2])<<8 | uint64(s[3])
}

// find returns the position of the peer with that ID, or -1.
func (r *roster) find(id string) int { return r.findHash(id, Fingerprint(id)) }

// findHash is find for an ID whose fingerprint is known.
func (r *roster) findHash(id string, hash uint16) int {
	wanted := uint64(hash) * laneOnes
	for w, four := range r.prints {
		// The highest bit of a lane of equal is set where the fingerprints are the same,
		// and now and then, by a borrow, in a lane above such a one.
		differ := four ^ wanted
		equal := (differ - laneOnes) &^ differ & laneHighs
		for ; equal != 0; equal &= equal - 1 {
			lowest := equal & -equal
			i := w*lanes + int(lowest>>31&1+lowest>>47&1*2+lowest>>63*3)
			if i < len(r.peers) && r.peers[i].ID == id {
				return i
			}
		}
	}
	return -1
}

// position returns where this very record is, or -1. It looks at no peer.
func (r *roster) position(p *Peer) int {
	for i, known := range r.peers {
		if known == p {
			return i
		}
	}
	return -1
}

func (r *roster) add(p *Peer, hash uint16) {
	if len(r.prints)*lanes == len(r.peers) {
		r.prints = append(r.prints, 0)
	}
	r.peers = append(r.peers, p)
	r.prints.set(len(r.peers)-1, hash)
}

// replace puts p in the place of the peer at position i.
func (r *roster) replace(i int, p *Peer, hash uint16) {
	r.peers[i] = p
	r.prints.set(i, hash)
}

// removeAt moves the last peer to position i; the caller does the same in its
// own column.
func (r *roster) removeAt(i int) {
	last := len(r.peers) - 1
	r.peers[i] = r.peers[last]
	r.prints.set(i, r.prints.at(last))
	r.peers[last] = nil
	r.peers = r.peers[:last]
	r.prints = r.prints[:(last+lanes-1)/lanes]
}

func (r *roster) swap(i, j int) {
	r.peers[i], r.peers[j] = r.peers[j], r.peers[i]
	a, b := r.prints.at(i), r.prints.at(j)
	r.prints.set(i, b)
	r.prints.set(j, a)
}

// removeFrom takes column entry i out of a column in the same way as removeAt.
func removeFrom[E any](column []E, i int) []E {
	last := len(column) - 1
	column[i] = column[last]
	var zero E
	column[last] = zero
	return column[:last]
}
