// What somebody who looks at the page can do to the mesh.

package live

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/kithmesh/kith/cmd/demo/dashboard"
	"github.com/kithmesh/kith/cmd/demo/trace"
	"github.com/kithmesh/kith/meshtest"
)

// The bounds of orders.
const (
	mostNodes    = 1000
	mostAdded    = 100
	addedUnasked = 10
	mostSize     = 1 << 20
	sizeUnasked  = 128
)

// Controls carry out orders.
type Controls struct {
	Observer *Observer
	// Before is told of an order before it is carried out, with the indexes of the nodes
	// that it is about: of a cut or its end, of all. It may be nil.
	Before func(action string, nodes []int)

	adding sync.Mutex // held while nodes are counted and added: of two orders at once both would have room
	most   int        // nodes in all; 0: mostNodes
}

// Do carries out an order, and returns it with the nodes it was about. An error that says what was
// wanted is a [dashboard.RefusedError].
func (c *Controls) Do(ctx context.Context, o dashboard.Order) (dashboard.Order, error) {
	mesh := c.Observer.mesh
	switch o.Action {
	case "heal":
		c.announce(&o, nil)
		mesh.Heal()
		return o, nil
	case "add":
		return c.add(ctx, o)
	case "publish":
		return c.publish(ctx, o)
	case "cut":
		return c.cut(o)
	}
	nodes, err := c.chosen(&o)
	if err != nil {
		return o, err
	}
	switch o.Action {
	case "kill":
		c.announce(&o, nodes)
		mesh.Kill(nodes...)
	case "leave":
		c.announce(&o, nodes)
		err = mesh.Leave(ctx, nodes...)
	case "restart":
		c.announce(&o, nodes)
		err = mesh.Restart(ctx, nodes...)
	case "pause":
		c.announce(&o, nodes)
		mesh.Pause(nodes...)
	case "resume":
		c.announce(&o, nodes)
		mesh.Resume(nodes...)
	default:
		err = &dashboard.RefusedError{Want: fmt.Sprintf("one of the actions %q", dashboard.Actions())}
	}
	return o, err
}

// announce tells of an order that is about to be carried out.
func (c *Controls) announce(o *dashboard.Order, nodes []int) {
	if c.Before != nil {
		c.Before(o.Action, nodes)
	}
	c.Observer.tellAction(o)
}

// chosen returns the nodes of an order with which it can be carried out, of those it names,
// and leaves only those in it.
func (c *Controls) chosen(o *dashboard.Order) ([]int, error) {
	var fits []trace.State
	switch o.Action {
	case "kill":
		fits = []trace.State{trace.NodeUp, trace.NodePaused}
	case "leave", "pause":
		fits = []trace.State{trace.NodeUp}
	case "resume":
		fits = []trace.State{trace.NodePaused}
	case "restart":
		fits = []trace.State{trace.NodeUp, trace.NodePaused, trace.NodeKilled, trace.NodeLeft}
	}
	var indexes []int
	var names []string
	up := 0
	states := c.Observer.states()
	for i, n := range c.Observer.mesh.Nodes() {
		id := n.Self().ID
		if states[id] == trace.NodeUp {
			up++
		}
		if slices.Contains(o.Nodes, id) && slices.Contains(fits, states[id]) {
			indexes, names = append(indexes, i), append(names, id)
			if states[id] == trace.NodeUp {
				up--
			}
		}
	}
	for _, id := range o.Nodes {
		if _, known := states[id]; !known {
			return nil, &dashboard.RefusedError{Want: "nodes of this mesh"}
		}
	}
	if len(indexes) == 0 {
		return nil, &dashboard.RefusedError{Want: fmt.Sprintf("nodes that are one of %q", fits)}
	}
	if up == 0 && (o.Action == "kill" || o.Action == "leave" || o.Action == "pause") {
		return nil, &dashboard.RefusedError{Want: "at least one node to remain"}
	}
	o.Nodes = names
	return indexes, nil
}

