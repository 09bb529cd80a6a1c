// What a directory counts.

package presence

// Stats is a snapshot of what a directory counts. All but the first three only grow.
type Stats struct {
	// Nodes is the number of nodes in the list, this one included, Hearsay how many
	// of them were never heard themselves, Tombstones how many are remembered to
	// have left.
	Nodes, Hearsay, Tombstones int
	// Announced are the node's own announcements; Heard and Left those of others, and
	// their farewells; Expired those that fell silent.
	Announced, Heard, Left, Expired uint64
	// Asked are the pages that were asked for, Answered those that were sent, and
	// Declined those that were not, as too many asked.
	Asked, Answered, Declined uint64
	// Malformed are messages that could not be read; Forged those that do not say
	// who really sent them, or came in the wrong way; Stale those of earlier lives; Unasked pages
	// that nobody had asked for.
	Malformed, Forged, Stale, Unasked uint64
	// Refused are nodes for which there was no room, Displaced those that were
	// hearsay and made room for others.
	Refused, Displaced uint64
}

// Stats returns the current counts.
func (d *Directory) Stats() Stats {
	s := d.stats
	s.Nodes, s.Hearsay, s.Tombstones = len(d.sorted), d.hearsays, len(d.graves)
	return s
}
