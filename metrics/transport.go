// The metrics of the TCP links.

package metrics

import (
	"strings"

	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/tcptransport"
)

func transportMetrics() []metric[snapshot] {
	return append(connectionMetrics(), []metric[snapshot]{
		{
			name: "kith_links_lost_total", kind: counter, labels: []string{"reason"},
			help: "Links that were lost, by reason; dials that failed among them.",
			read: func(s *snapshot, give giver) {
				for r := membership.Evicted; r <= membership.Misbehaved; r++ {
					give(float64(s.Transport.Lost[r]), r.String())
				}
			},
		},
		count("kith_links_idle_closed_total", "Links that were closed for being idle.", func(s *snapshot) uint64 { return s.Transport.IdleClosed }),
		count("kith_link_received_bytes_total", "Bytes read on links, after the hello.", func(s *snapshot) uint64 { return s.Transport.BytesIn }),
		count("kith_link_sent_bytes_total", "Bytes written on links, after the hello.", func(s *snapshot) uint64 { return s.Transport.BytesOut }),
		count("kith_link_frames_received_total", "Frames of the membership protocol received.", func(s *snapshot) uint64 { return s.Transport.FramesIn }),
		count("kith_link_frames_sent_total", "Frames of the membership protocol queued to be sent.", func(s *snapshot) uint64 { return s.Transport.FramesOut }),
		count("kith_link_carried_frames_received_total", "Frames of the broadcast received.", func(s *snapshot) uint64 { return s.Transport.CarriedIn }),
		count("kith_link_carried_frames_sent_total", "Frames of the broadcast queued to be sent.", func(s *snapshot) uint64 { return s.Transport.CarriedOut }),
		count("kith_link_bad_frames_total", "Frames that were malformed.", func(s *snapshot) uint64 { return s.Transport.BadFrames }),
		count("kith_link_unknown_frames_total", "Frames of types that this version does not know.", func(s *snapshot) uint64 { return s.Transport.UnknownTypes }),
		{
			name: "kith_lateness_seconds", kind: gauge,
			help: "The worst by which a timer of the node was late of late: how busy the machine is.",
			read: func(s *snapshot, give giver) { give(s.Transport.Lateness.Seconds()) },
		},
	}...)
}

func connectionMetrics() []metric[snapshot] {
	return []metric[snapshot]{
		count("kith_dials_total", "Attempts to connect to a peer.", func(s *snapshot) uint64 { return s.Transport.Dials }),
		count("kith_connections_accepted_total", "Connections accepted, whoever was there.", func(s *snapshot) uint64 { return s.Transport.Accepted }),
		count("kith_tcp_joins_total", "Newcomers that asked over TCP to be let in.", func(s *snapshot) uint64 { return s.Transport.Joins }),
		{
			name: "kith_handshake_seconds", kind: histogram, labels: []string{"side"},
			help: "Time until a connection was a link, TLS and hello included; dialed: by this node, accepted: by the peer.",
			times: func(s *snapshot, give func(*tcptransport.Durations, ...string)) {
				give(&s.Transport.DialTimes, "dialed")
				give(&s.Transport.AcceptTimes, "accepted")
			},
		},
		{
			name: "kith_connection_faults_total", kind: counter, labels: []string{"fault"},
			help: "Connections ended for what the other side did, by fault.",
			read: func(s *snapshot, give giver) {
				for f := tcptransport.FaultOverflow; f <= tcptransport.FaultFlood; f++ {
					give(float64(s.Transport.Faults[f]), f.String())
				}
			},
		},
		{
			name: "kith_hellos_refused_total", kind: counter, labels: []string{"verdict"},
			help: "Hellos that were refused, by verdict; crossed is no fault: both sides dialed at once.",
			read: func(s *snapshot, give giver) {
				for v := tcptransport.VerdictOK + 1; v <= tcptransport.VerdictRefused; v++ {
					give(float64(s.Transport.Refused[v]), strings.ReplaceAll(v.String(), " ", "_"))
				}
			},
		},
	}
}
