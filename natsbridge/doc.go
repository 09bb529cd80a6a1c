// Package natsbridge joins the NATS server of a node to those of all other nodes of a
// mesh, so that plain NATS clients of any of them talk to the clients of every other one:
// publish and subscribe, request and reply, queue groups, "no responders". Clients need no
// change. A NATS cluster does the same with N−1 routes from each server; here a server has
// one connection, to its own node, and the node has about five links.
//
//	srv, err := embedded.Start(ctx, embedded.Config{LeafNodes: true})
//	node, err := kith.Start(ctx, kith.Config{…}, …)
//	bridge, err := natsbridge.Start(ctx, node, natsbridge.Config{URL: srv.LeafURL()})
//
// # How it works
//
// The bridge attaches to the server as a leaf node does (package leafnode). The server tells
// it what its clients subscribe to, as that changes; the bridges tell each other (package
// interest), and each subscribes at its own server to what is wanted elsewhere. So the server
// hands over exactly what somebody else wants, and a request for which there is nobody in the
// whole mesh is answered with "no responders" at once, by the server itself.
//
// Messages for plain subscriptions go to all nodes by [kith.Node.Publish], and nodes at whose
// server nobody wants them drop them. A message for a queue group goes to one member in the
// whole mesh: to one at the own server, or else to a node that the bridge chooses, by the
// weights of the group and how near nodes are. A reply goes to the node of the one who asked, alone: the
// reply subject of a request, R, is _KITH_.<node>.R at other servers.
//
// # What it guarantees
//
// At most once, like NATS. What one client publishes comes in order, but for what a queue group gets
// on a subject that nobody subscribes to plainly: that goes to one node directly, and may be lost with
// a link. A subscription is known everywhere
// within [Config.Coalesce] and the time for one message to all; what is published elsewhere before
// that misses it. A node that dies is noticed by its neighbors at once, and all others forget its subscriptions
// after [Config.Grace]; meanwhile a request to it goes unanswered.
//
// Some subjects never cross: see [interest.Reserved]. Streams may capture messages from other
// nodes, but the JetStream API of one server is not reached from another.
package natsbridge
