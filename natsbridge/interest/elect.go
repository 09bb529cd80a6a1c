// The election: of all nodes at one NATS cluster, who carries messages.

package interest

import "time"

// election is whether the node is the exporter.
type election struct {
	won      bool
	changed  bool // who is a candidate may have
	settled  bool
	earliest time.Duration
	settleAt time.Duration
}

// settle begins the time in which a newly attached node learns who else is.
func (n *Node) settle() {
	e := &n.election
	e.changed = true
	if e.settled = n.own.group == ""; e.settled {
		return
	}
	// A quarter of it is for the others to hear of this node, whatever it has learned.
	const share = 4
	e.earliest, e.settleAt = n.now+n.cfg.Settle/share, n.now+n.cfg.Settle
}

// settleDue is when a settling node may be ready.
func (n *Node) settleDue() time.Duration {
	switch e := &n.election; {
	case !n.own.attached || e.settled:
		return never
	case n.now < e.earliest:
		return e.earliest
	default:
		return e.settleAt
	}
}

// elect finds out whether the node is the exporter, and says when that changes.
func (n *Node) elect() {
	e := &n.election
	if n.own.attached && !e.settled && (n.now >= e.settleAt || n.now >= e.earliest && n.informed()) {
		e.settled, e.changed = true, true
	}
	if !e.changed {
		return
	}
	e.changed = false
	won := n.own.attached && e.settled && !n.outranked()
	if won == e.won {
		return
	}
	e.won = won
	n.stats.Elections++
	n.effects = append(n.effects, Effect{Kind: Elected, On: won})
	n.touchAll()
	n.rewant()
}

// informed reports whether a neighbor has told all that it knows.
func (n *Node) informed() bool {
	if !n.digests.complete {
		return false
	}
	for _, r := range n.remote.sorted {
		if r.needs() && !r.withdrawn {
			return false
		}
	}
	return true
}

// outranked reports whether a node with a lower ID is attached to the same cluster.
func (n *Node) outranked() bool {
	if n.own.group == "" {
		return false
	}
	for _, r := range n.remote.sorted {
		if r.id > n.self {
			return false
		}
		if r.group == n.own.group && !r.withdrawn {
			return true
		}
	}
	return false
}

// Settled reports whether the node is attached to a server and knows whether it is the exporter.
func (n *Node) Settled() bool { return n.own.attached && n.election.settled }

// Ours reports whether another node is attached to the same NATS cluster, as far as is known.
func (n *Node) Ours(id string) bool {
	r := n.remote.known[id]
	return r != nil && n.own.group != "" && r.group == n.own.group
}

// Exporter reports whether the node is the one of its group that carries messages.
func (n *Node) Exporter() bool { return n.election.won }
