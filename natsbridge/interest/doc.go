// Package interest decides who in a mesh of bridges wants which NATS subjects. It is a pure
// state machine: a bridge feeds it with the interest of its own server and with the messages of
// others, carries out its effects, and asks it about each message.
//
// # What is exchanged
//
// A bridge is attached to its NATS server, which tells it the keys of its clients: subjects, with
// the name and weight of a queue group. Each node has a table of its keys, with a version. Changes
// are gathered for a moment and published as a delta from one version to the next. A node
// that has nothing to say announces every third of a TTL that it lives, and its version. Many
// plain keys under one prefix are told as one, so that changes below it cost nothing.
//
// Whoever sees a version that it lacks asks for the whole table: the node itself, then others
// that have it. Neighbors tell each other which tables they have, when they become neighbors and
// every few seconds, and who has older ones asks. So a newcomer gets everything from its
// neighbors and does not ask N nodes.
//
// # What is believed
//
// A node is believed about itself only, by the origin and incarnation of its broadcast messages or of
// what it sends itself. What others say of it is hearsay: it fills a gap, lives no longer than they
// say it has left, and never replaces what is newer. A table that goes beyond what its node says is asked for
// anew, at that node. A newer life, or a later bridge of the same life, replaces an older one.
//
// Who is not heard for a TTL expires with all its interest. A farewell removes a node at once and
// leaves a tombstone. A node that loses its neighbor publishes a doubt, and the doubted one says
// at once that it lives. Meanwhile it is chosen only if there is nobody else; after a grace its interest
// is withdrawn, and its table remembered, so that one message brings it back.
//
// # What becomes of it
//
// The union of the tables of all others is what the own server is told to be wanted. Bridges that are
// attached to the same NATS cluster name it in their messages. Of those in one group the node with the
// lowest ID is the exporter: it alone has interest of its own, wants anything of its server, and
// carries messages. A newly attached node waits until it knows the others; those with higher IDs
// yield as soon as they hear of it. While the mesh is cut in parts each part has an exporter.
//
// Subjects that belong to NATS or to Kith never cross, whatever a pattern matches; see [Reserved] and
// [Node.Crosses].
//
// # Limits
//
// Everything that others send is bounded before it is kept: nodes, keys of each, bytes of all, and
// answers in a second. What is beyond is refused and counted. A message longer than
// [Config.MaxMessage] is never sent.
package interest
