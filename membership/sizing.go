// View sizes that follow the size of the cluster, for those who leave them to the node
// (paper §5.1: log10(n) + c, and k times as many spare peers).

package membership

import (
	"fmt"
	"math"
)

// Auto as ActiveSize leaves the sizes of both views to the node: log10 of the estimated
// number of nodes plus 1, from AutoLeast to AutoMost neighbors, and six spare peers for each.
// It begins with 5.
const Auto = -1

// The bounds of [Auto].
const (
	// AutoLeast keeps what a cluster needs to survive: an overlay with three neighbors
	// a node falls apart when half of the nodes die, one with four when two thirds do.
	AutoLeast = 4
	// AutoMost is enough for ten million nodes, and bounds what lies can cost.
	AutoMost = 8
)

const (
	// firstActive is what a node begins with that knows nothing yet.
	firstActive = 5
	// sparesEach is k of the paper: spare peers for each neighbor wanted.
	sparesEach = 6
	// slack is how far log10(n) + 1 must be from the present size to change it. Above one
	// half it keeps the size from going back and forth; an estimate is off by 0.15 or so.
	slack = 0.75
)

// ActiveSize is how many neighbors the node wants: as configured or, with [Auto], as many
// as the size of the cluster asks for.
func (n *Node) ActiveSize() int { return int(n.wanted) }

// PassiveSize is how many spare peers the node remembers at most.
func (n *Node) PassiveSize() int { return n.passive.Size() }

// sizes returns the sizes of the views that a node begins with.
func (c *Config) sizes() (active, passive int) {
	if c.ActiveSize == Auto {
		return firstActive, firstActive * sparesEach
	}
	return c.ActiveSize, c.PassiveSize
}

// adapt changes the sizes of the views by one neighbor, if the cluster has grown or shrunk
// by that much. Whoever is one neighbor too many may stay until it goes by itself, or until
// it has one too many, too, by what this node wants: then the link ends, and neither has
// fewer than that.
func (n *Node) adapt() {
	if n.cfg.ActiveSize != Auto {
		return
	}
	if step := n.step(); step != 0 {
		n.wanted = uint8(int(n.wanted) + step)
		n.passive.Resize(int(n.wanted)*sparesEach, n.now, n.rng)
	}
	n.active.Resize(int(n.wanted))
	if n.active.Len() > int(n.wanted) {
		n.shed()
	}
}

// step returns by how much the wanted number of neighbors is to change: -1, 0 or 1.
func (n *Node) step() int {
	if !n.heads.settled() {
		return 0
	}
	switch ideal, wanted := math.Log10(1+n.others())+1, n.wanted; {
	case ideal > float64(wanted)+slack && wanted < AutoMost:
		return 1
	case ideal < float64(wanted)-slack && wanted > AutoLeast:
		return -1
	}
	return 0
}

// shed gives up one neighbor that has more than this node wants, by its heartbeats.
func (n *Node) shed() {
	for i := range n.active.Len() {
		p, info := n.active.At(i)
		if int(info.Degree) > int(n.wanted) && n.dispensable(&info) == 2 {
			n.evict(p, nil)
			return
		}
	}
}

// full reports whether the node has the neighbors that it wants.
func (n *Node) full() bool { return n.active.Len() >= int(n.wanted) }

// sizeInvariants checks that no view holds more than it may.
func (n *Node) sizeInvariants() error {
	active, passive := n.cfg.sizes()
	if n.cfg.ActiveSize == Auto {
		active, passive = AutoMost, int(n.wanted)*sparesEach
	}
	if int(n.wanted) > active {
		return fmt.Errorf("membership: %d neighbors are wanted, at most %d", n.wanted, active)
	}
	if a := n.active.Len(); a > active {
		return fmt.Errorf("membership: %d neighbors, at most %d", a, active)
	}
	if p := n.passive.Len(); p > passive {
		return fmt.Errorf("membership: %d spare peers, at most %d", p, passive)
	}
	return nil
}
