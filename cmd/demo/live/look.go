// What the record of a mesh does not tell: links, trees, counts. The nodes are asked now and then.

package live

import (
	"maps"
	"slices"
	"time"

	"github.com/kithmesh/kith"
	"github.com/kithmesh/kith/cmd/demo/remote"
	"github.com/kithmesh/kith/cmd/demo/trace"
	"github.com/kithmesh/kith/linker"
)

// countsOf returns those counts of a node that figures are made of.
func countsOf(s *kith.Stats) trace.Counts {
	return trace.Counts{
		Delivered: s.Broadcast.Delivered, Bytes: s.Transport.BytesOut, Duplicates: s.Broadcast.Duplicates,
		Repairs: s.Repairs.Count(), Repairing: s.Repairs.Sum,
	}
}

// lookAround asks all nodes that are up, tells what has changed, and returns when to look again.
func (o *Observer) lookAround() time.Duration {
	began := time.Now()
	for _, i := range slices.Sorted(maps.Keys(o.lives)) {
		l := o.lives[i]
		if told, _ := o.seen(l.id); told.State == trace.NodeUp {
			o.ask(l, &told)
		}
	}
	o.judge(time.Now())
	return max(look, share*time.Since(began))
}

// ask tells what has changed at one node.
func (o *Observer) ask(l *life, told *trace.Node) {
	stats := l.node.Stats()
	at := time.Now()
	if stats.Neighbors == 0 && len(told.Edges) > 0 {
		return // it ends, or the record has not told yet
	}
	o.count(at, l, countsOf(&stats))
	edges := make(map[string]*trace.Edge, len(told.Edges))
	for i := range told.Edges {
		edges[told.Edges[i].Peer] = &told.Edges[i]
	}
	for i := range stats.Broadcast.Links {
		b := &stats.Broadcast.Links[i]
		if e := edges[b.Neighbor]; e != nil && e.Eager != b.Eager {
			o.stream.Tell(at, trace.Event{Kind: trace.TreeIs, Node: l.id, Peer: b.Neighbor, Eager: b.Eager})
		}
	}
	if links := l.node.Links(); links != nil {
		l.links = links.Counts()
		l.held = remote.Links(o.stream.Tell, at, l.id, edges, l.held, natsLinks(stats.Links))
	}
}

// natsLinks says what links do.
func natsLinks(links []linker.Link) []remote.NATSLink {
	all := make([]remote.NATSLink, 0, len(links))
	for i := range links {
		k := &links[i]
		fault := ""
		if k.Err != nil {
			fault = k.Err.Error()
		}
		link, why := remote.LinkState(k.State.String(), k.Held, fault)
		all = append(all, remote.NATSLink{Peer: k.Peer.ID, Link: link, Why: why})
	}
	return all
}

// count adds what has been counted at a life since it was looked at.
func (o *Observer) count(at time.Time, l *life, now trace.Counts) {
	for _, took := range o.rates.Add(l.counts, now) {
		o.stream.Tell(at, trace.Event{Kind: trace.Repaired, Node: l.id, Ms: trace.Milliseconds(took)})
	}
	l.counts = now
}

// sample tells the figures.
func (o *Observer) sample(at time.Time) {
	var f trace.Figures
	o.stream.Scene(func(s *trace.Scene) { f = s.Overlay() })
	o.rates.Sample(&f, at.Sub(o.sampled))
	o.sampled = at
	f.Kith.Connections = f.Pairs
	for _, l := range o.lives {
		if told, _ := o.seen(l.id); told.State == trace.NodeUp {
			f.Kith.Connections += l.links.Connections
			f.Kith.Subscriptions += l.links.Subscriptions
		}
	}
	f.FullMesh = remote.PriceOf(o.mode).FullMesh(f.Nodes)
	o.stream.Tell(at, trace.Event{Kind: trace.Sample, Figures: &f})
}
