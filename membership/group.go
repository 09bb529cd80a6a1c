// Nodes that share what need not be had by each: for a simulator of a million.

package membership

import (
	"errors"
	"math/rand/v2"

	"github.com/kithmesh/kith/views"
)

// Group makes nodes that share one configuration, one buffer for what a step
// returns, and one set of counts. A node is then little more than its views: about
// a kilobyte with the default sizes.
//
// The nodes of a group belong to one goroutine. What a step of one of them returns
// is valid until the next step of any of them.
type Group struct{ shared }

// shared is what the nodes of a group have in common.
type shared struct {
	cfg     Config
	effects []Effect         // of the latest step
	samples []views.Sighting // of the messages among them
	given   []*views.Peer    // the spare peers that the answer to a shuffle carries
	told    []told           // the sample being merged
	stats   Stats
	blank   notebook // of all nodes that have nothing to remember; it is never written
}

// NewGroup returns a group without nodes. It reports every fault of cfg at once.
func NewGroup(cfg Config) (*Group, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	return &Group{shared{cfg: cfg}}, nil
}

// New returns a node that has not started. It reports every fault of self at once.
// The same configuration, source and inputs give the same effects; nodes may have a
// random source each, or all the same one.
func (g *Group) New(self *views.Peer, rng *rand.Rand) (*Node, error) {
	if self == nil || rng == nil {
		return nil, ErrNode
	}
	if err := self.Validate(); err != nil {
		return nil, err
	}
	active, passive := g.cfg.sizes()
	n := &Node{
		shared: &g.shared,
		self:   self,
		rng:    rng,
		wanted: uint8(active),

		idHash:   views.Fingerprint(self.ID),
		addrHash: views.Fingerprint(self.Addr),

		active:  views.NewActive(active),
		passive: views.NewPassive(passive),
		book:    &g.blank,
	}
	if g.cfg.ActiveSize == Auto {
		n.countHeads()
	}
	return n, nil
}

// Stats returns the counts of all nodes of the group together, with those that are
// gone.
func (g *Group) Stats() Stats { return g.stats }

// New returns a node that has not started, a group of its own, which estimates the size of
// its cluster. It reports every fault of cfg and self at once. The random source belongs to
// the node from now on: the same configuration, source and inputs give the same effects.
func New(cfg Config, self *views.Peer, rng *rand.Rand) (*Node, error) {
	if self == nil || rng == nil {
		return nil, ErrNode
	}
	if err := errors.Join(cfg.Validate(), self.Validate()); err != nil {
		return nil, err
	}
	group := Group{shared{cfg: cfg}}
	n, err := group.New(self, rng)
	if err == nil {
		n.countHeads()
	}
	return n, err
}
