// What tests may see of a node beyond its public methods.

package membership

// Remembered is how many IDs are noted outside the views.
func (n *Node) Remembered() int {
	b := n.book
	return len(b.kept) + len(b.highs) + len(b.admitted) + len(b.strangers) + len(b.undialable) + len(b.left)
}

// Blank reports whether the node has nothing in hand and in mind beside its views.
func (n *Node) Blank() bool { return n.book == &n.blank }
