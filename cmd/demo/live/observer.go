// Package live observes a mesh that runs in this process, and does to it what somebody
// wants who looks at its page.
package live

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/kithmesh/kith"
	"github.com/kithmesh/kith/cmd/demo/dashboard"
	"github.com/kithmesh/kith/cmd/demo/trace"
	"github.com/kithmesh/kith/linker"
	"github.com/kithmesh/kith/meshtest"
)

const (
	// look is the time from one look at links and trees to the next. It is longer where looking
	// takes more than a share of it.
	look  = 250 * time.Millisecond
	share = 20
	// second is the time from one sample to the next.
	second = time.Second
)

// Observer tells a stream what happens in a mesh.
type Observer struct {
	mesh   *meshtest.Mesh
	stream *dashboard.Stream
	mode   linker.Mode
	conn   *nats.Conn // to where the nodes meet

	position int // in the record of the mesh
	lives    map[int]*life
	rates    trace.Rates
	sampled  time.Time
	waves    waves
}

// life is one life of a node, as it was seen last.
type life struct {
	node   *meshtest.Node
	id     string
	hears  bool // waves
	held   map[string]bool
	counts trace.Counts
	links  linker.Counts
}

// New returns the observer of a mesh whose nodes have NATS links of that mode. It tells
// nothing before Run.
func New(mesh *meshtest.Mesh, mode linker.Mode, stream *dashboard.Stream) (*Observer, error) {
	conn, err := mesh.Meeting().Connect(nats.Name("kith demo dashboard"), nats.MaxReconnects(-1))
	if err != nil {
		return nil, err
	}
	o := &Observer{mesh: mesh, stream: stream, mode: mode, conn: conn, lives: make(map[int]*life)}
	o.waves.init()
	return o, nil
}

// Close gives up what the observer needs; Run does that itself.
func (o *Observer) Close() { o.conn.Close() }

// Run observes until ctx ends, and ends the stream.
func (o *Observer) Run(ctx context.Context) {
	defer o.Close()
	defer o.stream.End()
	looks, samples := time.NewTimer(look), time.NewTicker(second)
	defer looks.Stop()
	defer samples.Stop()
	o.sampled = time.Now()
	for ctx.Err() == nil {
		changed := o.catchUp()
		select {
		case <-ctx.Done():
		case <-changed:
		case a := <-o.waves.arrivals:
			o.gather(ctx, a)
		case <-looks.C:
			looks.Reset(o.lookAround()) //nolint:contextcheck // what a node counts is told without one
		case at := <-samples.C:
			o.sample(at)
		}
	}
	o.catchUp() // what has happened until now is told
}

// catchUp tells what is new in the record, and returns what is closed when there is more.
func (o *Observer) catchUp() <-chan struct{} {
	entries, next, changed := o.mesh.Since(o.position)
	lost := next-len(entries) > o.position
	o.position = next
	for i := range entries {
		o.tell(&entries[i])
	}
	if lost {
		o.compare(time.Now())
	}
	return changed
}

// tell tells one entry of the record.
func (o *Observer) tell(e *meshtest.Entry) {
	if e.What == meshtest.StartNode {
		o.started(e)
		return
	}
	l := o.lives[e.Node]
	if l == nil {
		return // the network, of which whoever cut it tells
	}
	switch e.What {
	case meshtest.KillNode:
		o.is(e.At, l.id, trace.NodeKilled)
	case meshtest.LeaveNode:
		o.is(e.At, l.id, trace.NodeLeft)
	case meshtest.PauseNode:
		o.is(e.At, l.id, trace.NodePaused)
	case meshtest.ResumeNode:
		o.is(e.At, l.id, trace.NodeUp)
	case meshtest.NeighborUp:
		o.stream.Tell(e.At, trace.Event{Kind: trace.Up, Node: l.id, Peer: e.Peer})
	case meshtest.NeighborDown:
		down := trace.Event{Kind: trace.Down, Node: l.id, Peer: e.Peer}
		if e.Reason != 0 {
			down.Reason = e.Reason.String()
		}
		o.stream.Tell(e.At, down)
	case meshtest.StartNode, meshtest.CutNetwork, meshtest.HealNetwork, meshtest.Isolated:
	}
}

func (o *Observer) is(at time.Time, node string, state trace.State) {
	o.stream.Tell(at, trace.Event{Kind: trace.NodeIs, Node: node, State: state})
}

// started begins with a new life of a node.
func (o *Observer) started(e *meshtest.Entry) {
	n := o.mesh.Node(e.Node)
	self := n.Self()
	l := o.lives[e.Node]
	if l == nil || l.node != n {
		l = &life{node: n, id: self.ID, held: make(map[string]bool)}
		o.lives[e.Node] = l
	}
	o.hear(l)
	o.stream.Tell(e.At, trace.Event{Kind: trace.NodeIs, Node: l.id, State: trace.NodeUp, About: &trace.About{
		Addr: self.Addr, NATS: self.NATS, Zone: self.Zone, Version: kith.Version, Started: e.At.UTC().Format(time.RFC3339Nano),
	}})
}

// compare tells the difference between the picture and what the nodes say themselves, after
// the record has lost something.
func (o *Observer) compare(at time.Time) {
	running := o.mesh.Alive()
	for _, n := range running {
		if l := o.lives[n.Index]; l == nil || l.node != n {
			o.started(&meshtest.Entry{At: at, Node: n.Index})
		}
		told, _ := o.seen(n.Self().ID)
		now := make(map[string]bool)
		for _, p := range n.Neighbors() {
			now[p.ID] = true
		}
		for _, e := range told.Edges {
			if !now[e.Peer] {
				o.stream.Tell(at, trace.Event{Kind: trace.Down, Node: told.ID, Peer: e.Peer})
			}
			delete(now, e.Peer)
		}
		for _, peer := range slices.Sorted(maps.Keys(now)) {
			o.stream.Tell(at, trace.Event{Kind: trace.Up, Node: n.Self().ID, Peer: peer})
		}
	}
	for _, l := range o.lives {
		if told, _ := o.seen(l.id); told.State == trace.NodeUp && !slices.Contains(running, l.node) {
			o.is(at, l.id, trace.NodeKilled)
		}
	}
}

// seen returns a node as it has been told.
func (o *Observer) seen(id string) (n trace.Node, known bool) {
	o.stream.Scene(func(s *trace.Scene) { n, known = s.Node(id) })
	return n, known
}
