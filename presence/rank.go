// Rendezvous hashing: which nodes a key belongs to.

package presence

import (
	"cmp"
	"slices"
)

// Rank returns the n of these nodes to which a key belongs, the owner first: those
// with the highest weight, all of them, by weight, if there are no more than n. Of several nodes that rank
// the same IDs all get the same answer. When a node goes, only its keys move, each
// to the node that came next; when one comes, only the keys that it gets do.
//
// The weight of a node for a key is a number of 64 bits, mix(hash(key) XOR
// hash(ID)). There hash is mix of the FNV-1a hash of the bytes, and mix the
// finalizer of MurmurHash3, which is v ^= v>>33, v *= 0xff51afd7ed558ccd,
// v ^= v>>33, v *= 0xc4ceb9fe1a85ec53, v ^= v>>33. Of equal weights the smaller ID comes first.
// None of this will change: stored data may depend on it.
func Rank(key string, ids []string, n int) []string {
	best := ranking{key: hash(key), most: n}
	for i, id := range ids {
		best.add(candidate{id: id, place: i}, hash(id))
	}
	ranked := make([]string, len(best.top))
	for i, c := range best.top {
		ranked[i] = c.id
	}
	return ranked
}

// ranking keeps the candidates with the highest weights of those it was shown.
type ranking struct {
	key  uint64
	most int
	top  []candidate // the highest first
}

type candidate struct {
	weight uint64
	id     string
	place  int
}

func (r *ranking) add(c candidate, id uint64) {
	c.weight = mix(r.key ^ id)
	if r.most <= 0 || len(r.top) == r.most && c.compare(r.top[r.most-1]) > 0 {
		return
	}
	at, _ := slices.BinarySearchFunc(r.top, c, candidate.compare)
	if len(r.top) == r.most {
		r.top = r.top[:r.most-1]
	}
	r.top = slices.Insert(r.top, at, c)
}

// compare is negative when c comes before d.
func (c candidate) compare(d candidate) int {
	return cmp.Or(cmp.Compare(d.weight, c.weight), cmp.Compare(c.id, d.id))
}

func hash(s string) uint64 {
	const offset, prime = 0xcbf29ce484222325, 0x100000001b3
	v := uint64(offset)
	for i := range len(s) {
		v = (v ^ uint64(s[i])) * prime
	}
	return mix(v)
}

func mix(v uint64) uint64 {
	v ^= v >> 33
	v *= 0xff51afd7ed558ccd
	v ^= v >> 33
	v *= 0xc4ceb9fe1a85ec53
	return v ^ v>>33
}
