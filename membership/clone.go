// Copies of a node, for simulations that go on in several ways.

package membership

import (
	"math/rand/v2"
	"slices"
)

// Clone returns a group with the same configuration and counts, and no nodes.
func (g *Group) Clone() *Group {
	return &Group{shared{cfg: g.cfg, stats: g.stats}}
}

// Clone returns a copy of the node in the given group, whose configuration must be
// that of the node's own. With a source in the state of the node's, the copy does
// what the node would do.
func (n *Node) Clone(g *Group, rng *rand.Rand) *Node {
	c := *n
	c.shared, c.rng = &g.shared, rng
	c.active = n.active.Clone()
	c.passive = n.passive.Clone()
	c.shuffle.sent = slices.Clone(n.shuffle.sent)
	if n.heads != nil {
		heads := *n.heads
		c.heads = &heads
	}
	c.book = &g.blank
	if n.book != &n.blank {
		c.book = n.book.clone()
	}
	return &c
}

func (b *notebook) clone() *notebook {
	c := *b
	c.requests = slices.Clone(b.requests)
	c.lost = b.lost.Clone()
	c.highs = slices.Clone(b.highs)
	c.admitted = slices.Clone(b.admitted)
	c.strangers = slices.Clone(b.strangers)
	c.undialable = slices.Clone(b.undialable)
	c.kept = slices.Clone(b.kept)
	c.left = slices.Clone(b.left)
	return &c
}
