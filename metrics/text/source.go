// Whose metrics are read: those of a node, or of a bridge.

package text

import (
	"slices"

	"github.com/kithmesh/kith"
	"github.com/kithmesh/kith/natsbridge"
	"github.com/kithmesh/kith/tcptransport"
)

// Source is what metrics are read from. Its methods may be called at the same time.
type Source struct {
	// Cluster and Node are the labels of the same names that every metric of it has.
	Cluster, Node string

	families []Family
	read     func(give func(Sample))
}

// Family is one metric with all its labels.
type Family struct {
	Name, Kind, Help string
	Labels           []string // besides cluster and node
}

// Sample is one value, or one histogram of durations in seconds.
type Sample struct {
	Family int      // which of [Source.Families]
	Labels []string // the values of its labels, in their order
	Value  float64
	Times  *tcptransport.Durations // of a histogram, which has no value; nil else
}

// Node returns the source of a node.
func Node(node *kith.Node) *Source {
	tables := slices.Concat(membershipMetrics(), transportMetrics(), broadcastMetrics(), linkMetrics())
	return newSource(node, tables, func() snapshot {
		s := snapshot{Stats: node.Stats(), self: node.Self()}
		if links := node.Links(); links != nil {
			counts := links.Counts()
			s.linker = &counts
		}
		return s
	})
}

// Bridge returns the source of the bridge of a node.
func Bridge(node *kith.Node, bridge *natsbridge.Bridge) *Source {
	return newSource(node, bridgeMetrics(), bridge.Stats)
}

func newSource[S any](node *kith.Node, table []metric[S], look func() S) *Source {
	return &Source{
		Cluster: node.Cluster(), Node: node.Self().ID, families: families(table),
		read: func(give func(Sample)) {
			s := look()
			for i, m := range table {
				if m.times != nil {
					m.times(&s, func(d *tcptransport.Durations, labels ...string) { give(Sample{Family: i, Labels: labels, Times: d}) })
					continue
				}
				m.read(&s, func(v float64, labels ...string) { give(Sample{Family: i, Labels: labels, Value: v}) })
			}
		},
	}
}

func families[S any](table []metric[S]) []Family {
	all := make([]Family, 0, len(table))
	for _, m := range table {
		all = append(all, Family{Name: m.name, Kind: m.kind, Help: m.help, Labels: m.labels})
	}
	return all
}

// Families are the metrics that there are, which may have no sample now. They are not to be changed.
func (s *Source) Families() []Family { return s.families }

// Read gives what there is now, a family after the other.
func (s *Source) Read(give func(Sample)) { s.read(give) }

// All are the metrics that nodes and bridges have.
func All() []Family {
	return slices.Concat(families(membershipMetrics()), families(transportMetrics()), families(broadcastMetrics()),
		families(linkMetrics()), families(bridgeMetrics()))
}
