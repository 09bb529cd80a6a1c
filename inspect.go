// What a node tells of itself: counts, views, and what goes into the state file.

package kith

import (
	"context"
	"errors"
	"time"

	"github.com/kithmesh/kith/linker"
	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/natstransport"
	"github.com/kithmesh/kith/tcptransport"
	"github.com/kithmesh/kith/views"
)

// Stats is a snapshot of what a node counts.
type Stats struct {
	// Neighbors, Passive and Lost are the current sizes of the views; Isolated
	// means that there is no neighbor.
	Neighbors, Passive, Lost int
	Isolated                 bool
	// ActiveSize is how many neighbors the node wants: as configured or, with
	// [membership.Auto], as many as ClusterSize asks for.
	ActiveSize int
	// ClusterSize is how many nodes the cluster seems to have, this one included: an estimate
	// from what shuffles bring, within a factor of two as a rule.
	ClusterSize int
	// Downs are the neighbors that are none any more, by reason.
	Downs map[Reason]uint64
	// Repairs are how long it took, each time that a full view had lost a neighbor, until it
	// was full again: ActiveSize neighbors. In a cluster that has no more nodes than that
	// no view is ever full.
	Repairs tcptransport.Durations
	// Uptime is the time since Start.
	Uptime time.Duration
	// EventResyncs counts how often a slow reader of Events lost its place.
	EventResyncs uint64
	// JoinError is why the latest attempt to join failed, empty if it did not.
	JoinError string
	// JoinsDenied counts the newcomers at meeting places that WithAdmit kept out.
	JoinsDenied uint64
	// Membership, Transport and Links are the counts of the parts.
	Membership membership.Stats
	Transport  tcptransport.Stats
	Links      []linker.Link
	// Broadcast are the counts of messages.
	Broadcast BroadcastStats
}

// Stats returns the current counts. Of a node that has ended they are the last ones: its views are
// empty, and whatever was counted, estimated and wanted is as it was.
func (n *Node) Stats() Stats {
	var s Stats
	fromCore := new(Stats)
	look := func(core *membership.Node) {
		fromCore.Neighbors, fromCore.Passive = core.Active().Len(), core.Passive().Len()
		fromCore.Lost = core.Lost().Len()
		fromCore.ActiveSize, fromCore.ClusterSize = core.ActiveSize(), core.ClusterSize()
		fromCore.Membership = core.Stats()
	}
	if n.loop.look(context.Background(), look) == nil {
		s = *fromCore
	} else {
		s = n.lastStats()
	}
	s.Isolated = s.Neighbors == 0
	n.loop.churn.tell(&s)
	s.Broadcast = n.carriage.stats()
	s.JoinsDenied = n.loop.denied.Load()
	s.Uptime, s.Transport = time.Since(n.started), n.transport.Stats()
	if err := n.loop.joinError(); err != nil && !errors.Is(err, membership.ErrNobody) {
		s.JoinError = err.Error()
	}
	if n.links != nil {
		s.Links = n.links.Links()
	}
	n.feed.mu.Lock()
	s.EventResyncs = n.feed.overruns
	n.feed.mu.Unlock()
	return s
}

// lastStats is what the core of a node that has ended leaves behind, and nothing as long as it ends.
func (n *Node) lastStats() Stats {
	var s Stats
	n.loop.lookAfter(func(core *membership.Node) {
		s.ActiveSize, s.ClusterSize, s.Membership = core.ActiveSize(), core.ClusterSize(), core.Stats()
	})
	return s
}

// member answers at the NATS meeting place for a node.
type member struct{ *Node }

var _ natstransport.Member = member{}

// Join implements [natstransport.Member].
func (m member) Join(ctx context.Context, join membership.Message) (membership.Message, error) {
	return m.Answer(ctx, join)
}

// Stats implements [natstransport.Member].
func (m member) Stats() any { return m.Node.Stats() }

// Views implements [natstransport.Member].
func (m member) Views() natstransport.Views {
	v := &natstransport.Views{Self: m.self, Started: m.started}
	if m.loop.look(m.ctx, func(core *membership.Node) {
		for i := range core.Active().Len() {
			p, info := core.Active().At(i)
			v.Active = append(v.Active, natstransport.Neighbor{
				Peer: p, Age: core.Now() - info.Since, RTT: info.RTT,
			})
		}
		for i := range core.Passive().Len() {
			p, spare := core.Passive().At(i)
			v.Passive = append(v.Passive, views.Sighting{Peer: p, Age: max(0, core.Now()-spare.Seen)})
		}
		v.Lost, v.Wanted, v.Size = core.Lost().Len(), core.ActiveSize(), core.ClusterSize()
		v.Isolated = core.Active().Len() == 0
	}) != nil {
		return natstransport.Views{Self: m.self, Started: m.started, Isolated: true}
	}
	return *v
}
