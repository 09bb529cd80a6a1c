// What one node tells when it is asked.

package live

import (
	"context"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/kithmesh/kith/cmd/demo/dashboard"
	"github.com/kithmesh/kith/cmd/demo/remote"
	"github.com/kithmesh/kith/cmd/demo/trace"
	"github.com/kithmesh/kith/meshtest"
	"github.com/kithmesh/kith/metrics"
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
	registry := prometheus.NewRegistry()
	if registry.Register(metrics.New(n.Node)) != nil {
		return nil // cannot be: it is the only one
	}
	families, _ := registry.Gather() // what there is
	all := make(map[string]float64)
	for _, f := range families {
		for _, m := range f.GetMetric() {
			name := f.GetName() + labels(m.GetLabel())
			switch {
			case m.Counter != nil:
				all[name] = m.GetCounter().GetValue()
			case m.Gauge != nil:
				all[name] = m.GetGauge().GetValue()
			case m.Histogram != nil:
				all[name+"_count"] = float64(m.GetHistogram().GetSampleCount())
				all[name+"_sum"] = m.GetHistogram().GetSampleSum()
			}
		}
	}
	return all
}

// label is one of a metric.
type label interface {
	GetName() string
	GetValue() string
}

// labels are those by which one of several metrics of a name is told from the others.
func labels[L label](of []L) string {
	var some []string
	for _, l := range of {
		if l.GetName() != "cluster" && l.GetName() != "node" {
			some = append(some, l.GetName()+`="`+l.GetValue()+`"`)
		}
	}
	if some == nil {
		return ""
	}
	return "{" + strings.Join(some, ",") + "}"
}
