// The picture that events make, one after the other.

package trace

import (
	"cmp"
	"slices"
)

// The bounds of a [Scene]: what goes beyond them is left out.
const (
	maxNodes = 5000
	maxEdges = 256 // of one node
)

// Scene is the mesh as the events so far tell it. The zero value is that before the first.
type Scene struct {
	nodes []Node // ordered by ID
	cut   [][]string
}

// Apply takes in one event. Those that say nothing about the picture change nothing, nor do those
// that cannot be, such as the end of what was not there.
func (s *Scene) Apply(e *Event) {
	switch e.Kind {
	case Whole:
		s.replace(e.Picture)
	case NodeIs:
		s.become(e)
	case Up:
		s.link(e.Node, e.Peer)
	case Down:
		s.unlink(e.Node, e.Peer)
	case LinkIs:
		if edge := s.edge(e.Node, e.Peer); edge != nil {
			edge.Link, edge.Why = e.Link, e.Why
		}
	case TreeIs:
		if edge := s.edge(e.Node, e.Peer); edge != nil {
			edge.Eager = e.Eager
		}
	case Action:
		s.act(e)
	case Hello, Gap, Sample, Repaired, Wave, Hop, Reached:
	}
}

// replace takes in a whole picture.
func (s *Scene) replace(p *Picture) {
	*s = Scene{}
	if p == nil {
		return
	}
	for i := range p.Nodes {
		from := &p.Nodes[i]
		n := s.enter(from.ID)
		if n == nil {
			continue
		}
		n.State, n.About = from.State, from.About
		n.Edges = slices.Clone(from.Edges[:min(len(from.Edges), maxEdges)])
		slices.SortStableFunc(n.Edges, func(a, b Edge) int { return cmp.Compare(a.Peer, b.Peer) })
	}
	if len(p.Cut) == sides {
		s.cut = [][]string{slices.Clone(p.Cut[0]), slices.Clone(p.Cut[1])}
	}
}

// become takes in what has become of a node. Only one that is up, or paused, has neighbors.
func (s *Scene) become(e *Event) {
	if e.State == NodeGone {
		if i, found := s.find(e.Node); found {
			s.nodes = slices.Delete(s.nodes, i, i+1)
		}
		return
	}
	n := s.enter(e.Node)
	if n == nil {
		return
	}
	n.State = e.State
	if e.About != nil {
		n.About = *e.About
	}
	if e.State != NodeUp && e.State != NodePaused {
		n.Edges = nil
	}
}

// sides of a cut.
const sides = 2

func (s *Scene) act(e *Event) {
	switch e.Action {
	case "cut":
		one, other := slices.Sorted(slices.Values(e.Nodes)), []string{}
		for i := range s.nodes {
			if _, found := slices.BinarySearch(one, s.nodes[i].ID); !found {
				other = append(other, s.nodes[i].ID)
			}
		}
		s.cut = [][]string{one, other}
	case "heal":
		s.cut = nil
	}
}

func (s *Scene) find(id string) (int, bool) {
	return slices.BinarySearchFunc(s.nodes, id, func(n Node, id string) int { return cmp.Compare(n.ID, id) })
}

// enter returns the node, which is new and up if it was not there; nil when there are too many.
func (s *Scene) enter(id string) *Node {
	i, found := s.find(id)
	if !found {
		if len(s.nodes) >= maxNodes || id == "" {
			return nil
		}
		s.nodes = slices.Insert(s.nodes, i, Node{ID: id, State: NodeUp})
	}
	return &s.nodes[i]
}

func (n *Node) find(peer string) (int, bool) {
	return slices.BinarySearchFunc(n.Edges, peer, func(e Edge, id string) int { return cmp.Compare(e.Peer, id) })
}

func (s *Scene) link(node, peer string) {
	n := s.enter(node)
	if n == nil || peer == "" {
		return
	}
	if i, found := n.find(peer); !found && len(n.Edges) < maxEdges {
		n.Edges = slices.Insert(n.Edges, i, Edge{Peer: peer})
	}
}

func (s *Scene) unlink(node, peer string) {
	if i, found := s.find(node); found {
		n := &s.nodes[i]
		if i, found := n.find(peer); found {
			n.Edges = slices.Delete(n.Edges, i, i+1)
		}
	}
}

// edge returns that of the node to the peer, nil when it has none.
func (s *Scene) edge(node, peer string) *Edge {
	if i, found := s.find(node); found {
		n := &s.nodes[i]
		if i, found := n.find(peer); found {
			return &n.Edges[i]
		}
	}
	return nil
}

// Picture returns a copy of the whole.
func (s *Scene) Picture() *Picture {
	p := &Picture{Nodes: slices.Clone(s.nodes)}
	if p.Nodes == nil {
		p.Nodes = []Node{}
	}
	for i := range p.Nodes {
		p.Nodes[i].Edges = slices.Clone(p.Nodes[i].Edges)
	}
	if s.cut != nil {
		p.Cut = [][]string{slices.Clone(s.cut[0]), slices.Clone(s.cut[1])}
	}
	return p
}

// Node returns a copy of one node.
func (s *Scene) Node(id string) (Node, bool) {
	i, found := s.find(id)
	if !found {
		return Node{}, false
	}
	n := s.nodes[i]
	n.Edges = slices.Clone(n.Edges)
	return n, true
}

// Edge returns what goes along from a node to a neighbor of it.
func (s *Scene) Edge(node, peer string) (Edge, bool) {
	if e := s.edge(node, peer); e != nil {
		return *e, true
	}
	return Edge{}, false
}

// All calls f for every node, in the order of their IDs. It must not keep or change the edges.
func (s *Scene) All(f func(Node)) {
	for i := range s.nodes {
		f(s.nodes[i])
	}
}
