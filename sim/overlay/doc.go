// Package overlay measures the graph that the nodes' views form: how connected
// it is, how long its paths are, how clustered it is, how far a flood gets.
//
// A [Graph] is made from what each node says: a list of the nodes it has. Two
// nodes that have each other share an edge, and every measure of paths, cuts,
// components and clusters looks at edges only. What one side alone claims is
// counted by [Graph.Asymmetric] and by the degrees of [Graph.In] and
// [Graph.Out].
//
// The package knows nothing of any protocol and imports the standard library
// alone. It has no goroutines, no clock and no randomness of its own: random
// choices draw from the source that was handed in, and the same graph and
// source give the same figures to the last bit. Nodes are the numbers from 0 to
// Nodes()-1. A graph of n nodes and m list entries takes 4(n+m) bytes, twice
// that if some entries are one-sided, so that a million nodes of degree 5 are
// 24 MB.
//
// Results are plain structs with JSON names. None of their numbers is ever NaN
// or infinite: what is not defined, such as the mean path of a graph without
// edges, is 0.
package overlay
