// What the record of a mesh does not tell: links, trees, counts. The nodes are asked now and then.

package live

import (
	"maps"
	"slices"
	"time"

	"github.com/kithmesh/kith"
	"github.com/kithmesh/kith/cmd/demo/trace"
	"github.com/kithmesh/kith/linker"
)

// counts are those of a life that figures are made of.
type counts struct {
	delivered, bytes, duplicates, repairs uint64
	repairing                             time.Duration
}

func countsOf(s *kith.Stats) counts {
	return counts{
		delivered: s.Broadcast.Delivered, bytes: s.Transport.BytesOut, duplicates: s.Broadcast.Duplicates,
		repairs: s.Repairs.Count(), repairing: s.Repairs.Sum,
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
	for i := range stats.Broadcast.Links {
		b := &stats.Broadcast.Links[i]
		if e := edgeTo(told, b.Neighbor); e != nil && e.Eager != b.Eager {
			o.stream.Tell(at, trace.Event{Kind: trace.TreeIs, Node: l.id, Peer: b.Neighbor, Eager: b.Eager})
		}
	}
	if links := l.node.Links(); links != nil {
		l.links = links.Counts()
		o.compareLinks(at, l, told, stats.Links)
	}
}

// edgeTo returns the edge to a peer, nil when it is none of the neighbors.
func edgeTo(n *trace.Node, peer string) *trace.Edge {
	for i := range n.Edges {
		if n.Edges[i].Peer == peer {
			return &n.Edges[i]
		}
	}
	return nil
}

// compareLinks tells the NATS links that have changed.
func (o *Observer) compareLinks(at time.Time, l *life, told *trace.Node, links []linker.Link) {
	held := make(map[string]bool)
	for i := range links {
		k := &links[i]
		state, why := linkState(k)
		edge := edgeTo(told, k.Peer.ID)
		switch {
		case k.Held:
			held[k.Peer.ID] = true
			if l.held[k.Peer.ID] {
				continue
			}
		case edge == nil || edge.Link == state && edge.Why == why:
			continue
		}
		o.stream.Tell(at, trace.Event{Kind: trace.LinkIs, Node: l.id, Peer: k.Peer.ID, Link: state, Why: why})
	}
	for _, peer := range slices.Sorted(maps.Keys(l.held)) {
		if !held[peer] && edgeTo(told, peer) == nil {
			o.stream.Tell(at, trace.Event{Kind: trace.LinkIs, Node: l.id, Peer: peer, Link: trace.LinkNone})
		}
	}
	l.held = held
}

// linkState says what a link does, and what is wrong with it.
func linkState(k *linker.Link) (state trace.Link, why string) {
	switch {
	case k.Held:
		return trace.LinkHolding, ""
	case k.State == linker.Up:
		return trace.LinkUp, ""
	case k.Err != nil:
		return trace.LinkWanted, k.Err.Error()
	}
	return trace.LinkWanted, k.State.String()
}

// rates are what figures are made of.
type rates struct {
	began                        time.Time // of what is counted now
	delivered, bytes, duplicates uint64
	repairs                      int
	latest                       []time.Duration // repairs
}

// mostRepairs is how many repairs the percentiles are of.
const mostRepairs = 256

// count adds what has been counted at a life since it was looked at.
func (o *Observer) count(at time.Time, l *life, now counts) {
	before := l.counts
	l.counts = now
	r := &o.rates
	r.delivered += now.delivered - before.delivered
	r.bytes += now.bytes - before.bytes
	r.duplicates += now.duplicates - before.duplicates
	n := now.repairs - before.repairs
	if n == 0 {
		return
	}
	each := (now.repairing - before.repairing) / time.Duration(n)
	r.repairs += int(n)
	for range min(n, mostRepairs) {
		r.latest = append(r.latest, each)
		o.stream.Tell(at, trace.Event{Kind: trace.Repaired, Node: l.id, Ms: milliseconds(each)})
	}
	r.latest = r.latest[max(0, len(r.latest)-mostRepairs):]
}

// sample tells the figures.
func (o *Observer) sample(at time.Time) {
	var f trace.Figures
	o.stream.Scene(func(s *trace.Scene) { f = s.Overlay() })
	r := &o.rates
	seconds := max(at.Sub(r.began).Seconds(), 0.001)
	f.Messages, f.Bytes, f.Duplicates = rate(r.delivered, seconds), rate(r.bytes, seconds), rate(r.duplicates, seconds)
	f.Repairs = r.repairs
	f.RepairP50, f.RepairP99 = percentiles(r.latest)
	*r = rates{began: at, latest: r.latest}
	f.Kith.Connections = f.Pairs
	for _, l := range o.lives {
		if told, _ := o.seen(l.id); told.State == trace.NodeUp {
			f.Kith.Connections += l.links.Connections
			f.Kith.Subscriptions += l.links.Subscriptions
		}
	}
	f.FullMesh = FullMesh(f.Nodes, o.mode)
	o.stream.Tell(at, trace.Event{Kind: trace.Sample, Figures: &f})
}

// FullMesh is what nodes need of which each has links of that mode to all others.
func FullMesh(nodes int, mode linker.Mode) trace.Cost {
	pairs := nodes * (nodes - 1) / 2
	const both, perDialed = 2, 3 // subscriptions of a pair, and of each connection: see linker.Counts
	switch mode {
	case linker.Connections:
		return trace.Cost{Connections: 2 * pairs, Subscriptions: perDialed * pairs}
	case linker.Subscriptions:
		return trace.Cost{Connections: pairs, Subscriptions: both * pairs}
	}
	return trace.Cost{Connections: pairs}
}

func rate(n uint64, seconds float64) float64 { return float64(int(float64(n)/seconds*10)) / 10 }

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// percentiles returns the 50th and the 99th by nearest rank, in milliseconds.
func percentiles(of []time.Duration) (p50, p99 float64) {
	if len(of) == 0 {
		return 0, 0
	}
	sorted := slices.Sorted(slices.Values(of))
	at := func(p int) float64 { return milliseconds(sorted[(len(sorted)*p+99)/100-1]) }
	return at(50), at(99)
}
