// What one node tells when it is asked.

package live

import (
	"context"
	"strings"
	"time"

	"github.com/kithmesh/kith/cmd/demo/dashboard"
	"github.com/kithmesh/kith/cmd/demo/remote"
	"github.com/kithmesh/kith/cmd/demo/trace"
	"github.com/kithmesh/kith/meshtest"
	"github.com/kithmesh/kith/metrics/text"
	"github.com/kithmesh/kith/natstransport"
)

// asking bounds how long a node is waited for.
const asking = time.Second

// Detail returns what a node tells, or what was told of it when it does not answer.
// The error is [dashboard.ErrUnknown].
func (o *Observer) Detail(ctx context.Context, id string) (trace.Detail, error) {
	told, known := o.seen(id)
	if !known {
		return trace.Detail{}, dashboard.ErrUnknown
	}
	d := trace.Detail{ID: id, State: told.State, About: told.About, Edges: told.Edges, Passive: []string{}}
	if d.Edges == nil {
		d.Edges = []trace.Edge{}
	}
	n := o.named(id)
	if n == nil || told.State != trace.NodeUp {
		return d, nil
	}
	d.Counters = counters(n)
	ctx, cancel := context.WithTimeout(ctx, asking)
	defer cancel()
	up := len(o.mesh.Alive())
	all, _ := natstransport.Inspect(ctx, o.conn, n.Cluster(), natstransport.InspectOptions{Max: up}) // some answers are better than none
	for i := range all {
		if all[i].Self.ID == id {
			remote.Describe(&d, &all[i])
		}
	}
	return d, nil
}

// named returns the node with an ID, nil when there is none.
func (o *Observer) named(id string) *meshtest.Node {
	for _, n := range o.mesh.Nodes() {
		if n.Self().ID == id {
			return n
		}
	}
	return nil
}

// counters are the metrics of a node, with the labels of those that have several.
func counters(n *meshtest.Node) map[string]float64 {
	source := text.Node(n.Node)
	families, all := source.Families(), make(map[string]float64)
	source.Read(func(s text.Sample) {
		f := families[s.Family]
		name := f.Name + labels(f.Labels, s.Labels)
		if s.Times == nil {
			all[name] = s.Value
			return
		}
		all[name+"_count"], all[name+"_sum"] = float64(s.Times.Count()), s.Times.Sum.Seconds()
	})
	return all
}

// labels are those by which one of several metrics of a name is told from the others.
func labels(names, values []string) string {
	if len(names) == 0 {
		return ""
	}
	some := make([]string, 0, len(names))
	for i, name := range names {
		some = append(some, name+`="`+values[i]+`"`)
	}
	return "{" + strings.Join(some, ",") + "}"
}
