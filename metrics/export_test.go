// What tests see of the tables.

package metrics

import "slices"

// Row is a metric as docs/metrics.md shows it.
type Row struct {
	Name, Kind, Help string
	Labels           []string
}

// Rows are all metrics.
func Rows() []Row {
	return slices.Concat(rows(membershipMetrics()), rows(transportMetrics()), rows(broadcastMetrics()), rows(linkMetrics()), rows(bridgeMetrics()))
}

func rows[S any](table []metric[S]) []Row {
	all := make([]Row, 0, len(table))
	for _, m := range table {
		all = append(all, Row{Name: m.name, Kind: string(m.kind), Labels: m.labels, Help: m.help})
	}
	return all
}
