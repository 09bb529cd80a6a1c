// What a node tells of its counts, as far as a page shows it.

package remote

import (
	"encoding/json"
	"maps"
	"slices"
	"time"

	"github.com/kithmesh/kith/cmd/demo/trace"
	"github.com/kithmesh/kith/linker"
	"github.com/kithmesh/kith/natstransport"
	"github.com/kithmesh/kith/views"
)

// told is that part of kith.Stats, as JSON has it. What another version does not tell is 0.
type told struct {
	Neighbors, Passive, Lost int
	Uptime                   time.Duration
	Downs                    map[string]float64
	Repairs                  struct {
		Counts []uint64
		Sum    time.Duration
	}
	Membership struct{ Ups, Evictions, Rotations, Probes uint64 }
	Transport  struct{ BytesIn, BytesOut, Dials, Accepted uint64 }
	Links      []toldLink
	Broadcast  struct {
		Published, Delivered, Received, Payloads, Duplicates, Sent, Gaps, Missed uint64
		Links                                                                    []branch
	}
}

// branch is a neighbor, and whether it is one of the shared tree.
type branch struct {
	Neighbor string
	Eager    bool
}

// toldLink is a NATS link.
type toldLink struct {
	Peer         struct{ ID string }
	State        string
	Err          string
	Dialed, Held bool
}

// The bounds of what is kept of a node, so that thousands that tell as much as natstransport lets
// them do not fill the memory.
const (
	mostLinks = 64 // the most neighbors that a node may want
	mostDowns = 32 // reasons; there are fewer
)

// read returns what a node tells, cut to what is kept of it: it is hostile, and the bounds are those of
// natstransport.
func read(s *natstransport.Stats) (*told, error) {
	t := new(told)
	if err := json.Unmarshal(s.Data, t); err != nil {
		return nil, err
	}
	t.cut()
	return t, nil
}

// cut leaves out what a node that means well does not tell.
func (t *told) cut() {
	sum := t.counts().Repairs
	t.Repairs.Counts = []uint64{sum}
	t.Downs = fewDowns(t.Downs)
	links := make([]toldLink, 0, min(len(t.Links), mostLinks))
	for i := range t.Links {
		if l := t.Links[i]; len(links) < mostLinks && views.ValidToken(l.Peer.ID) {
			l.State, l.Err = clip(l.State), clip(l.Err)
			links = append(links, l)
		}
	}
	t.Links = links
	branches := make([]branch, 0, min(len(t.Broadcast.Links), mostLinks))
	for _, b := range t.Broadcast.Links {
		if len(branches) < mostLinks && views.ValidToken(b.Neighbor) {
			branches = append(branches, b)
		}
	}
	t.Broadcast.Links = branches
}

// fewDowns are the first reasons in order, those that are words.
func fewDowns(all map[string]float64) map[string]float64 {
	few := make(map[string]float64)
	for _, reason := range slices.Sorted(maps.Keys(all)) {
		if len(few) < mostDowns && views.ValidToken(reason) {
			few[reason] = all[reason]
		}
	}
	return few
}

// counts are what figures are made of.
func (t *told) counts() trace.Counts {
	c := trace.Counts{
		Delivered: t.Broadcast.Delivered, Bytes: t.Transport.BytesOut, Duplicates: t.Broadcast.Duplicates,
		Repairing: t.Repairs.Sum,
	}
	for _, n := range t.Repairs.Counts {
		c.Repairs += n
	}
	return c
}

// counters are those by the names of docs/metrics.md.
func (t *told) counters() map[string]float64 {
	all := map[string]float64{
		"kith_neighbors": float64(t.Neighbors), "kith_passive_peers": float64(t.Passive), "kith_lost_peers": float64(t.Lost),
		"kith_uptime_seconds":     t.Uptime.Seconds(),
		"kith_neighbor_ups_total": float64(t.Membership.Ups), "kith_evictions_total": float64(t.Membership.Evictions),
		"kith_rotations_total": float64(t.Membership.Rotations), "kith_probes_total": float64(t.Membership.Probes),
		"kith_link_received_bytes_total": float64(t.Transport.BytesIn), "kith_link_sent_bytes_total": float64(t.Transport.BytesOut),
		"kith_messages_published_total": float64(t.Broadcast.Published), "kith_messages_delivered_total": float64(t.Broadcast.Delivered),
		"kith_broadcast_frames_received_total":  float64(t.Broadcast.Received),
		"kith_broadcast_frames_duplicate_total": float64(t.Broadcast.Duplicates),
		"kith_broadcast_frames_sent_total":      float64(t.Broadcast.Sent),
		"kith_broadcast_payloads_total":         float64(t.Broadcast.Payloads),
		"kith_broadcast_gaps_total":             float64(t.Broadcast.Gaps), "kith_broadcast_missed_total": float64(t.Broadcast.Missed),
		"kith_repair_seconds_count": float64(t.counts().Repairs), "kith_repair_seconds_sum": t.Repairs.Sum.Seconds(),
	}
	for reason, n := range t.Downs {
		all[`kith_neighbor_downs_total{reason="`+reason+`"}`] = n
	}
	return all
}

// LinkState says what a NATS link does by the name of a [linker.State], and what is wrong with it.
func LinkState(state string, held bool, fault string) (link trace.Link, why string) {
	switch {
	case held:
		return trace.LinkHolding, ""
	case state == linker.Up.String():
		return trace.LinkUp, ""
	case fault != "":
		return trace.LinkWanted, clip(fault)
	}
	return trace.LinkWanted, clip(state)
}

// clip bounds what is kept and passed on of what a node says.
func clip(text string) string {
	const most = 200
	if len(text) > most {
		return text[:most] + "..." // a string of its own, which does not keep the long one
	}
	return text
}

// PriceOf is what a neighbor costs with NATS links of that mode, 0 for none: the connection of the
// mesh, and what [linker.Counts] says.
func PriceOf(mode linker.Mode) trace.Price {
	switch mode {
	case linker.Connections:
		return trace.Price{Connections: 2, Subscriptions: 3}
	case linker.Subscriptions:
		return trace.Price{Connections: 1, Subscriptions: 2}
	}
	return trace.Price{Connections: 1}
}

// mode is that of its links, as far as they show it.
func (t *told) mode() linker.Mode {
	for i := range t.Links {
		if t.Links[i].Dialed {
			return linker.Connections
		}
	}
	if len(t.Links) > 0 {
		return linker.Subscriptions // or all others have dialed
	}
	return 0
}

// Describe adds what a node tells of its views.
func Describe(d *trace.Detail, v *natstransport.Views) {
	d.RTT, d.AgeSeconds = make(map[string]float64), make(map[string]float64)
	for _, n := range v.Active {
		d.RTT[n.Peer.ID], d.AgeSeconds[n.Peer.ID] = trace.Milliseconds(n.RTT), n.Age.Seconds()
	}
	d.Passive = make([]string, 0, len(v.Passive))
	for _, s := range v.Passive {
		d.Passive = append(d.Passive, s.Peer.ID)
	}
	d.Lost = v.Lost
}
