// What a node counts.

package broadcast

// Stats is a snapshot of what a node counts. Counts only grow.
type Stats struct {
	// Published are the node's own messages, Received those of others the first
	// time they came.
	Published, Received uint64
	// Payloads are all messages that came, Duplicates those that were here already.
	// Over all nodes, Payloads/Received − 1 is the RMR of the Plumtree paper.
	Payloads, PayloadBytes, Duplicates uint64
	// Sent are messages pushed to neighbors, each counted for every link.
	Sent uint64
	// IHaves, Grafts, Prunes and Gones are control messages sent.
	IHaves, Grafts, Prunes, Gones uint64
	// Lacks counts how often something was found missing, Asks the GRAFTs for it,
	// Orphans those sent at once because a link ended, Moves the changes of a tree
	// for shorter paths, and Trees the trees that origins got for themselves.
	Lacks, Asks, Orphans, Moves, Trees uint64
	// Gaps are the ranges that were given up, Missed the messages in them.
	Gaps, Missed uint64
	// Ahead are messages too far ahead of what is missing to be taken, Refused what
	// was refused because there was too much already: origins, links.
	Ahead, Refused uint64
	// Stalls counts how often a slow link became lazy, Expelled how often one was
	// ended.
	Stalls, Expelled uint64
	// Arrived, Passed and Spread are messages for a single node: for this one, sent
	// on to a neighbor, and sent to everybody as no way was known.
	Arrived, Passed, Spread uint64
	// HopsMax is the most links that a message had passed when it came.
	HopsMax uint8

	// StoreMessages and StoreBytes are what is in store now, Sources the lives of
	// origins that are known.
	StoreMessages, StoreBytes, Sources int
	Links                              []LinkStats
}

// LinkStats is what is counted for each link.
type LinkStats struct {
	// Link is the number of the link.
	Link uint64
	// Eager says that it is eager in the shared tree, Stalled that it is lazy for
	// being slow.
	Eager, Stalled bool
	// Sent are the messages pushed on it, Payloads those that came, Received those
	// that were new.
	Sent, Payloads, Received, Duplicates uint64
	// Announcements, Grafts and Prunes are what it said about single origins,
	// Directs the messages for single nodes.
	Announcements, Grafts, Prunes, Directs uint64
}

// Stats returns the current counts.
func (n *Node) Stats() Stats {
	s := n.stats
	s.StoreMessages, s.StoreBytes, s.Sources = n.store.held, n.store.bytes, len(n.sources)
	s.Links = make([]LinkStats, 0, n.up.Len())
	for slot := range n.up.All() {
		l := n.links[slot]
		count := l.stats
		count.Link, count.Eager, count.Stalled = l.number, n.shared.eager.has(slot), l.stalled
		s.Links = append(s.Links, count)
	}
	return s
}

// sent counts a control message.
func (s *Stats) sent(kind ControlKind, to Slots) {
	by := uint64(to.Len())
	switch kind {
	case IHave:
		s.IHaves += by
	case Graft:
		s.Grafts += by
	case Prune:
		s.Prunes += by
	case Gone:
		s.Gones += by
	}
}
