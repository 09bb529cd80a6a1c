// The numbers of a mesh at one moment.

package meshtest

import (
	"maps"
	"slices"
)

// Report is what a mesh looks like at one moment. Everything is about the nodes
// that run; the JSON names are stable.
type Report struct {
	// Nodes are all there ever were, Alive those that run, Paused those that
	// would.
	Nodes  int `json:"nodes"`
	Alive  int `json:"alive"`
	Paused int `json:"paused"`
	// Components is the number of pieces in which the active views hold the mesh
	// together: 1 is what one wants.
	Components int `json:"components"`
	// Symmetric means that of every two neighbors each has the other; Asymmetric
	// names the pairs, "n00 n01", where only the first has the second.
	Symmetric  bool     `json:"symmetric"`
	Asymmetric []string `json:"asymmetric,omitempty"`
	// Active and Passive are the sizes of the views.
	Active  Spread `json:"active"`
	Passive Spread `json:"passive"`
	// Links are the NATS links between neighbors.
	Links LinkReport `json:"links"`
	// TCPConnections are those between the nodes, active neighbors and others
	// just in contact, not those to NATS servers.
	TCPConnections int `json:"tcp_connections"`
	// NeighborUps and NeighborDowns count the events since the start, at most
	// those of the [Mesh.Timeline].
	NeighborUps   int `json:"neighbor_ups"`
	NeighborDowns int `json:"neighbor_downs"`
}

// Spread describes a set of numbers; all are 0 for none.
type Spread struct {
	Min  int     `json:"min"`
	Mean float64 `json:"mean"`
	Max  int     `json:"max"`
}

// LinkReport counts NATS links, each pair of nodes once.
type LinkReport struct {
	// Mode is connections, subscriptions or none.
	Mode string `json:"mode"`
	// Wanted are the pairs of neighbors, Up those that are linked both ways.
	Wanted int `json:"wanted"`
	Up     int `json:"up"`
	// Connections are the NATS connections that carry links: one a pair in mode
	// connections, one a node in mode subscriptions. Subscriptions are those held
	// because of neighbors.
	Connections   int `json:"nats_connections"`
	Subscriptions int `json:"nats_subscriptions"`
}

// Report returns the numbers of now. The sizes of the passive views are asked of
// the nodes, the rest is the picture that their events make.
func (m *Mesh) Report() Report {
	nodes := m.Alive()
	r := m.pictured()
	r.TCPConnections = m.network.links()
	passive := make([]int, 0, len(nodes))
	for _, n := range nodes {
		passive = append(passive, n.Stats().Passive)
		if links := n.Links(); links != nil {
			c := links.Counts()
			r.Links.Connections += c.Connections
			r.Links.Subscriptions += c.Subscriptions
			if n.local == nil {
				r.Links.Connections++
			}
		}
	}
	r.Passive = spread(passive)
	return r
}

// pictured returns what the mesh knows without asking the nodes.
func (m *Mesh) pictured() Report {
	m.mu.Lock()
	defer m.mu.Unlock()
	running := m.running()
	r := Report{Nodes: len(m.seats), Alive: len(running), Components: len(m.pieces(running))}
	r.Links.Mode = "none"
	if m.settings.links != 0 {
		r.Links.Mode = m.settings.links.String()
	}
	sizes := make([]int, 0, len(running))
	for _, a := range running {
		sizes = append(sizes, len(m.seats[a].view))
		m.countPairs(a, &r)
	}
	r.Active = spread(sizes)
	r.Symmetric = len(r.Asymmetric) == 0
	for i := range m.seats {
		if m.seats[i].condition == paused {
			r.Paused++
		}
	}
	for _, e := range m.log {
		switch e.What {
		case NeighborUp:
			r.NeighborUps++
		case NeighborDown:
			r.NeighborDowns++
		case StartNode, KillNode, LeaveNode, PauseNode, ResumeNode, CutNetwork, HealNetwork, Isolated:
		}
	}
	return r
}

// countPairs counts the neighbors of a, and its links to those with a larger ID.
func (m *Mesh) countPairs(a int, r *Report) {
	for _, id := range slices.Sorted(maps.Keys(m.seats[a].view)) {
		b, ok := m.index[id]
		if !ok || m.seats[b].condition != alive || !m.has(b, a) {
			r.Asymmetric = append(r.Asymmetric, m.name(a)+" "+id)
			continue
		}
		if a < b && m.settings.links != 0 {
			r.Links.Wanted++
			if m.linked(a, b) && m.linked(b, a) {
				r.Links.Up++
			}
		}
	}
}

func spread(of []int) Spread {
	if len(of) == 0 {
		return Spread{}
	}
	sum := 0
	for _, n := range of {
		sum += n
	}
	return Spread{Min: slices.Min(of), Mean: float64(sum) / float64(len(of)), Max: slices.Max(of)}
}
