// What a run is like at a moment: its report, and its table.

package main

import (
	"fmt"
	"runtime"
	"time"

	"github.com/kithmesh/kith/linker"
	"github.com/kithmesh/kith/meshtest"
)

// report sums the run up, as it is now.
func (r *clusterRun) report() report {
	m, repair := r.mesh.Report(), r.mesh.Repair()
	rep := report{
		Nodes: m.Nodes, Alive: m.Alive, Components: m.Components, Symmetric: m.Symmetric,
		Settled:  len(r.mesh.Faults()) == 0,
		FormedMS: milliseconds(r.mesh.Formed()),
		Active:   newSpread(m.Active), Passive: newSpread(m.Passive),
		Links:  r.links(m.Links),
		Repair: newRepairTimes(repair.Killed, repair.Detect, repair.Repaired),
		TCP:    m.TCPConnections, Seed: r.options.seed,
		Goroutines: runtime.NumGoroutine(), RSSBytes: residentBytes(),
		ElapsedMS: milliseconds(time.Since(r.started)),
	}
	rep.Repair.Undetected, rep.Repair.Short = repair.Undetected, repair.Short
	g := make(graph)
	for _, n := range r.mesh.Alive() {
		g[n.Self().ID] = ids(n.Neighbors())
	}
	rep.Edges = g.edges()
	survivors := r.survivors()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.traffic != nil {
		rep.Broadcast = r.traffic.report(survivors, r.mesh.Alive())
		for _, n := range r.mesh.Nodes()[:r.options.publishers] {
			rep.Broadcast.HopsFlood = max(rep.Broadcast.HopsFlood, g.hops(n.Self().ID))
		}
	}
	rep.Bridge, rep.ByHand = r.bridged, r.byHand
	for _, s := range r.states {
		switch s {
		case killed:
			rep.Killed++
		case left:
			rep.Left++
		case alive, restarted, added, paused:
		}
	}
	return rep
}

// links counts connections between nodes, not those to a server that all share.
func (r *clusterRun) links(m meshtest.LinkReport) linkCounts {
	c := linkCounts{
		Mode: m.Mode, Wanted: m.Wanted, Up: m.Up,
		Connections: m.Connections, Subscriptions: m.Subscriptions,
	}
	if linkMode(m.Mode) != linker.Connections {
		c.Connections = 0
	}
	return c
}

// frame is the table as it is now.
func (r *clusterRun) frame() *frame {
	f := &frame{Elapsed: time.Since(r.started), Report: r.report()}
	r.mu.Lock()
	f.Phase, f.Page = r.phase, r.board.url()
	states := append([]memberState(nil), r.states...)
	r.mu.Unlock()
	for i, n := range r.mesh.Nodes() {
		row := member{ID: n.Self().ID, State: added} // as long as the run has not heard of it
		if i < len(states) {
			row.State = states[i]
		}
		if row.State < killed {
			row.Neighbors, row.Spare = ids(n.Neighbors()), n.Stats().Passive
			if n.Links() != nil {
				row.Wanted, row.Up = len(row.Neighbors), n.Links().Counts().Up
			}
		}
		f.Members = append(f.Members, row)
	}
	timeline := r.mesh.Timeline()
	for _, e := range timeline[max(0, len(timeline)-mostEvents):] {
		f.Events = append(f.Events, r.event(e))
	}
	return f
}

// event is one line of the table.
func (r *clusterRun) event(e meshtest.Entry) string {
	line := fmt.Sprintf("%8s  ", short(e.At.Sub(r.started)))
	if e.Node >= 0 {
		line += r.mesh.Node(e.Node).Self().ID + " "
	}
	line += string(e.What)
	if e.Peer != "" {
		line += " " + e.Peer
	}
	if e.Reason != 0 {
		line += " " + e.Reason.String()
	}
	return line
}
