// The union: what others want, and with it what is wanted of the own server.

package interest

import (
	"slices"
	"strings"
)

// union is the interest of all others that counts.
type union struct {
	entries map[Key]*entry
	trie    trie
	changed map[Key]struct{}
	wanted  map[Key]int // what the own server was told
}

func newUnion() union {
	return union{entries: make(map[Key]*entry), changed: make(map[Key]struct{}), wanted: make(map[Key]int)}
}

// share returns the key with the texts of one that is here already.
func (u *union) share(k Key) Key {
	if e := u.entries[k]; e != nil {
		return e.key
	}
	return k
}

// count changes what a key of a node counts for, from a weight to another. What may not cross is
// in tables, so that all have the same ones, and does not count.
func (n *Node) count(r *record, k Key, from, to uint32) {
	if !n.cfg.allows(k) {
		return
	}
	u := &n.union
	e := u.entries[k]
	if e == nil {
		e = &entry{key: k}
		u.entries[k] = e
		u.trie.add(e)
	}
	switch {
	case from == 0:
		e.nodes++
	case to == 0:
		e.nodes--
	}
	e.weight += int64(to) - int64(from)
	if k.Queue != "" {
		e.setMember(r, to)
	}
	if e.nodes == 0 {
		delete(u.entries, k)
		u.trie.remove(e)
	}
	u.changed[k] = struct{}{}
	n.cache.generation++
}

// setMember changes the weight of a node in a queue group.
func (e *entry) setMember(r *record, weight uint32) {
	at, found := slices.BinarySearchFunc(e.members, r.id, func(m member, id string) int { return strings.Compare(m.of.id, id) })
	switch {
	case weight == 0 && found:
		e.members = slices.Delete(e.members, at, at+1)
	case weight == 0:
	case found:
		e.members[at].weight = weight
	default:
		e.members = slices.Insert(e.members, at, member{r, weight})
	}
}

// wants returns the weight with which the own server should be told that a key is wanted.
func (n *Node) wants(k Key) int {
	e := n.union.entries[k]
	switch {
	case e == nil || !n.election.won:
		return 0
	case k.Queue == "":
		return 1
	}
	return int(min(e.weight, MaxWeight))
}

// emitWants tells the own server what has changed.
func (n *Node) emitWants() {
	u := &n.union
	if len(u.changed) == 0 {
		return
	}
	if n.election.won {
		for _, k := range sortedKeys(u.changed) {
			n.emitWant(k)
		}
	}
	clear(u.changed)
}

func (n *Node) emitWant(k Key) {
	u := &n.union
	weight := n.wants(k)
	if weight == u.wanted[k] {
		return
	}
	if weight == 0 {
		delete(u.wanted, k)
	} else {
		u.wanted[u.share(k)] = weight
	}
	n.effects = append(n.effects, Effect{Kind: Want, Key: k, Weight: weight})
}

// rewant tells the own server all that the exporter wants, or that another node wants nothing any
// more.
func (n *Node) rewant() {
	u := &n.union
	if !n.election.won {
		for _, k := range sortedKeys(u.wanted) {
			n.emitWant(k)
		}
		return
	}
	clear(u.changed)
	for _, k := range sortedKeys(u.wanted) { // what is wanted no more a new server never knew
		delete(u.wanted, k)
	}
	for _, k := range sortedKeys(u.entries) {
		n.emitWant(k)
	}
}
