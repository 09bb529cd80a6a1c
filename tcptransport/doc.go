// Package tcptransport carries the messages of the mesh over direct TCP
// connections between nodes.
//
// Callers speak of peers and links, not of connections. A link is the one
// logical way to one life of a peer, its ID and incarnation; it has a number
// that is never used again. [Transport.Send] makes a link when there is none, by
// dialing, and what is sent meanwhile waits in the link's queue. What arrives,
// and the end of a link, is told to a [Handler].
//
// # Promises
//
//  1. A peer is who its hello, and with TLS its certificate, proved, whatever a
//     message says.
//  2. There is at most one link to a life of a peer, also when both sides dial
//     at once: of two crossing dials the one of the smaller ID is kept on both
//     sides, and what the other had queued goes over it.
//  3. Messages of a link are received in order, then the link is lost at most
//     once, and nothing comes of it after that. A dial that fails is lost too.
//  4. Send queues or fails. It never blocks. A link whose queue is full, or
//     whose peer does not read, is lost with the reason Slow.
//  5. Close sends what was queued first, and nothing is told of the link after
//     it. What the peer's channel still carries is received until the peer has
//     closed too, which sends what waits first. A link that nobody retains is closed when it is idle.
//
// # Crossing dials
//
// A node that is asked for a link while it dials the asker itself answers
// "crossed" if its own ID is smaller, and goes on. Otherwise it accepts, gives
// up its own dial, and its queue goes out over the accepted connection. Having
// accepted, it dials that peer no more until the asker has said Ready or has
// gone, so of two connections one at most is ever Ready on both sides.
//
// A peer that says Ready on a second connection has evidently lost the first.
// The first is read to its end, for it may still hold a farewell, is reported
// as lost, and then the second one takes its place. In the same way a node does
// not dial a peer again before its last link to it is at its end.
//
// # Deadlines
//
// Every wait has a limit, all of them in [Config]. The handler is called without
// any lock held, and may call every method but Shutdown and Stop from within.
package tcptransport
