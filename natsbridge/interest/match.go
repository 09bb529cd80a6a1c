// The questions that are asked for each message, and the cache of their answers.

package interest

import (
	"cmp"
	"slices"
	"strings"
)

// maxCached is how many subjects the cache holds.
const maxCached = 4096

// cache holds what was found out about subjects. An answer of an older generation is none.
type cache struct {
	bySubject  map[string]*matched
	generation uint64
	spare      []*entry // what a search returns in
}

// matched is what is known about a subject.
type matched struct {
	generation uint64
	wanted     bool     // by the own server
	elsewhere  bool     // by a plain subscription
	queues     []string // of the own server
	groups     []group  // of others, by queue
}

// group is one queue group: the nodes among which to choose.
type group struct {
	queue string
	nodes []string
	dice  dice
}

// lookup returns what is known about a subject without wildcards.
func (n *Node) lookup(subject []byte) *matched {
	m := n.cache.bySubject[string(subject)]
	if m != nil && m.generation == n.cache.generation {
		return m
	}
	fresh := n.answer(subject)
	switch {
	case len(subject) > MaxSubject:
		return fresh
	case m != nil:
		*m = *fresh
		return m
	case len(n.cache.bySubject) >= maxCached:
		clear(n.cache.bySubject)
	}
	n.cache.bySubject[string(subject)] = fresh
	return fresh
}

// answer finds out who wants a subject.
func (n *Node) answer(subject []byte) *matched {
	m := &matched{generation: n.cache.generation}
	if !n.Crosses(subject) {
		return m
	}
	found := n.own.trie.root.match(n.cache.spare[:0], subject)
	m.wanted = len(found) > 0
	for _, e := range found {
		if q := e.key.Queue; q != "" && !slices.Contains(m.queues, q) {
			m.queues = append(m.queues, q)
		}
	}
	found = n.union.trie.root.match(found[:0], subject)
	n.cache.spare = found
	slices.SortStableFunc(found, func(a, b *entry) int { return strings.Compare(a.key.Queue, b.key.Queue) })
	for len(found) > 0 {
		end := 1
		for end < len(found) && found[end].key.Queue == found[0].key.Queue {
			end++
		}
		if found[0].key.Queue == "" {
			m.elsewhere = true
		} else {
			m.groups = append(m.groups, newGroup(found[:end]))
		}
		found = found[end:]
	}
	return m
}

// newGroup gathers the members of one queue group, whatever pattern they used. Doubted nodes are
// in it only if there is nobody else. A node counts for its weight divided by its
// distance.
func newGroup(entries []*entry) group {
	var members []member
	for _, e := range entries {
		members = append(members, e.members...)
	}
	slices.SortStableFunc(members, func(a, b member) int { return cmp.Compare(a.of.id, b.of.id) })
	doubted := func(m member) bool { return m.of.doubted }
	if !slices.ContainsFunc(members, func(m member) bool { return !m.of.doubted }) {
		doubted = func(member) bool { return false }
	}
	g := group{queue: entries[0].key.Queue}
	var weights []uint64
	for _, m := range members {
		if doubted(m) {
			continue
		}
		const scale = 1 << 10
		weight := max(uint64(m.weight)*scale/uint64(max(m.of.hops, 1)), 1) //nolint:gosec // at least 1
		if last := len(g.nodes) - 1; last >= 0 && g.nodes[last] == m.of.id {
			weights[last] += weight
			continue
		}
		g.nodes = append(g.nodes, m.of.id)
		weights = append(weights, weight)
	}
	g.dice = newDice(weights)
	return g
}

// Wanted reports whether the own server wants a subject, in a plain subscription or a
// queue group. The answer is exact, whatever is rolled up.
func (n *Node) Wanted(subject []byte) bool { return n.lookup(subject).wanted }

// WantedBy reports whether the own server has members of a queue group for a subject.
func (n *Node) WantedBy(subject, queue []byte) bool {
	return slices.ContainsFunc(n.lookup(subject).queues, func(q string) bool { return q == string(queue) })
}

// Elsewhere reports whether another node wants a subject with a plain subscription.
func (n *Node) Elsewhere(subject []byte) bool { return n.lookup(subject).elsewhere }

// Choose returns a node that has members of a queue group for a subject, at random by the weight
// of each, and the nearer the likelier. Nodes in doubt are chosen only if there is nobody else, and this
// one never.
func (n *Node) Choose(subject, queue []byte) (node string, ok bool) {
	groups := n.lookup(subject).groups
	for i := range groups {
		if g := &groups[i]; g.queue == string(queue) {
			return g.nodes[g.dice.throw(n.rng)], true
		}
	}
	return "", false
}
