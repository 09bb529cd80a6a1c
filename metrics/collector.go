// The collectors, and how they make metrics of tables and counts.

package metrics

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/kithmesh/kith"
	"github.com/kithmesh/kith/natsbridge"
	"github.com/kithmesh/kith/tcptransport"
)

// New returns the collector of a node. It may be registered together with those of other nodes of
// the same process.
func New(node *kith.Node) prometheus.Collector {
	tables := [][]metric[snapshot]{membershipMetrics(), transportMetrics(), broadcastMetrics(), linkMetrics()}
	return newCollector(node, func() snapshot {
		s := snapshot{Stats: node.Stats(), self: node.Self()}
		if links := node.Links(); links != nil {
			counts := links.Counts()
			s.linker = &counts
		}
		return s
	}, tables...)
}

// NewBridge returns the collector of the bridge of a node.
func NewBridge(node *kith.Node, bridge *natsbridge.Bridge) prometheus.Collector {
	return newCollector(node, bridge.Stats, bridgeMetrics())
}

// kind is the type of a metric, in the words of the text format.
type kind string

const (
	counter   kind = "counter"
	gauge     kind = "gauge"
	histogram kind = "histogram"
)

// metric describes one metric, and reads it from a snapshot of type S. Exactly one of read and
// times is set.
type metric[S any] struct {
	name   string
	kind   kind
	labels []string // besides cluster and node
	help   string
	read   func(s *S, give giver)
	times  func(s *S, give func(d *tcptransport.Durations, labels ...string))
}

// giver takes one value with its labels, in the order of the metric's.
type giver func(value float64, labels ...string)

// collector implements [prometheus.Collector] for one node.
type collector[S any] struct {
	look    func() S
	metrics []metric[S]
	descs   []*prometheus.Desc
}

func newCollector[S any](node *kith.Node, look func() S, tables ...[]metric[S]) *collector[S] {
	c := &collector[S]{look: look}
	who := prometheus.Labels{"cluster": node.Cluster(), "node": node.Self().ID}
	for _, table := range tables {
		for _, m := range table {
			c.metrics = append(c.metrics, m)
			c.descs = append(c.descs, prometheus.NewDesc(m.name, m.help, m.labels, who))
		}
	}
	return c
}

// Describe implements [prometheus.Collector].
func (c *collector[S]) Describe(to chan<- *prometheus.Desc) {
	for _, desc := range c.descs {
		to <- desc
	}
}

// Collect implements [prometheus.Collector].
func (c *collector[S]) Collect(to chan<- prometheus.Metric) {
	s := c.look()
	for i, m := range c.metrics {
		desc := c.descs[i]
		if m.times != nil {
			m.times(&s, func(d *tcptransport.Durations, labels ...string) { to <- times(desc, d, labels) })
			continue
		}
		as := prometheus.GaugeValue
		if m.kind == counter {
			as = prometheus.CounterValue
		}
		m.read(&s, func(value float64, labels ...string) {
			to <- prometheus.MustNewConstMetric(desc, as, value, labels...)
		})
	}
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

// number is whatever is counted.
type number interface{ ~int | ~uint8 | ~uint64 }

// count is a counter without labels.
func count[S any, N number](name, help string, of func(s *S) N) metric[S] {
	return metric[S]{name: name, kind: counter, help: help, read: func(s *S, give giver) { give(float64(of(s))) }}
}

// level is a gauge without labels.
func level[S any, N number](name, help string, of func(s *S) N) metric[S] {
	return metric[S]{name: name, kind: gauge, help: help, read: func(s *S, give giver) { give(float64(of(s))) }}
}

// truth is 1 for what is so.
func truth(so bool) int {
	if so {
		return 1
	}
	return 0
}
