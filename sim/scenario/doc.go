// Package scenario does to a whole cluster what the HyParView paper did not: crowds
// that arrive at once, churn, restarts, partitions, one-way links, hidden and slow
// nodes, liars, and a million nodes.
//
// Each [Scenario] is a function of its [Options]: one seed gives one
// [report.Result], byte for byte. A run is one goroutine, so that several seeds can
// run at the same time. What must never be, such as a cluster that stays split when
// all is calm, is an error that names the command to see it again; what is better
// or worse is a measure, with a bound if there is one that it should keep.
package scenario