// cut cuts the mesh in two: the nodes that are named off all others, or any half of it.
func (c *Controls) cut(o dashboard.Order) (dashboard.Order, error) {
	nodes := c.Observer.mesh.Nodes()
	var one, other []int
	if len(o.Nodes) == 0 {
		order := rand.Perm(len(nodes)) // whoever cuts by hand does not do it twice alike
		one, other = order[:len(order)/2], order[len(order)/2:]
	} else {
		for i, n := range nodes {
			if slices.Contains(o.Nodes, n.Self().ID) {
				one = append(one, i)
			} else {
				other = append(other, i)
			}
		}
		if len(one) < len(slices.Compact(slices.Sorted(slices.Values(o.Nodes)))) {
			return o, &dashboard.RefusedError{Want: "nodes of this mesh"}
		}
	}
	if len(one) == 0 || len(other) == 0 {
		return o, &dashboard.RefusedError{Want: "nodes on both sides of a cut"}
	}
	o.Nodes = o.Nodes[:0]
	for _, i := range one {
		o.Nodes = append(o.Nodes, nodes[i].Self().ID)
	}
	slices.Sort(o.Nodes)
	c.announce(&o, append(slices.Clone(one), other...))
	mesh := c.Observer.mesh
	mesh.Heal() // of an earlier cut: there is one at a time
	mesh.Cut(one, other)
	return o, nil
}

// add starts further nodes.
func (c *Controls) add(ctx context.Context, o dashboard.Order) (dashboard.Order, error) {
	o.Count = cmp.Or(o.Count, addedUnasked)
	nodes, err := c.start(ctx, o.Count)
	if err != nil {
		return o, err
	}
	var indexes []int
	o.Nodes = nil
	for _, n := range nodes {
		indexes, o.Nodes = append(indexes, n.Index), append(o.Nodes, n.Self().ID)
	}
	c.announce(&o, indexes)
	return o, nil
}

// start starts that many nodes if there is room for them.
func (c *Controls) start(ctx context.Context, count int) ([]*meshtest.Node, error) {
	c.adding.Lock()
	defer c.adding.Unlock()
	most := cmp.Or(c.most, mostNodes)
	if room := most - len(c.Observer.mesh.Nodes()); count < 1 || count > min(mostAdded, room) {
		return nil, &dashboard.RefusedError{Want: fmt.Sprintf("a count from 1 to %d, and at most %d nodes in all", mostAdded, most)}
	}
	return c.Observer.mesh.Add(ctx, count)
}

// publish sends a message on its way, from the node that is named or from any.
func (c *Controls) publish(ctx context.Context, o dashboard.Order) (dashboard.Order, error) {
	o.Size = cmp.Or(o.Size, sizeUnasked)
	if o.Size < 1 || o.Size > mostSize {
		return o, &dashboard.RefusedError{Want: fmt.Sprintf("a size from 1 to %d", mostSize)}
	}
	running := c.Observer.mesh.Alive()
	if len(o.Nodes) > 0 {
		running = slices.DeleteFunc(running, func(n *meshtest.Node) bool { return n.Self().ID != o.Nodes[0] })
	}
	if len(running) == 0 {
		return o, &dashboard.RefusedError{Want: "a node that is up"}
	}
	from := running[rand.IntN(len(running))]
	o.Nodes = []string{from.Self().ID}
	return o, c.Observer.publish(ctx, from, &o)
}

// tellAction tells of an order in the stream.
func (o *Observer) tellAction(order *dashboard.Order) {
	o.stream.Tell(time.Now(), trace.Event{Kind: trace.Action, Action: order.Action, Nodes: order.Nodes})
}

// states are those of the nodes, as they have been told.
func (o *Observer) states() map[string]trace.State {
	all := make(map[string]trace.State)
	o.stream.Scene(func(s *trace.Scene) { s.All(func(n trace.Node) { all[n.ID] = n.State }) })
	return all
}
