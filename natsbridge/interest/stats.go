// What a node counts.

package interest

// Stats is a snapshot of what a node counts. All but the gauges of the first group only grow.
type Stats struct {
	// Nodes is the number of other nodes that are known, Hearsay how many of them were never heard
	// themselves, Doubted how many a neighbor has lost, Tombstones how many are remembered
	// to have left. Keys is how many keys the tables of all nodes have and Bytes their size;
	// Union how many different ones count. Local is how many keys the own server has, Told how many of
	// them others are told, RolledUp how many prefixes stand for several. Wanted is how
	// many keys the own server was told to be wanted.
	Nodes, Hearsay, Doubted, Tombstones               int
	Keys, Bytes, Union, Local, Told, RolledUp, Wanted int
	// DeltasSent and DeltasHeard, and so on, are messages; TablesSent and TablesHeard
	// whole tables.
	DeltasSent, DeltasHeard, AlivesSent, AlivesHeard   uint64
	DoubtsSent, DoubtsHeard, DigestsSent, DigestsHeard uint64
	TablesSent, TablesHeard                            uint64
	// Gaps are messages that showed that one before them was missing, Asked the tables that were
	// asked for, Unanswered those that did not come in time, Declined answers that were
	// not given, as too many asked.
	Gaps, Asked, Unanswered, Declined uint64
	// Expired are nodes that fell silent, Left those that said so, Withdrawn those that were
	// doubted and did not answer, Returned those of them that were heard again. Elections
	// counts the changes of whether this node is the exporter.
	Expired, Left, Withdrawn, Returned, Elections uint64
	// Malformed are messages that could not be read; Unknown those of a kind of later versions;
	// Forged those that do not say who really sent them, or came in the wrong way; Stale those
	// of earlier lives or versions; Unasked tables that nobody had asked for.
	Malformed, Unknown, Forged, Stale, Unasked uint64
	// LocalIgnored are keys of the own server that may not cross. RefusedKeys are those, RefusedTables
	// changes of others, and RefusedNodes nodes, for which there was no room; Displaced are nodes
	// that were hearsay and made room for others.
	LocalIgnored, RefusedKeys, RefusedTables, RefusedNodes, Displaced uint64
}

// Stats returns the current counts.
func (n *Node) Stats() Stats {
	s := n.stats
	s.Nodes, s.Hearsay, s.Tombstones = len(n.remote.sorted), n.remote.hearsays, len(n.remote.graves)
	for _, r := range n.remote.sorted {
		if r.doubted {
			s.Doubted++
		}
	}
	s.Keys, s.Bytes, s.Union = n.remote.keys, n.remote.bytes, len(n.union.entries)
	s.Local, s.Told, s.RolledUp, s.Wanted = len(n.own.local), len(n.own.told), n.own.rolls.rolled, len(n.union.wanted)
	return s
}
