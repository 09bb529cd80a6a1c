// What a node counts, and how it is looked into.

package membership

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/kithmesh/kith/views"
)

// Kinds is the number of message kinds plus one, so that a Kind is an index.
const Kinds = int(Heartbeat) + 1

// Counts counts messages, indexed by [Kind].
type Counts [Kinds]uint64

// MarshalJSON implements json.Marshaler with the names of the messages as keys.
func (c Counts) MarshalJSON() ([]byte, error) {
	out := []byte{'{'}
	for k := Join; int(k) < Kinds; k++ {
		if k > Join {
			out = append(out, ',')
		}
		out = strconv.AppendQuote(out, k.String())
		out = append(out, ':')
		out = strconv.AppendUint(out, c[k], 10)
	}
	return append(out, '}'), nil
}

// Stats counts what has happened since the node, or its [Group], was made.
type Stats struct {
	// Sent and Received count messages by [Kind].
	Sent, Received Counts
	// Ups and Downs count the members that the active view gained and lost.
	Ups, Downs uint64
	// Evictions counts the neighbors given up for others, Rotations the exchanges
	// of links begun, Probes the attempts to find a lost peer.
	Evictions, Rotations, Probes uint64
	// Undone counts the exchanges of links that the evicted neighbor has undone.
	Undone uint64
	// FailedRequests counts requests whose peer was unreachable or silent,
	// RefusedNeighbors those refused here, Surplus the acceptances that came when
	// the view had filled up.
	FailedRequests, RefusedNeighbors, Surplus uint64
	// Redirected counts newcomers sent on, LimitedHighs the high-priority requests
	// refused because their sender or all together evict too often, LimitedWalks the
	// newcomers remembered instead of asked because too many walks end here,
	// LimitedShuffles the shuffles dropped because too many nodes would have to be
	// dialed to answer them.
	Redirected, LimitedHighs, LimitedWalks, LimitedShuffles uint64
	// LimitedPasses counts walks that were not passed on because too many came,
	// LimitedHearsay the sightings nobody asked for that came too often to be taken in,
	// CutSightings those beyond twice what this node would put into such a message.
	LimitedPasses, LimitedHearsay, CutSightings uint64
	// UnmatchedReplies, Strangers, Stale, FromSelf and Misplaced count messages
	// that were ignored: answers without a question, messages of neighbors that are
	// none, from an earlier life, from our own ID, and of a kind that does not
	// belong there.
	UnmatchedReplies, Strangers, Stale, FromSelf, Misplaced uint64
	// Duplicates counts other nodes that claimed our ID, Superseded how often a
	// peer told us that a newer life of our ID exists.
	Duplicates, Superseded uint64
}

// Stats returns the counts of the node's group, which are the node's own if it was
// made by [New].
func (n *Node) Stats() Stats { return n.stats }

// Now is the time of the latest step.
func (n *Node) Now() time.Duration { return n.now }

// Active is the active view, to be read only, until the next Step.
func (n *Node) Active() *views.Active { return &n.active }

// Passive is the passive view, to be read only, until the next Step.
func (n *Node) Passive() *views.Passive { return &n.passive }

// Lost is the list of lost peers, to be read only, until the next Step.
func (n *Node) Lost() *views.Lost { return &n.book.lost }

// Pending is the number of requests that wait for an answer.
func (n *Node) Pending() int { return len(n.book.requests) }

// Invariants returns an error if the state contradicts itself: tests and the
// simulator call it after every step.
func (n *Node) Invariants() error {
	if err := n.sizeInvariants(); err != nil {
		return err
	}
	if l := n.book.lost.Len(); l > n.cfg.LostSize {
		return fmt.Errorf("membership: %d lost peers, at most %d", l, n.cfg.LostSize)
	}
	if n.active.Has(n.self.ID) || n.passive.Has(n.self.ID) || n.book.lost.Has(n.self.ID) {
		return fmt.Errorf("membership: %s is in its own views", n.self.ID)
	}
	if b := &n.blank; !b.empty() || b.joins != (bucket{}) || b.visits != (bucket{}) || b.evictions != (bucket{}) {
		return errors.New("membership: somebody wrote into the blank notebook")
	}
	guests := 0
	for i := range n.active.Len() {
		p, info := n.active.At(i)
		if info.Guest {
			guests++
		}
		if n.book.kept.has(p.ID) {
			return fmt.Errorf("membership: a slot is kept for neighbor %s", p.ID)
		}
		if n.book.left.has(p) {
			return fmt.Errorf("membership: neighbor %s has left", p.ID)
		}
		if n.passive.Has(p.ID) || n.book.lost.Has(p.ID) || n.requestTo(p) >= 0 {
			return fmt.Errorf("membership: neighbor %s is also spare, lost or asked", p.ID)
		}
		if info.Link == 0 {
			return fmt.Errorf("membership: neighbor %s has no link", p.ID)
		}
	}
	if guests > 1 || guests == 0 && n.book.displaced != nil && !n.book.kept.has(n.book.displaced.ID) {
		return fmt.Errorf("membership: %d guests, and %v had to go for one", guests, n.book.displaced)
	}
	for i := range n.passive.Len() {
		if p, info := n.passive.At(i); n.book.lost.Has(p.ID) && (info.Proved || !n.book.lost.Seeks(p.ID)) {
			return fmt.Errorf("membership: spare peer %s is also lost", p.ID)
		}
	}
	return nil
}
