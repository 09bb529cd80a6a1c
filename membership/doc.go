// Package membership is the HyParView protocol (Leitão, Pereira, Rodrigues:
// "HyParView: a membership protocol for reliable gossip-based broadcast", DSN
// 2007) as a pure state machine.
//
// A [Node] keeps two partial views: the active view, a handful of neighbors with
// one live link each, and the passive view, spare peers for when a neighbor
// fails. It does nothing by itself. Everything that happens is an [Input], a
// message that came, a link that broke, a timer that fired; [Node.Step] takes one
// and returns the [Effect] values to carry out, in order. There is no clock, no
// randomness of its own, no socket and no goroutine: the same configuration,
// random source and inputs give the same effects, in production, in a test, and
// in a simulator of a million nodes.
//
// # Where to read what
//
//   - join.go: how a newcomer is let in (paper §4.2)
//   - neighbor.go, disconnect.go: the one way into an active view and the one
//     way out (§4.2, §4.3)
//   - repair.go: filling free slots, exchanging links, looking for the lost (§4.3)
//   - zones.go: links within a zone, and out of it
//   - shuffle.go: keeping the passive view fresh (§4.4)
//   - hearsay.go: what others say of others, and how far it is believed
//   - headcount.go, sizing.go: how many nodes there are, and views that follow (§5.1)
//   - heartbeat.go: keeping both sides of a link in agreement
//   - notebook.go: what a node remembers for a while beside its views
//   - group.go: many nodes in one program, such as a simulator
//   - message.go, codec.go: the messages and their bytes, as in docs/wire.md
//
// Comments quote the section of the paper that the code implements. Where the
// code departs from it, a comment begins "Deviation:" and docs/deviations.md has
// the reason.
//
// # What the runtime promises
//
// The machine speaks of peers and links, not of connections. Whoever drives it
// promises that the peer of a link is who its hello proved; that there is at most
// one link to a peer's life at a time; that the messages of a link come in order
// and then at most one LinkLost, which also stands for a dial that failed; and
// that nothing more comes of a link that the node has closed.
package membership
