// The metrics of a bridge between NATS servers.

package metrics

import "github.com/kithmesh/kith/natsbridge"

func bridgeMetrics() []metric[natsbridge.Stats] {
	type stats = natsbridge.Stats
	return []metric[stats]{
		count("kith_bridge_exported_total", "Messages sent to other nodes.", func(s *stats) uint64 { return s.Exported }),
		count("kith_bridge_delivered_total", "Messages of other nodes that the node's own server was given.", func(s *stats) uint64 { return s.Delivered }),
		count("kith_bridge_no_responders_total", "Requests that the bridge answered with no responders.", func(s *stats) uint64 { return s.NoResponders }),
		{
			name: "kith_bridge_dropped_total", kind: counter, labels: []string{"why"},
			help: "Messages that did not cross.",
			read: func(s *stats, give giver) {
				give(float64(s.Unwanted), "unwanted")
				give(float64(s.Refused), "refused")
				give(float64(s.TooLong), "too_long")
				give(float64(s.Late), "late")
				give(float64(s.Undelivered), "undelivered")
			},
		},
		count("kith_bridge_bad_messages_total", "Messages of other bridges that were not well formed.", func(s *stats) uint64 { return s.Bad }),
		count("kith_bridge_failed_total", "What could not be told to the other bridges of subscriptions.", func(s *stats) uint64 { return s.Failed }),
		level("kith_bridge_exporter", "1 if this bridge is the one of its NATS cluster that exports.", func(s *stats) int { return truth(s.Exporter) }),
		level("kith_bridge_nodes", "Other nodes whose subscriptions are known.", func(s *stats) int { return s.Interest.Nodes }),
		level("kith_bridge_doubted_nodes", "Other nodes that a neighbor has lost, and that have not been heard since.", func(s *stats) int { return s.Interest.Doubted }),
		level("kith_bridge_subjects", "Different subjects that somebody elsewhere wants.", func(s *stats) int { return s.Interest.Union }),
		count("kith_bridge_refused_interest_total", "Subjects, changes and nodes for which there was no room.",
			func(s *stats) uint64 {
				return s.Interest.RefusedKeys + s.Interest.RefusedTables + s.Interest.RefusedNodes
			}),
	}
}
