// How many nodes want a subject.

package interest

// Wanting returns how many other nodes want a subject without wildcards, in a plain
// subscription or a queue group. It looks at all that is known: it is not for every message.
func (n *Node) Wanting(subject []byte) (nodes int) {
	if !n.Crosses(subject) {
		return 0
	}
	for _, r := range n.remote.sorted {
		if r.withdrawn {
			continue
		}
		for k := range r.keys { // order-free: one is enough
			if matches(k.Subject, subject) {
				nodes++
				break
			}
		}
	}
	return nodes
}
