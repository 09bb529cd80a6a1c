// The metrics of the NATS links to the neighbors; a node without links has none of them.

package metrics

import (
	"strings"

	"github.com/kithmesh/kith/linker"
)

func linkMetrics() []metric[snapshot] {
	return []metric[snapshot]{
		{
			name: "kith_linker_links", kind: gauge, labels: []string{"state"},
			help: "NATS links to neighbors, by state.",
			read: func(s *snapshot, give giver) {
				if s.linker == nil {
					return
				}
				var in [linker.NoServer + 1]int
				for _, l := range s.Links {
					in[l.State]++
				}
				for state := linker.Connecting; state <= linker.NoServer; state++ {
					give(float64(in[state]), strings.ReplaceAll(state.String(), " ", "_"))
				}
			},
		},
		{
			name: "kith_linker_rtt_seconds", kind: gauge, labels: []string{"peer"},
			help: "The latest round trip to a neighbor over its NATS link.",
			read: func(s *snapshot, give giver) {
				for _, l := range s.Links {
					if l.RTT > 0 {
						give(l.RTT.Seconds(), l.Peer.ID)
					}
				}
			},
		},
		ofLinker("kith_linker_connections", gauge, "NATS connections open now that this node has dialed.", func(c *linker.Counts) float64 { return float64(c.Connections) }),
		ofLinker("kith_linker_subscriptions", gauge, "NATS subscriptions held now because of a neighbor.", func(c *linker.Counts) float64 { return float64(c.Subscriptions) }),
		ofLinker("kith_linker_dials_total", counter, "Attempts to connect to a neighbor's NATS server.", func(c *linker.Counts) float64 { return float64(c.Dials) }),
		ofLinker("kith_linker_dial_failures_total", counter, "Attempts to connect to a neighbor's NATS server that failed.", func(c *linker.Counts) float64 { return float64(c.DialFailures) }),
		ofLinker("kith_linker_dropped_total", counter, "Messages lost because too many waited for the handlers.", func(c *linker.Counts) float64 { return float64(c.Dropped) }),
		ofLinker("kith_linker_strangers_total", counter, "Messages of peers that are no neighbors.", func(c *linker.Counts) float64 { return float64(c.Strangers) }),
		ofLinker("kith_linker_malformed_total", counter, "Hellos on NATS links that could not be read.", func(c *linker.Counts) float64 { return float64(c.Malformed) }),
		ofLinker("kith_linker_panics_total", counter, "Handlers of NATS links that panicked.", func(c *linker.Counts) float64 { return float64(c.Panics) }),
	}
}

// ofLinker reads a count of a node that has links.
func ofLinker(name string, k kind, help string, of func(*linker.Counts) float64) metric[snapshot] {
	return metric[snapshot]{name: name, kind: k, help: help, read: func(s *snapshot, give giver) {
		if s.linker != nil {
			give(of(s.linker))
		}
	}}
}
