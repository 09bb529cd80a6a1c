// What a flood reaches and costs.

package overlay

// Flood is what became of one message that every node, the first time it gets
// it, sends on to all its neighbors but the one it came from. Every hop takes
// equally long.
type Flood struct {
	// Reached counts the nodes that got the message, the source included.
	Reached int `json:"reached"`
	// Reliability is Reached as a share of all nodes, 0 to 1.
	Reliability float64 `json:"reliability"`
	// LastHop is the number of hops to those that got it last.
	LastHop int `json:"last_hop"`
	// Hops[h] is the number of nodes that got it at hop h; Hops[0] is 1, the
	// source.
	Hops []int `json:"hops"`
	// Sends is the number of messages sent.
	Sends int `json:"sends"`
	// Redundancy is how many messages more than needed each node got, on
	// average: Sends/(Reached-1) - 1, the relative message redundancy of the
	// Plumtree paper. A tree has 0. It is 0 when the source reached nobody.
	Redundancy float64 `json:"redundancy"`
}

// Flood sends one message from the source.
func (g *Graph) Flood(source int) Flood { return new(Walker).Flood(g, source) }

// Flood sends one message from the source. Hops belongs to the walker, which
// overwrites it at its next walk of any kind.
func (w *Walker) Flood(g *Graph, source int) Flood {
	reached, degrees := w.walk(g, source)
	f := Flood{
		Reached:     reached,
		Reliability: float64(reached) / float64(g.Nodes()),
		LastHop:     len(w.levels) - 1,
		Hops:        w.levels,
		Sends:       degrees - (reached - 1),
	}
	if reached > 1 {
		f.Redundancy = float64(f.Sends)/float64(reached-1) - 1
	}
	return f
}
