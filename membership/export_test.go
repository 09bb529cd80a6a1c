// What tests may see of a node beyond its public methods.

package membership

// Remembered is how many IDs are noted outside the views.
func (n *Node) Remembered() int {
	return len(n.highs) + len(n.admitted) + len(n.strangers) + len(n.undialable) + len(n.left)
}
