// The metrics of the node itself, its views, and what changes them.

package metrics

import (
	"github.com/kithmesh/kith"
	"github.com/kithmesh/kith/linker"
	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/tcptransport"
)

// snapshot is what the metrics of a node are read from.
type snapshot struct {
	kith.Stats

	self   kith.Peer
	linker *linker.Counts // nil without links
}

func membershipMetrics() []metric[snapshot] {
	return append(viewMetrics(), []metric[snapshot]{
		{
			name: "kith_neighbor_downs_total", kind: counter, labels: []string{"reason"},
			help: "Neighbors that are none any more, by reason.",
			read: func(s *snapshot, give giver) {
				for r := membership.Evicted; r <= membership.Misbehaved; r++ {
					give(float64(s.Downs[r]), r.String())
				}
			},
		},
		count("kith_neighbor_ups_total", "Neighbors that were won.", func(s *snapshot) uint64 { return s.Membership.Ups }),
		{
			name: "kith_repair_seconds", kind: histogram,
			help: "Time from the loss of a neighbor, of a view that was full, until it was full again.",
			times: func(s *snapshot, give func(*tcptransport.Durations, ...string)) {
				give(&s.Repairs)
			},
		},
		messages("kith_membership_messages_sent_total", "Messages of the membership protocol sent, by kind.",
			func(s *snapshot) *membership.Counts { return &s.Membership.Sent }),
		messages("kith_membership_messages_received_total", "Messages of the membership protocol received, by kind.",
			func(s *snapshot) *membership.Counts { return &s.Membership.Received }),
		count("kith_evictions_total", "Neighbors given up for others.", func(s *snapshot) uint64 { return s.Membership.Evictions }),
		count("kith_rotations_total", "Exchanges of links begun, to mix the overlay.", func(s *snapshot) uint64 { return s.Membership.Rotations }),
		count("kith_probes_total", "Attempts to find a lost peer.", func(s *snapshot) uint64 { return s.Membership.Probes }),
		count("kith_neighbor_requests_failed_total", "Requests to become a neighbor whose peer was unreachable or silent.",
			func(s *snapshot) uint64 { return s.Membership.FailedRequests }),
		{
			name: "kith_membership_limited_total", kind: counter, labels: []string{"what"},
			help: "What came too often and was refused, redirected, shortened or dropped.",
			read: limited,
		},
		{
			name: "kith_membership_ignored_total", kind: counter, labels: []string{"why"},
			help: "Messages that were ignored.",
			read: ignored,
		},
		count("kith_duplicate_ids_total", "How often another node showed up with this one's ID: an older life that asked, or a newer one that others believe.",
			func(s *snapshot) uint64 { return s.Membership.Duplicates + s.Membership.Superseded }),
		count("kith_joins_denied_total", "Newcomers at meeting places that the application kept out.", func(s *snapshot) uint64 { return s.JoinsDenied }),
		level("kith_join_failing", "1 if the latest attempt to join failed; finding nobody is no failure.",
			func(s *snapshot) int { return truth(s.JoinError != "") }),
		count("kith_event_resyncs_total", "How often a slow reader of the node's events lost its place.",
			func(s *snapshot) uint64 { return s.EventResyncs }),
	}...)
}

func viewMetrics() []metric[snapshot] {
	return []metric[snapshot]{
		{
			name: "kith_node_info", kind: gauge, labels: []string{"version"},
			help: "Always 1; says the version of the library.",
			read: func(_ *snapshot, give giver) { give(1, kith.Version) },
		},
		{
			name: "kith_uptime_seconds", kind: gauge, help: "Time since the node was started.",
			read: func(s *snapshot, give giver) { give(s.Uptime.Seconds()) },
		},
		level("kith_incarnation", "Number of the node's life: it grows with every start.", func(s *snapshot) uint64 { return s.self.Incarnation }),
		level("kith_neighbors", "Neighbors: the size of the active view.", func(s *snapshot) int { return s.Neighbors }),
		level("kith_neighbors_wanted", "Neighbors that the node wants: ActiveSize.", func(s *snapshot) int { return s.ActiveSize }),
		level("kith_cluster_size_estimate", "Nodes that the cluster seems to have, this one included.", func(s *snapshot) int { return s.ClusterSize }),
		level("kith_passive_peers", "Spare peers: the size of the passive view.", func(s *snapshot) int { return s.Passive }),
		level("kith_lost_peers", "Peers that vanished and are looked for.", func(s *snapshot) int { return s.Lost }),
		level("kith_isolated", "1 if there is no neighbor.", func(s *snapshot) int { return truth(s.Isolated) }),
	}
}

// messages counts messages by kind.
func messages(name, help string, of func(s *snapshot) *membership.Counts) metric[snapshot] {
	return metric[snapshot]{
		name: name, kind: counter, labels: []string{"kind"}, help: help,
		read: func(s *snapshot, give giver) {
			for k := membership.Join; int(k) < membership.Kinds; k++ {
				give(float64(of(s)[k]), k.String())
			}
		},
	}
}

func limited(s *snapshot, give giver) {
	m := &s.Membership
	give(float64(m.Redirected), "joins")
	give(float64(m.LimitedHighs), "high_priority_requests")
	give(float64(m.LimitedWalks), "walks_ended")
	give(float64(m.LimitedPasses), "walks_passed_on")
	give(float64(m.LimitedShuffles), "shuffles")
	give(float64(m.LimitedHearsay), "hearsay")
	give(float64(m.CutSightings), "sightings_in_a_message")
}

func ignored(s *snapshot, give giver) {
	m := &s.Membership
	give(float64(m.UnmatchedReplies), "unmatched_reply")
	give(float64(m.Strangers), "no_neighbor")
	give(float64(m.Stale), "earlier_life")
	give(float64(m.FromSelf), "own_id")
	give(float64(m.Misplaced), "misplaced")
}
