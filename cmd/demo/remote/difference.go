// What has changed at a node from one round to the next.

package remote

import (
	"maps"
	"slices"
	"time"

	"github.com/kithmesh/kith/cmd/demo/trace"
	"github.com/kithmesh/kith/linker"
)

// follow tells what has changed at a node that has answered.
func (o *Observer) follow(at time.Time, id string, m *member) {
	o.neighbors(at, id, m)
	if m.told == nil {
		return
	}
	if m.counted { // what was before is no news
		for _, took := range o.rates.Add(m.counts, m.told.counts()) {
			o.Stream.Tell(at, trace.Event{Kind: trace.Repaired, Node: id, Ms: trace.Milliseconds(took)})
		}
	}
	m.counts, m.counted = m.told.counts(), true
	seen, _ := o.seen(id)
	edges := make(map[string]*trace.Edge, len(seen.Edges))
	for i := range seen.Edges {
		edges[seen.Edges[i].Peer] = &seen.Edges[i]
	}
	for _, l := range m.told.Broadcast.Links {
		if e := edges[l.Neighbor]; e != nil && e.Eager != l.Eager {
			o.Stream.Tell(at, trace.Event{Kind: trace.TreeIs, Node: id, Peer: l.Neighbor, Eager: l.Eager})
		}
	}
	m.held = Links(o.Stream.Tell, at, id, edges, m.held, m.told.links())
}

// neighbors tells whom a node has won and lost.
func (o *Observer) neighbors(at time.Time, id string, m *member) {
	seen, _ := o.seen(id)
	now := make(map[string]bool, len(m.views.Active))
	for _, n := range m.views.Active {
		now[n.Peer.ID] = true
	}
	for _, e := range seen.Edges {
		if !now[e.Peer] {
			o.Stream.Tell(at, trace.Event{Kind: trace.Down, Node: id, Peer: e.Peer})
		}
		delete(now, e.Peer)
	}
	for _, peer := range slices.Sorted(maps.Keys(now)) {
		o.Stream.Tell(at, trace.Event{Kind: trace.Up, Node: id, Peer: peer})
	}
}

// NATSLink is a NATS link of a node.
type NATSLink struct {
	Peer string
	Link trace.Link
	Why  string
}

func (t *told) links() []NATSLink {
	all := make([]NATSLink, 0, len(t.Links))
	for i := range t.Links {
		l := &t.Links[i]
		link, why := LinkState(l.State, l.Held, l.Err)
		all = append(all, NATSLink{l.Peer.ID, link, why})
	}
	return all
}

// Links tells those links of a node that are not as its edges show them, and those that are held
// for neighbors that have gone, or no longer; those are returned.
func Links(tell func(time.Time, trace.Event), at time.Time, id string,
	edges map[string]*trace.Edge, before map[string]bool, links []NATSLink,
) (held map[string]bool) {
	held = make(map[string]bool)
	for _, l := range links {
		edge := edges[l.Peer]
		switch {
		case l.Link == trace.LinkHolding:
			held[l.Peer] = true
			if before[l.Peer] {
				continue
			}
		case edge == nil || edge.Link == l.Link && edge.Why == l.Why:
			continue
		}
		tell(at, trace.Event{Kind: trace.LinkIs, Node: id, Peer: l.Peer, Link: l.Link, Why: l.Why})
	}
	for _, peer := range slices.Sorted(maps.Keys(before)) {
		if !held[peer] && edges[peer] == nil {
			tell(at, trace.Event{Kind: trace.LinkIs, Node: id, Peer: peer, Link: trace.LinkNone})
		}
	}
	return held
}

// sample tells the figures.
func (o *Observer) sample(at time.Time) {
	var f trace.Figures
	o.Stream.Scene(func(s *trace.Scene) { f = s.Overlay() })
	o.rates.Sample(&f, at.Sub(o.sampled))
	o.sampled = at
	f.Kith.Connections = f.Pairs
	for _, m := range o.members {
		if m.told == nil || m.missed > 0 {
			continue
		}
		o.mode = linkMode(o.mode, m.told.mode())
		for i := range m.told.Links {
			if l := &m.told.Links[i]; l.Dialed && l.State == linker.Up.String() {
				f.Kith.Connections++
			}
		}
	}
	price := PriceOf(o.mode)
	f.Kith.Subscriptions = price.Subscriptions * f.Pairs
	f.FullMesh = price.FullMesh(f.Nodes)
	o.Stream.Tell(at, trace.Event{Kind: trace.Sample, Figures: &f})
}

// linkMode is that which has shown itself more plainly: only in mode connections a link is dialed.
func linkMode(a, b linker.Mode) linker.Mode {
	if a == linker.Connections || b == 0 {
		return a
	}
	return b
}
