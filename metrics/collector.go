// The collectors: what package text reads, as metrics of the client of Prometheus.

package metrics

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/kithmesh/kith"
	"github.com/kithmesh/kith/metrics/text"
	"github.com/kithmesh/kith/natsbridge"
	"github.com/kithmesh/kith/tcptransport"
)

// New returns the collector of a node. It may be registered together with those of other nodes of
// the same process.
func New(node *kith.Node) prometheus.Collector { return newCollector(text.Node(node)) }

// NewBridge returns the collector of the bridge of a node.
func NewBridge(node *kith.Node, bridge *natsbridge.Bridge) prometheus.Collector {
	return newCollector(text.Bridge(node, bridge))
}

// collector implements [prometheus.Collector] for one source.
type collector struct {
	source *text.Source
	descs  []*prometheus.Desc // of its families
}

func newCollector(source *text.Source) *collector {
	c := &collector{source: source}
	who := prometheus.Labels{"cluster": source.Cluster, "node": source.Node}
	for _, f := range source.Families() {
		c.descs = append(c.descs, prometheus.NewDesc(f.Name, f.Help, f.Labels, who))
	}
	return c
}

// Describe implements [prometheus.Collector].
func (c *collector) Describe(to chan<- *prometheus.Desc) {
	for _, desc := range c.descs {
		to <- desc
	}
}

// Collect implements [prometheus.Collector].
func (c *collector) Collect(to chan<- prometheus.Metric) {
	families := c.source.Families()
	c.source.Read(func(s text.Sample) {
		desc := c.descs[s.Family]
		if s.Times != nil {
			to <- times(desc, s.Times, s.Labels)
			return
		}
		as := prometheus.GaugeValue
		if families[s.Family].Kind == text.Counter {
			as = prometheus.CounterValue
		}
		to <- prometheus.MustNewConstMetric(desc, as, s.Value, s.Labels...)
	})
}

// times is a histogram of durations, in seconds.
func times(desc *prometheus.Desc, d *tcptransport.Durations, labels []string) prometheus.Metric {
	upTo, sum := make(map[float64]uint64), uint64(0)
	for i, bound := range tcptransport.DurationBounds() {
		sum += d.Counts[i]
		upTo[bound.Seconds()] = sum
	}
	return prometheus.MustNewConstHistogram(desc, d.Count(), d.Sum.Seconds(), upTo, labels...)
}
