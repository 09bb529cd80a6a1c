// The metrics of messages to everybody.

package metrics

import "github.com/kithmesh/kith"

func broadcastMetrics() []metric[snapshot] {
	return append(messageMetrics(), []metric[snapshot]{
		control("kith_broadcast_control_sent_total", "Control messages sent: announcements, requests for what is missing, cut branches, and what is gone."),
		count("kith_broadcast_lacks_total", "How often something was found missing.", func(s *snapshot) uint64 { return s.Broadcast.Lacks }),
		count("kith_broadcast_asks_total", "Requests for what was found missing.", func(s *snapshot) uint64 { return s.Broadcast.Asks }),
		count("kith_broadcast_gaps_total", "Ranges of messages that were given up.", func(s *snapshot) uint64 { return s.Broadcast.Gaps }),
		count("kith_broadcast_missed_total", "Frames that were lost for good, each with one message or several.", func(s *snapshot) uint64 { return s.Broadcast.Missed }),
		count("kith_broadcast_ahead_total", "Frames too far ahead of what is missing to be taken.", func(s *snapshot) uint64 { return s.Broadcast.Ahead }),
		count("kith_broadcast_refused_total", "What was refused because there was too much already: origins, links.", func(s *snapshot) uint64 { return s.Broadcast.Refused }),
		count("kith_broadcast_strange_frames_total", "Frames for everybody from peers that are no neighbors.", func(s *snapshot) uint64 { return s.Broadcast.Strange }),
		count("kith_broadcast_bad_frames_total", "Frames that were not well formed.", func(s *snapshot) uint64 { return s.Broadcast.Bad }),
		count("kith_broadcast_stalls_total", "How often a slow neighbor was left out of the trees.", func(s *snapshot) uint64 { return s.Broadcast.Stalls }),
		count("kith_broadcast_expelled_total", "Neighbors ended for being too slow.", func(s *snapshot) uint64 { return s.Broadcast.Expelled }),
		count("kith_broadcast_tree_moves_total", "Changes of a tree for shorter paths.", func(s *snapshot) uint64 { return s.Broadcast.Moves }),
		level("kith_broadcast_hops_max", "The most links that a frame had passed when it came.", func(s *snapshot) uint8 { return s.Broadcast.HopsMax }),
		level("kith_broadcast_store_frames", "Frames in store, for who missed them.", func(s *snapshot) int { return s.Broadcast.StoreMessages }),
		level("kith_broadcast_store_bytes", "Bytes in store, for who missed them.", func(s *snapshot) int { return s.Broadcast.StoreBytes }),
		level("kith_broadcast_origins", "Lives of nodes whose messages are known.", func(s *snapshot) int { return s.Broadcast.Sources }),
		perNeighbor("kith_neighbor_queue_bytes", gauge, "Bytes that wait to be written to a neighbor.", func(l *kith.BroadcastLink) float64 { return float64(l.Queued) }),
		perNeighbor("kith_neighbor_eager", gauge, "1 if a neighbor is a branch of the shared tree.", func(l *kith.BroadcastLink) float64 { return float64(truth(l.Eager)) }),
		perNeighbor("kith_neighbor_stalled", gauge, "1 if a neighbor is left out of the trees for being slow.", func(l *kith.BroadcastLink) float64 { return float64(truth(l.Stalled)) }),
		perNeighbor("kith_neighbor_frames_sent_total", counter, "Frames with messages pushed to a neighbor, since it is one.", func(l *kith.BroadcastLink) float64 { return float64(l.Sent) }),
		perNeighbor("kith_neighbor_frames_received_total", counter, "Frames with messages that came from a neighbor, since it is one.", func(l *kith.BroadcastLink) float64 { return float64(l.Payloads) }),
	}...)
}

func messageMetrics() []metric[snapshot] {
	return []metric[snapshot]{
		count("kith_messages_published_total", "Messages that the node has published.", func(s *snapshot) uint64 { return s.Broadcast.Published }),
		count("kith_messages_delivered_total", "Calls of handlers with a message.", func(s *snapshot) uint64 { return s.Broadcast.Delivered }),
		count("kith_handler_panics_total", "Handlers that panicked.", func(s *snapshot) uint64 { return s.Broadcast.Panics }),
		count("kith_broadcast_frames_published_total", "Frames of the node's own messages, each with one message or several.", func(s *snapshot) uint64 { return s.Broadcast.Stats.Published }),
		count("kith_broadcast_frames_received_total", "Frames of others that came for the first time.", func(s *snapshot) uint64 { return s.Broadcast.Received }),
		count("kith_broadcast_frames_duplicate_total", "Frames that came and were here already.", func(s *snapshot) uint64 { return s.Broadcast.Duplicates }),
		count("kith_broadcast_frames_sent_total", "Frames pushed to neighbors, each counted for every neighbor.", func(s *snapshot) uint64 { return s.Broadcast.Sent }),
		count("kith_broadcast_payloads_total", "All frames with messages that came. Divided by those received, less 1, it is the RMR of the Plumtree paper.", func(s *snapshot) uint64 { return s.Broadcast.Payloads }),
		count("kith_broadcast_payload_bytes_total", "Bytes of all frames with messages that came.", func(s *snapshot) uint64 { return s.Broadcast.PayloadBytes }),
		{
			name: "kith_broadcast_direct_total", kind: counter, labels: []string{"what"},
			help: "Messages for a single node: arrived here, passed on to a neighbor, spread to everybody as no way was known.",
			read: func(s *snapshot, give giver) {
				give(float64(s.Broadcast.Arrived), "arrived")
				give(float64(s.Broadcast.Passed), "passed")
				give(float64(s.Broadcast.Spread), "spread")
			},
		},
	}
}

// control counts control messages by kind.
func control(name, help string) metric[snapshot] {
	return metric[snapshot]{
		name: name, kind: counter, labels: []string{"kind"}, help: help,
		read: func(s *snapshot, give giver) {
			give(float64(s.Broadcast.IHaves), "IHave")
			give(float64(s.Broadcast.Grafts), "Graft")
			give(float64(s.Broadcast.Prunes), "Prune")
			give(float64(s.Broadcast.Gones), "Gone")
		},
	}
}

// perNeighbor reads something of each current neighbor.
func perNeighbor(name string, k kind, help string, of func(*kith.BroadcastLink) float64) metric[snapshot] {
	return metric[snapshot]{
		name: name, kind: k, labels: []string{"peer"}, help: help,
		read: func(s *snapshot, give giver) {
			for i := range s.Broadcast.Links {
				give(of(&s.Broadcast.Links[i]), s.Broadcast.Links[i].Neighbor)
			}
		},
	}
}
