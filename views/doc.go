// Package views holds what a node knows about others: [Peer], and the bounded
// sets in which HyParView keeps peers.
//
//   - [Active] is the small, symmetric view: the neighbors, one live link each.
//   - [Passive] is the larger view of spare addresses, with nobody connected.
//   - [Lost] remembers peers that failed, so that two halves of a partitioned
//     cluster can find each other again.
//
// The package is pure: it has no clock, no randomness of its own, no sockets
// and no goroutines. Time is handed in as a duration since the node's own
// start, random numbers as the node's seeded source. Picks and evictions
// depend on the order of insertion and on that source only, never on the order
// of a map.
package views
