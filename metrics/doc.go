// Package metrics shows what a node counts to Prometheus.
//
//	prometheus.MustRegister(metrics.New(node))
//
// A collector reads [kith.Node.Stats] when it is asked, and keeps nothing: it needs no Close, and
// one of a node that has ended shows its last counts. Every metric has the labels cluster and
// node. Of the other labels each has a fixed set of values but one: peer is the ID of a current
// neighbor, at most 64 characters of A-Z a-z 0-9 - _, and a metric with it has at most as many
// values as the node has neighbors.
//
// docs/metrics.md lists all metrics, docs/alerts.yml has rules for alerts, and docs/grafana a
// dashboard.
package metrics
