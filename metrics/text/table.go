// The rows of the tables, and their usual forms.

package text

import "github.com/kithmesh/kith/tcptransport"

// The kinds of a metric, in the words of the text format.
const (
	Counter   = "counter"
	Gauge     = "gauge"
	Histogram = "histogram"
)

// metric describes one metric, and reads it from a snapshot of type S. Exactly one of read and
// times is set.
type metric[S any] struct {
	name   string
	kind   string
	labels []string // besides cluster and node
	help   string
	read   func(s *S, give giver)
	times  func(s *S, give func(d *tcptransport.Durations, labels ...string))
}

// giver takes one value with its labels, in the order of the metric's.
type giver func(value float64, labels ...string)

// number is whatever is counted.
type number interface{ ~int | ~uint8 | ~uint64 }

// count is a counter without labels.
func count[S any, N number](name, help string, of func(s *S) N) metric[S] {
	return metric[S]{name: name, kind: Counter, help: help, read: func(s *S, give giver) { give(float64(of(s))) }}
}

// level is a gauge without labels.
func level[S any, N number](name, help string, of func(s *S) N) metric[S] {
	return metric[S]{name: name, kind: Gauge, help: help, read: func(s *S, give giver) { give(float64(of(s))) }}
}

// truth is 1 for what is so.
func truth(so bool) int {
	if so {
		return 1
	}
	return 0
}
