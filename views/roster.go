// The list of peers under every view: a slice, and beside it a column of
// fingerprints that makes a lookup by ID a scan of a few cache lines.

package views

// roster keeps peers in order of insertion, except that a removal moves the last
// one into the gap. A view keeps its own data in a column of the same order.
//
// Views are small (5 and 30 by default), so a scan of 32-bit fingerprints beats
// a map in time and, at a million simulated nodes, in memory by a factor of ten;
// and it has no order of its own that could leak into the protocol's choices.
type roster struct {
	peers  []*Peer
	prints []uint32
}

// fingerprint mixes the length and the last eight bytes, in which the IDs of one
// deployment differ. Equal fingerprints cost one more string comparison.
func fingerprint(id string) uint32 {
	h := uint32(2166136261) ^ uint32(len(id))
	for i := max(0, len(id)-8); i < len(id); i++ {
		h = (h ^ uint32(id[i])) * 16777619
	}
	return h
}

// find returns the position of the peer with that ID, or -1.
func (r *roster) find(id string) int {
	wanted := fingerprint(id)
	for i, p := range r.prints {
		if p == wanted && r.peers[i].ID == id {
			return i
		}
	}
	return -1
}

func (r *roster) add(p *Peer) {
	r.peers = append(r.peers, p)
	r.prints = append(r.prints, fingerprint(p.ID))
}

// removeAt moves the last peer to position i; the caller does the same in its
// own column.
func (r *roster) removeAt(i int) {
	last := len(r.peers) - 1
	r.peers[i], r.prints[i] = r.peers[last], r.prints[last]
	r.peers[last] = nil
	r.peers, r.prints = r.peers[:last], r.prints[:last]
}

func (r *roster) swap(i, j int) {
	r.peers[i], r.peers[j] = r.peers[j], r.peers[i]
	r.prints[i], r.prints[j] = r.prints[j], r.prints[i]
}

// removeFrom takes column entry i out of a column in the same way as removeAt.
func removeFrom[E any](column []E, i int) []E {
	last := len(column) - 1
	column[i] = column[last]
	var zero E
	column[last] = zero
	return column[:last]
}
