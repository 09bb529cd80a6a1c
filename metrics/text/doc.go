// Package text tells what a node counts in the text format of Prometheus, without its client
// library. A service that has the client uses package metrics; both have the same metrics.
//
//	http.Handle("GET /metrics", text.Handler(text.Node(node)))
//
// A source reads [kith.Node.Stats] when it is asked, and keeps nothing: it needs no Close, and one of
// a node that has ended shows its last counts.
package text
