// Package linker keeps NATS connections, or NATS subscriptions, to the
// neighbors of a node and to nobody else.
//
// A [Linker] follows the active view of its node. For every peer in it there is
// one [Link]; a peer that leaves it loses its link. What should be (the view)
// and what is (the table of links) are compared at every change and every few
// seconds, and a link that fails is made anew, with backoff, for as long as the
// peer is a neighbor.
//
// # Modes
//
// In mode [Connections] a link is a NATS connection to the neighbor's own
// server, one for each pair of neighbors, so that a mesh of N nodes has as many
// connections as edges. The smaller ID dials; when the larger names no server
// and the smaller does, it is the other way round. The connection is pinned to
// the one URL that the peer gave and is never reconnected by nats.go: when it
// ends, the link ends, and what was written to it is not sent again.
//
// In mode [Subscriptions] all nodes share a NATS server, or a cluster, and a
// link is one subscription to what the neighbor says: N·5 subscriptions in
// place of the N·(N−1) that it takes to listen to everybody.
//
// Both modes have the same methods, and in both a message reaches each neighbor
// at most once, as usual in core NATS, also when the servers of two neighbors
// are the same or are connected to each other.
//
// # When a link is up
//
// A link is [Up] when the neighbor has answered a hello: the two sides want
// each other, in this very incarnation, have subscribed, and messages pass
// both ways. The hello is repeated every few seconds. So a link is up on one
// side only for a moment, and a broken one does not stay up.
//
// # Costs
//
// A link costs one goroutine, and in mode Connections whoever dialed pays four
// more (three of nats.go, one that calls the handlers), three subscriptions and
// a queue of [Config.Pending] pointers. A node has four goroutines and two
// subscriptions besides, whatever the number of neighbors. The first Request on
// a connection adds the goroutine and the subscription with which nats.go takes
// the answers.
package linker
