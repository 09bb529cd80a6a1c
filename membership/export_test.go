// What tests may see of a node beyond its public methods.

package membership

// Remembered is how many IDs are noted outside the views.
func (n *Node) Remembered() int {
	b := n.book
	return len(b.kept) + len(b.highs) + len(b.admitted) + len(b.strangers) + len(b.undialable) + len(b.left)
}

// Blank reports whether the node has nothing in hand and in mind beside its views.
func (n *Node) Blank() bool { return n.book == &n.blank }

// Want changes how many neighbors the node wants, as if the cluster had that size.
func (n *Node) Want(neighbors int) {
	n.wanted = uint8(neighbors)
	n.active.Resize(neighbors)
	n.passive.Resize(neighbors*sparesEach, n.now, n.rng)
}
